"""What was composed."""

import json
from collections.abc import Mapping
from typing import Any, TextIO

import click

from digest import composing, editors, review
from digest.cli import _complete, _desk, _screen
from digest.core import address, text
from digest.core.errors import DeliveryError, UsageError
from digest.core.settings import Settings
from digest.deliver import outbox
from digest.formats import markdown
from digest.store import Store, decisions, editions, edits, report

_MOST = 1_000_000
"""Characters of an introduction that are read: who writes more is told the same."""
_ID_SHOWN = 12
"""Characters of an article's id: its beginning is enough for `digest articles`."""
_LISTED = ("id", "job", "slot", "revision", "state", "reason", "subject", "recipients")


_edition_argument = click.argument("edition", metavar="ID", shell_complete=_complete.editions)


@click.group(name="editions", cls=_screen.Commands)
def command() -> None:
    """What was composed."""


@command.command(name="list")
@click.option("--letters", is_flag=True, help="Also letters to single readers: to confirm, and welcomes.")
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, letters: bool, as_json: bool) -> None:
    """List editions, oldest first; as JSON with the letters to single readers among them."""
    with _desk.desk(ctx.obj) as (_, store):
        known = editions.listed(store)
    if as_json:
        _screen.document([_row(record) for record in known])
        return
    shown = [record for record in known if letters or not record.is_letter]
    rows = [tuple((_row(record) | {"slot": _when(record.slot)}).values()) for record in shown]
    _screen.table(_LISTED, rows, "no edition was composed yet; `digest send JOB` makes a first one")
    if left := len(known) - len(shown):
        mailings = text.counted(left, "mailing")
        _screen.note(f"left out: {mailings} of letters to single readers; --letters shows them")


@command.command(name="show")
@_edition_argument
@_screen.json_option
@click.pass_context
def show(ctx: click.Context, *, edition: str, as_json: bool) -> None:
    """Show what one edition said, and what it left out with why."""
    with _desk.desk(ctx.obj) as (news, store):
        record = _desk.edition(store, edition)
        waits = _waits(news, store, record)
        counts = report.counts(store, record.id)
    content: dict[str, Any] = json.loads(record.content) if record.content else {}
    if as_json:
        _screen.document(content or _row(record) | {"counts": counts})
        return
    zone = news.newsletter.timezone
    _screen.answer(_screen.local(f"{record.id}  {record.state}  {waits or record.detail}".rstrip(), zone))
    if record.is_letter:
        _show_letters(record, counts, _screen.moment(record.composed, zone))
    if content:
        _screen.answer(f"{content['subject']}\n{content['preheader']}")
    for section in content.get("sections", []):
        _screen.answer(f"\n{section['title']}")
        for story in section["stories"]:
            also = f" (also in {', '.join(sorted({a['source'] for a in story['also']}))})" if story["also"] else ""
            _screen.answer(f"  {story['title']} - {story['source']}{also}")
            _screen.answer(f"    {story['id'][:_ID_SHOWN]}: {', '.join(story['reasons'])}")
    for left in content.get("left_out", []):
        _screen.answer(f"left out: {left['title']} - {left['reason']}")


@command.command(name="stop")
@_edition_argument
@click.pass_context
def stop(ctx: click.Context, *, edition: str) -> None:
    """Send no more of an edition, also while it is being sent; what is on its way cannot be called back."""
    with _desk.desk(ctx.obj) as (_, store):
        record = _desk.edition(store, edition)
        if not decisions.stop(store, record.id, _desk.now()):
            raise UsageError(f"{record.id}: {record.state}; only what is not finished can be stopped")
        counts = report.counts(store, record.id)
    _screen.answer(f"{record.id}: stopped - " + (", ".join(f"{s} {n:,}" for s, n in counts.items()) or "no mails yet"))


@command.command(name="hold")
@_edition_argument
@click.pass_context
def hold(ctx: click.Context, *, edition: str) -> None:
    """Keep an edition back until somebody approves it, also while it is being sent."""
    with _desk.desk(ctx.obj) as (_, store):
        record = _desk.edition(store, edition)
        is_new = decisions.hold(store, record.id)
        if not is_new and not _desk.edition(store, record.id).reason == "person":
            raise UsageError(f"{record.id}: {record.state}; only what is under review or being sent can be held")
    held = "held" if is_new else "already held"
    _screen.answer(f"{record.id}: {held}; `digest editions approve {record.id}` sends it")


@command.command(name="approve")
@_edition_argument
@click.option("--seen", metavar="CODE", help="The code you were shown; refused if the edition was changed since.")
@click.pass_context
def approve(ctx: click.Context, *, edition: str, seen: str | None) -> None:
    """Let an edition go that waits for review or was held; it goes out with the next `digest send`."""
    with _desk.desk(ctx.obj) as (_, store):
        record = _desk.edition(store, edition)
        if record.reason == "check":
            raise UsageError(f"{record.id}: held by a check; `digest send {record.job} --force` sends it all the same")
        if record not in editions.under_review(store):
            raise UsageError(_not_approved(store, record, ""))
        if seen is None:
            seen = review.code(store, record.id)
            whom = text.counted(record.recipients, "recipient")
            _screen.answer(f"{record.id}: {record.subject}\n{whom}, code {seen}")
            _screen.ask("Send this?", f"{record.id}: not approved, nothing was sent")
        if not decisions.approve(store, record.id, _desk.now(), lambda: review.code(store, record.id) == seen):
            raise UsageError(_not_approved(store, _desk.edition(store, record.id), seen))
    _screen.answer(f"{record.id}: approved; `digest send`, cron or the daemon sends it")


def _not_approved(store: Store, record: editions.Record, seen: str) -> str:
    if record not in editions.under_review(store):
        return f"{record.id}: {record.state}; only what is under review or held can be approved"
    if not editions.bodies(store, record.id):
        return f"{record.id}: it has no mails, {record.detail}; mend that, then `digest editions edit {record.id}`"
    look = f"`digest editions show {record.id}` shows what it says now"
    return f"{record.id}: it was changed since it had the code {seen}, or the code is mistyped; {look}"


@command.command(name="edit")
@_edition_argument
@click.option("--title", help="What readers see beside the newsletter's name; empty: the job's own.")
@click.option("--subject", help="The subject line, word by word; empty: the job's own.")
@click.option(
    "--intro",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help="Markdown above the stories; an empty file: none; `-`: stdin.",
)
@click.pass_context
def edit(ctx: click.Context, *, edition: str, title: str | None, subject: str | None, intro: TextIO | None) -> None:
    """Write into an edition that waits for review or was held; it is composed anew and gets a new code."""
    if title is None and subject is None and intro is None:
        raise UsageError("nothing to change: say --title, --subject or --intro")
    written = edits.Edits(title=_line(title), subject=_line(subject), intro=_markdown(intro))
    with _desk.sender(ctx.obj) as sender:
        record = _desk.edition(sender.store, edition)
        made = composing.recompose(sender, record, written)
        seen = f", code {review.code(sender.store, record.id)}" if made.record else ""
    for warning in made.report.warnings:
        _screen.warn(warning)
    reason = _screen.local(made.report.reason, sender.news.newsletter.timezone)
    _screen.answer(f"{record.id}: composed anew - {made.report.state}{seen}, {reason}")
    ctx.exit(made.report.exit_code)


def _line(written: str | None) -> str | None:
    return None if written is None else text.line(written)


def _markdown(file: TextIO | None) -> str | None:
    """An introduction as it was written, found to be one."""
    if file is None:
        return None
    try:
        written = file.read(_MOST)
        markdown.paragraphs(written)
    except UnicodeDecodeError:
        raise UsageError(f"--intro: {file.name}: not UTF-8") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"--intro: {file.name}: {error}") from None
    return written


@command.command(name="send")
@_edition_argument
@click.option("--to", required=True, metavar="EMAIL", help="Who gets the test.")
@click.pass_context
def send(ctx: click.Context, *, edition: str, to: str) -> None:
    """Send one address a test of an edition, marked [TEST]; it is no send and stands in no report."""
    with _desk.signing_desk(ctx.obj) as (news, store, key):
        record = _desk.edition(store, edition)
        try:
            trouble = editors.test(news, store, key, record, address.normalised(to))
        except ValueError as error:
            raise UsageError(str(error)) from None
    if trouble:
        raise DeliveryError(trouble)
    is_written = news.delivery.to.startswith("outbox:")
    target = f"was written to {outbox.folder(news.delivery, news.home) / 'new'}" if is_written else "is on its way"
    _screen.answer(f"{record.id}: a test for {to} {target}")


def _waits(news: Settings, store: Store, record: editions.Record) -> str:
    """What an edition under review waits for, and the code of what is shown."""
    if record not in editions.under_review(store):
        return ""
    return f"{review.standing(news, store, record).reason}\ncode {review.code(store, record.id)}"


def _show_letters(record: editions.Record, counts: Mapping[str, int], composed: str) -> None:
    """What is known of letters: of what kind, to how many, what became of them."""
    job, _, kind = record.job.partition(".")
    asks = "ask whoever signed up to confirm" if kind == "confirm" else "welcome whoever confirmed"
    figures = ", ".join(f"{state} {number:,}" for state, number in counts.items()) or "no mails"
    _screen.answer(f"letters of {job} that {asks}: {text.counted(record.recipients, 'recipient')}, {figures}")
    _screen.answer(f"subject: {record.subject}\ncomposed: {composed}")
    _screen.answer(f"`digest report {record.id}` names the recipients")


def _when(slot: str) -> str:
    """A slot as moments are shown: its text is local time already; that of letters begins with their language."""
    return slot.replace("T", " ") if slot[:1].isdigit() else slot


def _row(record: editions.Record) -> dict[str, object]:
    return {name: getattr(record, name) for name in _LISTED}
