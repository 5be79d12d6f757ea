"""Who got an edition, who did not and why, and what is uncertain."""

from collections import Counter
from dataclasses import asdict

import click

from digest.cli import _desk, _screen
from digest.core.errors import UsageError
from digest.store import Store, editions, ledger


@click.command(name="report")
@click.argument("edition", metavar="[EDITION]", required=False)
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, edition: str | None, as_json: bool) -> None:
    """Who got EDITION (default: the newest), who did not and why, and what is uncertain."""
    with _desk.desk(ctx.obj) as (_, store):
        record = _chosen(store, edition)
        rows = [asdict(row) | {"maybe": bool(row.maybe)} for row in ledger.rows(store, record.id)]
    counts = dict(Counter(str(row["state"]) for row in rows))
    if as_json:
        head = {"edition": record.id, "job": record.job, "slot": record.slot, "state": record.state}
        _screen.document(head | {"recipients": len(rows), "counts": counts, "rows": rows})
        return
    figures = ", ".join(f"{state} {number}" for state, number in sorted(counts.items())) or "no recipients"
    _screen.answer(f"{record.id}: {record.state} - {figures}")
    if record.detail:
        _screen.answer(record.detail)
    _screen.table(["address", "state", "code", "when", "reply"], [_line(row) for row in rows])


def _chosen(store: Store, edition: str | None) -> editions.Record:
    known = editions.listed(store)
    for record in reversed(known):
        if edition in (None, record.id):
            return record
    if edition is None:
        raise UsageError("nothing was composed yet; `digest send JOB` makes a first edition")
    raise UsageError(f"{edition}: no such edition; `digest editions list` names them")


def _line(row: dict[str, object]) -> tuple[object, ...]:
    return row["email"], row["state"], row["code"], row["at"], row["reply"]
