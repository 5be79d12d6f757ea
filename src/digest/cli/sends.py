"""The ledger: who was sent what, second tries, and uncertain mails settled by the relay's log."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta, tzinfo
from typing import TextIO

import click

from digest.cli import _complete, _desk, _screen
from digest.core import text
from digest.core.errors import UsageError
from digest.core.mail import SendState
from digest.formats import relay_log
from digest.mailroom import suppression_tag
from digest.store import ledger, report, retries

_LISTED = ("address", "state", "code", "tries", "when", "reply")


@click.group(name="sends", cls=_screen.Commands)
def command() -> None:
    """The ledger: who was sent what, second tries, and uncertain mails settled by the relay's log."""


@command.command(name="list")
@click.argument("edition", metavar="[EDITION|JOB]", required=False, shell_complete=_complete.reported)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in SendState]),
    help="Only these; may be said again.",
)
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, edition: str | None, states: Sequence[str], as_json: bool) -> None:
    """List the mails of EDITION, or of JOB's newest one, with their states; default: the newest of all jobs."""
    with _desk.desk(ctx.obj) as (news, store):
        record = _desk.reported(news, store, edition)
        rows = (row for row in report.rows(store, record.id) if not states or row.state in states)
        if as_json:
            _screen.documents(asdict(row) for row in rows)
            return
        if edition != record.id:
            _screen.note(f"the mails of {record.id}:")
        lines = (_line(row, news.newsletter.timezone) for row in rows)
        _screen.table(_LISTED, lines, f"no mail of it is {' or '.join(states)}" if states else "it has no mails yet")


def _line(row: report.Row, zone: tzinfo) -> tuple[object, ...]:
    return row.email or "forgotten", row.state, row.code, row.attempts, _screen.moment(row.at, zone), row.reply


@command.command(name="retry")
@click.argument("edition", metavar="EDITION", shell_complete=_complete.editions)
@click.argument("emails", metavar="[EMAIL]...", nargs=-1)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(retries.RETRIED),
    default=("deferred", "expired", "failed"),
    show_default=True,
    help="Which mails; may be said again. Uncertain ones may have arrived.",
)
@click.option("--yes", is_flag=True, help="Do not ask before uncertain mails are sent again.")
@click.pass_context
def retry(ctx: click.Context, *, edition: str, emails: Sequence[str], states: Sequence[str], yes: bool) -> None:
    """Queue mails of EDITION again, of all addresses or those named; `digest send` sends them."""
    with _desk.signing_desk(ctx.obj) as (_, store, key):
        record = _desk.edition(store, edition)
        if record.state in ("stopped", "composing", "held"):
            raise UsageError(f"{record.id}: {record.state}; only an edition that was sent can be retried")
        if "uncertain" in states and not yes and report.counts(store, record.id).get(SendState.UNCERTAIN):
            _screen.ask("Some of them may have arrived: send them once more?", "nothing was queued again")
        queued = retries.retry(store, suppression_tag(key), record.id, states, emails, _desk.now())
    if not queued:
        wanted = f" of {', '.join(emails)}" if emails else ""
        raise UsageError(f"{record.id}: no mail{wanted} is {' or '.join(states)}; `digest sends list` shows them")
    _screen.answer(f"{record.id}: {queued} queued again; `digest send` sends them")


@command.command(name="resolve")
@click.option("--log", required=True, type=click.File(errors="replace"), metavar="FILE", help="`-`: standard input.")
@click.option(
    "--age",
    default="1m",
    show_default=True,
    callback=_screen.duration,
    help="Queue only what is uncertain for so long: a slow relay may still write the rest down.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done and change nothing.")
@_screen.json_option
@click.pass_context
def resolve(ctx: click.Context, *, log: TextIO, age: timedelta, dry_run: bool, as_json: bool) -> None:
    """Settle uncertain mails by their Message-IDs in the relay's log.

    What the log has becomes sent. What it does not have is queued again, if it has every mail that was sent;
    otherwise it is not whole, and the rest stays uncertain.
    """
    with _desk.desk(ctx.obj) as (_, store):
        open_editions = tuple(retries.uncertain(store))
        try:
            taken = relay_log.taken(log, tuple(f"<{edition}." for edition in open_editions))
        except ValueError as error:
            raise UsageError(f"{log.name}: {error}") from None
        resolved = tuple(retries.resolve(store, taken, _desk.now(), age, dry_run=dry_run))
        if not dry_run:
            for edition in open_editions:
                ledger.finish(store, edition)
    if as_json:
        _screen.document([asdict(each) for each in resolved])
        return
    for each in resolved:
        missing = text.counted(each.missing, "mail that was sent", "mails that were sent")
        why = f"the log lacks {missing}" if each.missing else "the log has none of its mails"
        rest = f", {each.unknown} still uncertain: {why}" if each.unknown else ""
        rest += f", {each.fresh} not in the log yet: ask again in a moment" if each.fresh else ""
        _screen.answer(f"{each.edition}: {each.sent} sent, {each.queued} queued again{rest}")
    if not resolved:
        _screen.answer("nothing is uncertain")
    elif dry_run:
        _screen.answer("a dry run: nothing was changed")
