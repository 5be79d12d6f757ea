"""What was composed."""

import json
from typing import Any

import click

from digest.cli import _desk, _screen
from digest.core.errors import UsageError
from digest.store import editions

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
@click.argument("edition", metavar="ID")
@_screen.json_option
@click.pass_context
def show(ctx: click.Context, *, edition: str, as_json: bool) -> None:
    """Show what one edition said, and what it left out with why."""
    with _desk.desk(ctx.obj) as (_, store):
        record = editions.get(store, edition)
        if record is None:
            raise UsageError(f"{edition}: no such edition; `digest editions list` names them")
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


def _row(record: editions.Record) -> dict[str, object]:
    return {name: getattr(record, name) for name in _LISTED}
