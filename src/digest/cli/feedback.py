"""Mail that comes back: bounces, complaints and requests to leave, read from a mailbox."""

import sys
from collections.abc import Iterator
from typing import Any

import click

from digest import mailbox
from digest.cli import _desk, _screen
from digest.core import log, text
from digest.core.errors import UsageError
from digest.feedback import Kind
from digest.hearing import NAMING, UNPROVEN, Heard, Hearing, Tally, hear
from digest.mailbox import MailboxError, stream
from digest.store.feedback import Effect, said

_DONE = {
    Effect.SUPPRESSED: "nobody mails it any more",
    Effect.COUNTED: "counted",
    Effect.LEFT: "",  # as the line begins
    Effect.KEPT: "changes nothing",
}
_IN_PART = 3


@click.group(name="feedback", cls=_screen.Commands)
def command() -> None:
    """Mail that comes back: bounces, complaints and requests to leave, read from a mailbox."""


@command.command(name="read")
@click.argument("target", metavar="[MAILBOX]", required=False)
@click.option("--dry-run", is_flag=True, help="Say what the letters are and change nothing, here or in the mailbox.")
@_screen.json_option
@click.pass_context
def read(ctx: click.Context, *, target: str | None, dry_run: bool, as_json: bool) -> None:
    """Read what came back and do what it proves; letters that were read before are passed over.

    MAILBOX is imaps://user@host/INBOX (password: DIGEST_IMAP_PASSWORD), a Maildir's path or - for one letter from
    standard input; default: `[feedback] mailbox` of digest.toml. Only what is proven to be about a mail of this
    newsletter is marked as read; nothing is moved or deleted.
    """
    with _desk.signing_desk(ctx.obj) as (news, store, key):
        wanted = _checked(target or news.feedback.mailbox)
        with _screen.progress() as progress:
            hearing = Hearing(news=news, store=store, key=key, now=_desk.now(), dry_run=dry_run, progress=progress)
            heard, failure = _all(hear(hearing, wanted))
        tally = Tally()
        for each in heard:
            tally.add(each)
        alarms = tuple(tally.alarms(store))
    if failure and not heard:
        raise failure
    if as_json:
        _screen.documents(map(_row, heard))
    else:
        for line in filter(None, map(_line, heard)):
            _screen.answer(line if sys.stdout.isatty() else log.anonymous(line))
        _screen.answer(f"{tally}{'; a dry run: nothing was changed' if dry_run else ''}")
    for alarm in alarms:
        _screen.warn(alarm)
    if failure:
        _screen.warn(f"not read to the end: {failure}")
        ctx.exit(_IN_PART)


def _checked(target: str) -> str:
    if not target:
        raise UsageError(
            "which mailbox? Name it, as in `digest feedback read imaps://user@host/INBOX` or `digest feedback read "
            "MAILDIR`, or set it in digest.toml: [feedback] mailbox"
        )
    try:
        mailbox.check_target(target)
    except ValueError as error:
        raise UsageError(f"mailbox: {error}") from None
    return target


def _all(letters: Iterator[Heard]) -> tuple[list[Heard], MailboxError | None]:
    """What was heard, and what ended it too early."""
    heard: list[Heard] = []
    try:
        heard.extend(letters)
    except MailboxError as error:
        return heard, error
    return heard, None


def _row(heard: Heard) -> dict[str, Any]:
    notice = heard.notice
    return {
        "message": heard.letter,
        "recipients": list(notice.recipients),
        "kind": notice.kind.value,
        "status": notice.status,
        "reason": notice.reason,
    }


def _line(heard: Heard) -> str:
    """A line on a letter that matters; empty for any other."""
    notice, about = heard.notice, heard.about
    if heard.word == UNPROVEN:
        kept = "" if heard.letter.startswith(stream.PIPED) else f"letter {heard.letter} is left for you; "
        where = f"{kept}`digest subscribers remove` takes readers off"
        return text.line(f"{UNPROVEN}: {notice.sender or 'nobody'}; {where}", 500)
    if heard.word == NAMING and notice.kind not in (Kind.AUTO, Kind.OTHER):
        told = f"letter {heard.letter} names a mail of ours, but is not proven to be an answer to it; nothing changed"
        return text.line(f"not proven: {told}", 500)
    if about is None or notice.kind in (Kind.AUTO, Kind.OTHER):
        return ""
    where = f"{about.email or 'forgotten'} ({about.edition or about.job})"
    why = "" if notice.kind is Kind.UNSUBSCRIBE else said(notice.status, notice.reason)
    done = _DONE[heard.effect] if heard.effect else ""
    return text.line(f"{heard.word}: {'; '.join(filter(None, (f'{where}: {why}' if why else where, done)))}", 500)
