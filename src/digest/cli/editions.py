"""What was composed."""

import json
from typing import Any

import click

from digest.cli import _complete, _desk, _screen
from digest.core.errors import UsageError
from digest.store import editions, report

_LISTED = ("id", "job", "slot", "revision", "state", "reason", "subject", "recipients")


@click.group(name="editions")
def command() -> None:
    """What was composed."""


@command.command(name="list")
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List editions, oldest first."""
    with _desk.desk(ctx.obj) as (_, store):
        rows = [_row(record) for record in editions.listed(store)]
    if as_json:
        _screen.document(rows)
    else:
        _screen.table(_LISTED, [tuple(row.values()) for row in rows])


@command.command(name="show")
@click.argument("edition", metavar="ID", shell_complete=_complete.editions)
@_screen.json_option
@click.pass_context
def show(ctx: click.Context, *, edition: str, as_json: bool) -> None:
    """Show what one edition said, and what it left out with why."""
    with _desk.desk(ctx.obj) as (_, store):
        record = _desk.edition(store, edition)
    content: dict[str, Any] = json.loads(record.content) if record.content else {}
    if as_json:
        _screen.document(content)
        return
    _screen.answer(f"{record.id}  {record.state}  {record.detail}".rstrip())
    if content:
        _screen.answer(f"{content['subject']}\n{content['preheader']}")
    for section in content.get("sections", []):
        _screen.answer(f"\n{section['title']}")
        for story in section["stories"]:
            also = f" (also in {', '.join(sorted({a['source'] for a in story['also']}))})" if story["also"] else ""
            _screen.answer(f"  {story['title']} - {story['source']}{also}\n    {', '.join(story['reasons'])}")
    for left in content.get("left_out", []):
        _screen.answer(f"left out: {left['title']} - {left['reason']}")


@command.command(name="stop")
@click.argument("edition", metavar="ID", shell_complete=_complete.editions)
@click.pass_context
def stop(ctx: click.Context, *, edition: str) -> None:
    """Send no more of an edition, also while it is being sent; what is on its way cannot be called back."""
    with _desk.desk(ctx.obj) as (_, store):
        record = _desk.edition(store, edition)
        if not editions.stop(store, record.id, _desk.now()):
            raise UsageError(f"{record.id}: {record.state}; only what is not finished can be stopped")
        counts = report.counts(store, record.id)
    _screen.answer(f"{record.id}: stopped - " + (", ".join(f"{s} {n:,}" for s, n in counts.items()) or "no mails yet"))


def _row(record: editions.Record) -> dict[str, object]:
    return {name: getattr(record, name) for name in _LISTED}
