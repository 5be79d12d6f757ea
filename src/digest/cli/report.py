"""Who got an edition, who did not and why, and what is uncertain."""

from dataclasses import asdict

import click

from digest.cli import _complete, _desk, _screen
from digest.store import feedback, report

_MOST_GROUPS = 20


@click.command(name="report")
@click.argument("edition", metavar="[EDITION]", required=False, shell_complete=_complete.editions)
@click.option("--summary", is_flag=True, help="Only the figures, not a line for each recipient.")
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, edition: str | None, summary: bool, as_json: bool) -> None:
    """Who got EDITION (default: the newest), who did not and why, and what is uncertain."""
    with _desk.desk(ctx.obj) as (_, store):
        record = _desk.edition(store, edition)
        counts = report.counts(store, record.id)
        if as_json:
            head = {"edition": record.id, "job": record.job, "slot": record.slot, "state": record.state}
            rows = () if summary else report.rows(store, record.id)
            _screen.documents(
                (asdict(row) for row in rows), head | {"recipients": record.recipients, "counts": counts}, "rows"
            )
            return
        figures = ", ".join(f"{state} {number:,}" for state, number in sorted(counts.items()))
        _screen.answer(f"{record.id}: {record.state} - {figures or 'no mails yet'}")
        if record.detail:
            _screen.answer(record.detail)
        groups = report.groups(store, record.id)
        if groups:
            _screen.table(
                ("state", "code", "domain", "mails", "such as"),
                ((g.state, g.code, g.domain, f"{g.count:,}", g.example) for g in groups[:_MOST_GROUPS]),
            )
        if len(groups) > _MOST_GROUPS:
            _screen.answer(f"and {len(groups) - _MOST_GROUPS} more groups")
        if not summary:
            back = feedback.reports_of(store, record.id)
            _screen.table(
                ("address", "state", "code", "when", "reply"),
                (
                    (r.email, r.state, r.code, r.at, f"{r.reply}, {back[r.message_id].words}")
                    if r.message_id in back
                    else (r.email, r.state, r.code, r.at, r.reply)
                    for r in report.rows(store, record.id)
                ),
            )
