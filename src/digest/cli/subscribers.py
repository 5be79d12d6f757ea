"""Who gets which job's mails: by hand, and whole lists in and out as CSV."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from digest import pipeline
from digest.cli import _complete, _desk, _screen
from digest.core import address
from digest.core.errors import UsageError
from digest.core.settings import Job
from digest.formats import subscriber_list
from digest.formats.subscriber_list import Rejected, Row
from digest.mailroom import suppression_tag
from digest.store import Store, subscribers, suppressions
from digest.store.subscribers import Taken

_A_TRANSACTION = 1_000
_job_option = click.option("--job", required=True, metavar="JOB", help="Which digest.", shell_complete=_complete.jobs)


@click.group(name="subscribers")
def command() -> None:
    """Who gets which job's mails: by hand, and whole lists in and out as CSV."""


@command.command(name="add")
@click.argument("email")
@_job_option
@click.option("--name", default="", help="How to address the person.")
@click.option("--topics", default="", help="Only these topics of the job, such as ai,crypto.")
@click.pass_context
def add(ctx: click.Context, *, email: str, job: str, name: str, topics: str) -> None:
    """Subscribe EMAIL to a job; you vouch that the person asked for it, and that the address works if it bounced."""
    with _desk.signing_desk(ctx.obj) as (news, store, key):
        wanted = _normalised(email)
        chosen = pipeline.job_named(news, job)
        picked = _picked(chosen, topics)
        new = subscribers.add(store, job, wanted, name=name, source="cli", now=_desk.now(), topics=picked)
        forgiven = suppressions.forgive(store, suppression_tag(key), wanted)
    only = f", only {', '.join(picked)}" if picked else ""
    bounced = "; it bounced before and is mailed again" if forgiven else ""
    _screen.answer(f"{wanted}: {'subscribed to' if new else 'already gets'} {job}{only}{bounced}")


@command.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_job_option
@click.option("--dry-run", is_flag=True, help="Say what would be done and change nothing.")
@click.pass_context
def import_(ctx: click.Context, *, file: Path, job: str, dry_run: bool) -> None:
    """Subscribe the rows of a CSV file; those of listmonk, Mailchimp and Substack are understood.

    Columns: email, name, topics, language, timezone. Who left, or is not subscribed there, is not added.
    """
    with _desk.desk(ctx.obj) as (news, store), _screen.progress() as progress:
        chosen = pipeline.job_named(news, job)
        try:
            found = tuple(subscriber_list.read(file.read_bytes(), chosen.topics))
        except ValueError as error:
            raise UsageError(f"{file}: {error}") from None
        taken = _take_over(store, chosen, found, progress, dry_run=dry_run)
    for each in found:
        if isinstance(each, Rejected):
            _screen.warn(f"line {each.line}: {each.why}")
        elif taken[each.line] == Taken.LEFT:
            _screen.warn(f"line {each.line}: {each.email} left or must not be mailed, and is not added again")
    counts = Counter(taken.values())
    _screen.answer(
        f"{counts[Taken.ADDED]} {'would be added' if dry_run else 'added'}, {counts[Taken.KNOWN]} known, "
        f"{counts[Taken.LEFT]} skipped, {len(found) - len(taken)} rejected"
    )


@command.command(name="export")
@click.option("--job", metavar="JOB", help="Only this digest.", shell_complete=_complete.jobs)
@click.pass_context
def export(ctx: click.Context, *, job: str | None) -> None:
    """Write those who get mails as CSV to stdout; cells that a spreadsheet would run as a formula begin with '."""
    with _desk.desk(ctx.obj) as (news, store):
        listed = subscribers.listed(store, pipeline.job_named(news, job).name if job else None)
    rows = [(s.email, s.name, "|".join(s.topics), s.language, s.timezone) for s in listed if s.state == "active"]
    click.echo(subscriber_list.write(rows).encode(), nl=False)


@command.command(name="remove")
@click.argument("email")
@_job_option
@click.pass_context
def remove(ctx: click.Context, *, email: str, job: str) -> None:
    """Take EMAIL off a job; a job's file never adds the person again."""
    with _desk.desk(ctx.obj) as (news, store):
        chosen = pipeline.job_named(news, job).name
        if not subscribers.remove(store, chosen, _normalised(email), _desk.now()):
            raise UsageError(f"{email}: gets no mails of {job}; `digest subscribers list` names who does")
    _screen.answer(f"{email}: gets no more mails of {job}")


@command.command(name="list")
@click.option("--job", metavar="JOB", help="Only this digest.", shell_complete=_complete.jobs)
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, job: str | None, as_json: bool) -> None:
    """List subscribers, those who left included."""
    with _desk.desk(ctx.obj) as (_, store):
        rows = [asdict(subscriber) for subscriber in subscribers.listed(store, job)]
    if as_json:
        _screen.document(rows)
    else:
        heads = ("job", "email", "name", "state", "topics", "source", "created")
        cells = [row | {"topics": ",".join(row["topics"]) or "all"} for row in rows]
        _screen.table(heads, [tuple(row[head] for head in heads) for row in cells])


def _take_over(
    store: Store, job: Job, found: Sequence[Row | Rejected], progress: pipeline.Progress, *, dry_run: bool
) -> dict[int, Taken]:
    """Line -> what became of the row in it."""
    rows = [each for each in found if isinstance(each, Row)]
    taken: dict[int, Taken] = {}
    for batch in (rows[at : at + _A_TRANSACTION] for at in range(0, len(rows), _A_TRANSACTION)):
        entries = [
            subscribers.Entry(email=r.email, name=r.name, topics=r.topics, language=r.language, timezone=r.timezone)
            for r in batch
        ]
        results = subscribers.take_over(store, job.name, entries, _desk.now(), dry_run=dry_run)
        taken |= {row.line: result for row, result in zip(batch, results, strict=True)}
        progress("import", len(taken), len(rows))
    return taken


def _picked(job: Job, topics: str) -> tuple[str, ...]:
    try:
        return subscriber_list.chosen(topics, job.topics)
    except ValueError as error:
        raise UsageError(f"--topics {error}") from None


def _normalised(email: str) -> str:
    try:
        return address.normalised(email)
    except ValueError as error:
        raise UsageError(str(error)) from None
