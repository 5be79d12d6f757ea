"""Look for trouble before readers do: configuration, templates, database, delivery, the next edition."""

import click

from digest import pipeline
from digest.cli import _desk, _screen
from digest.core import tokens
from digest.core.mail import Severity
from digest.deliver import backend
from digest.draft import draft


@click.command(name="check")
@click.argument("job", metavar="[JOB]", required=False)
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, job: str | None, as_json: bool) -> None:
    """Check configuration, topics, database, delivery and the next edition of JOB, or of every job.

    Nothing is fetched: the edition is made of what was gathered before. Exit code 1 when a check would hold it.
    """
    tokens.load_key(ctx.obj)
    rows: list[dict[str, str]] = []
    with _desk.desk(ctx.obj) as (news, store):
        figures = f"{len(news.jobs)} jobs, {len(news.topics)} topics, {len(news.sources)} sources"
        rows.append(_row("configuration", "ok", figures))
        rows.append(_row("database", "ok", str(store.path)))
        backend(news.delivery.to).check(news.delivery, news.home)
        rows.append(_row("delivery", "ok", news.delivery.to))
        for name in [job] if job else news.jobs:
            chosen = _desk.job_named(news, name)
            edition = pipeline.composed(news, store, chosen, pipeline.next_issue(store, chosen, _desk.now()))
            figures = f"{len(edition.stories)} new stories of those gathered"
            rows.append(_row(f"job {name}", "ok", figures))
            if edition.stories:
                findings = draft(news, chosen, edition, pipeline.pictures_of(store, chosen, edition)).findings
                rows += [_row(f"{name}: {found.check}", found.severity, found.message) for found in findings]
    if as_json:
        _screen.document(rows)
    else:
        _screen.table(["what", "verdict", "detail"], [tuple(row.values()) for row in rows])
    ctx.exit(1 if any(row["verdict"] == Severity.HOLD for row in rows) else 0)


def _row(what: str, verdict: str, detail: str) -> dict[str, str]:
    return {"what": what, "verdict": verdict, "detail": detail}
