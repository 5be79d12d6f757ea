"""Who got an edition, who did not and why, and what is uncertain."""

from collections.abc import Iterator
from dataclasses import asdict

import click

from digest.cli import _complete, _desk, _screen
from digest.core import text
from digest.core.settings import Settings
from digest.store import Store, feedback, report

_MOST_GROUPS = 20


@click.command(name="report")
@click.argument("edition", metavar="[EDITION|JOB]", required=False, shell_complete=_complete.reported)
@click.option("--summary", is_flag=True, help="Only the figures, not a line for each recipient.")
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, edition: str | None, summary: bool, as_json: bool) -> None:
    """Who got EDITION, who did not and why, and what is uncertain.

    JOB means that job's newest edition that was sent or is being sent; default: the newest of all jobs.
    """
    with _desk.desk(ctx.obj) as (news, store):
        record = _desk.reported(news, store, edition)
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
            _screen.answer(_screen.local(record.detail, news.newsletter.timezone))
        groups = report.groups(store, record.id)
        if groups:
            _screen.table(
                ("state", "code", "domain", "mails", "such as"),
                ((g.state, g.code, g.domain, f"{g.count:,}", g.example) for g in groups[:_MOST_GROUPS]),
            )
        if len(groups) > _MOST_GROUPS:
            _screen.answer(f"and {text.counted(len(groups) - _MOST_GROUPS, 'more group')}")
        if not summary:
            _screen.table(("address", "state", "code", "when", "reply"), _lines(news, store, record.id))


def _lines(news: Settings, store: Store, edition: str) -> Iterator[tuple[str, ...]]:
    """A line for each recipient; behind what the relay said stands what was reported later."""
    back = feedback.reports_of(store, edition)
    for row in report.rows(store, edition):
        later = [back[row.message_id].words] if row.message_id in back else []
        when = _screen.moment(row.at, news.newsletter.timezone)
        yield row.email or "forgotten", row.state, row.code, when, ", ".join(filter(None, [row.reply, *later]))
