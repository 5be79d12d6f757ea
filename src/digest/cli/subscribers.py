"""Who gets which job's mails: by hand, whole lists in and out as CSV, and all that is known of one person."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import tzinfo
from pathlib import Path

import click

from digest import issues
from digest.cli import _complete, _copies, _desk, _person, _screen, _taking_over
from digest.core import address, text
from digest.core.errors import UsageError
from digest.core.settings import Job, Settings
from digest.formats import subscriber_list
from digest.mailroom import suppression_tag
from digest.store import Store, erasure, persons, subscribers, suppressions
from digest.store.subscribers import Subscriber

_STATES = ("pending", "active", "unsubscribed", "bounced", "complained", "erased")
_WAS = {"bounced": "bounced", "complained": "complained", "unsubscribed": "left", "erased": "was forgotten"}
_NAME_LIMIT = 100
_LISTED = ("job", "email", "name", "state", "topics", "source", "created", "paused_until")
_job_option = click.option("--job", required=True, metavar="JOB", help="Which digest.", shell_complete=_complete.jobs)
_only_job_option = click.option("--job", metavar="JOB", help="Only this digest.", shell_complete=_complete.jobs)


@click.group(name="subscribers", cls=_screen.Commands)
def command() -> None:
    """Who gets which job's mails: by hand, whole lists in and out as CSV, and all that is known of one person."""


@command.command(name="add")
@click.argument("email")
@_job_option
@click.option("--name", default="", help="How to address the person.")
@click.option("--topics", default="", help="Only these topics of the job, such as ai,crypto.")
@click.option("--proof", default="", metavar="TEXT", help="How the person agreed, to be kept as the proof.")
@click.pass_context
def add(ctx: click.Context, *, email: str, job: str, name: str, topics: str, proof: str) -> None:
    """Subscribe EMAIL to a job; you vouch that the person asked for it, and that the address works if it bounced.

    Somebody who complained, wanted no more mails at all or was forgotten is subscribed only with --proof.
    """
    with _desk.signing_desk(ctx.obj) as (news, store, key):
        wanted, tag = _normalised(email), suppression_tag(key)
        chosen = issues.job_named(news, job)
        picked = _picked(chosen, topics)
        barred = suppressions.reasons(store.connection, tag, [wanted]).get(wanted, "bounced")
        if barred != "bounced" and not proof:
            raise UsageError(f"{wanted}: {barred}; say with --proof how the person asked for it anew")
        named = text.line(name, _NAME_LIMIT)
        before = subscribers.find(store, job, wanted)
        new = subscribers.add(store, job, wanted, name=named, source="cli", now=_desk.now(), topics=picked, proof=proof)
        forgiven = suppressions.forgive(store, tag, wanted, [barred])
    only = f", only {', '.join(picked)}" if picked else ""
    was = forgiven or (before.state if before and new else "")
    again = f"; it {_WAS[was]} before and is mailed again" if was in _WAS else ""
    _screen.answer(f"{wanted}: {'subscribed to' if new else 'already gets'} {job}{only}{again}")


@command.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_job_option
@click.option("--dry-run", is_flag=True, help="Say what would be done and change nothing.")
@click.option("--proof", default="", metavar="TEXT", help="How these people agreed, to be kept as the proof.")
@click.pass_context
def import_(ctx: click.Context, *, file: Path, job: str, dry_run: bool, proof: str) -> None:
    """Subscribe the rows of a CSV file; those of listmonk, Mailchimp and Substack are understood.

    Columns: email, name, topics, language, timezone. Who left, is suppressed or not subscribed there is not added.
    """
    with _desk.signing_desk(ctx.obj) as (news, store, key), _screen.progress() as progress:
        words = proof or f"imported from {file.name} by an editor, who vouches that these people asked for it"
        terms = _taking_over.Terms(
            job=issues.job_named(news, job), tag=suppression_tag(key), words=words, dry_run=dry_run
        )
        told = _taking_over.take_over(store, file, terms, progress)
    _screen.answer(told)


@command.command(name="export")
@_only_job_option
@click.option("--all", "everybody", is_flag=True, help="Also who gets no mails; adds the columns status, job, since.")
@click.pass_context
def export(ctx: click.Context, *, job: str | None, everybody: bool) -> None:
    """Write those who get mails as CSV to stdout, with the columns that `import` reads; who paused is among them.

    Cells that a spreadsheet would run as a formula begin with '. Proofs are in `subscribers show`.
    """
    heads = (*subscriber_list.HEADS, "status", "job", "since") if everybody else subscriber_list.HEADS
    with _desk.desk(ctx.obj) as (news, store):
        found = subscribers.each(store, _job(news, store, job), None if everybody else "active")
        rows = (_cells(subscriber)[: len(heads)] for subscriber in found if subscriber.email)
        for piece in subscriber_list.write(rows, heads):
            click.echo(piece.encode(), nl=False)


@command.command(name="remove")
@click.argument("email")
@_job_option
@click.pass_context
def remove(ctx: click.Context, *, email: str, job: str) -> None:
    """Take EMAIL off a job; a job's file never adds the person again."""
    with _desk.desk(ctx.obj) as (news, store):
        chosen = issues.job_named(news, job).name
        if not subscribers.remove(store, chosen, _normalised(email), _desk.now()):
            raise UsageError(f"{email}: gets no mails of {job}; `digest subscribers list` names who does")
    _screen.answer(f"{email}: gets no more mails of {job}")


@command.command(name="list")
@_only_job_option
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, job: str | None, state: str | None, as_json: bool) -> None:
    """List subscribers, those who left included."""
    with _desk.desk(ctx.obj) as (news, store):
        found = subscribers.each(store, _job(news, store, job), state)
        if as_json:
            _screen.documents(asdict(subscriber) for subscriber in found)
        else:
            _screen.table(_LISTED, _lines(found, news.newsletter.timezone), _nobody(job, state))


@command.command(name="show")
@click.argument("email")
@_screen.json_option
@click.pass_context
def show(ctx: click.Context, *, email: str, as_json: bool) -> None:
    """Show all that is known about the person behind EMAIL: subscriptions, proofs, mails, and why mail is barred."""
    with _desk.signing_desk(ctx.obj) as (news, store, key):
        person = persons.known(store, suppression_tag(key), _normalised(email))
    if as_json:
        _screen.document(asdict(person))
    elif person.is_known:
        for line in _person.lines(person, news.newsletter.timezone):
            _screen.answer(line)
    else:
        raise UsageError(f"{email}: nothing is known; `digest subscribers list` names who is")


@command.command(name="forget")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def forget(ctx: click.Context, *, email: str, yes: bool) -> None:
    """Erase the person behind EMAIL for good, and have nobody mail the address again.

    There stay counts, and tags that only your key can make of the address. Backups, exported lists and the mails in an
    outbox are not touched: those found in the newsletter's folder are named.
    """
    with _desk.signing_desk(ctx.obj) as (news, store, key):
        wanted = _normalised(email)
        if not yes:
            _screen.ask(
                f"Erase all that is known about {wanted}? Nothing brings it back", f"{wanted}: nothing was erased"
            )
        gone = erasure.forget(store, suppression_tag(key), wanted, _desk.now())
    subscriptions = text.counted(gone.subscriptions, "subscription")
    erased = f"forgotten, in {subscriptions} and {text.counted(gone.mails, 'mail')}"
    was_known = gone.subscriptions or gone.mails
    _screen.answer(f"{wanted}: {erased if was_known else 'was not known, and nobody mails it from now on'}")
    for line in _copies.untouched(news, address.folded(wanted)):
        _screen.answer(line)
    for name in [job.name for job in news.jobs.values() if address.folded(wanted) in map(address.folded, job.to)]:
        _screen.warn(f"jobs/{name}.toml still names {wanted} in `to`; take it out there")
    if not gone.is_wiped:
        _screen.warn("another program was reading the database: bytes may be left; do the same again when it has ended")


def _nobody(job: str | None, state: str | None) -> str:
    """What an empty list says, and what next."""
    if state:
        return f"nobody is {state}"
    return f"nobody is subscribed yet; `digest subscribers add EMAIL --job {job or 'JOB'}` makes a first reader"


def _lines(found: Iterator[Subscriber], zone: tzinfo) -> Iterator[tuple[str, ...]]:
    for subscriber in found:
        row = asdict(subscriber) | {"topics": ",".join(subscriber.topics) or "all"}
        moments = {head: _screen.moment(row[head], zone) for head in ("created", "paused_until")}
        yield tuple(str(each) for each in ((row | moments)[head] for head in _LISTED))


def _cells(s: Subscriber) -> tuple[str, ...]:
    return (s.email, s.name, "|".join(s.topics), s.language, s.timezone, s.state, s.job, s.created)


def _job(news: Settings, store: Store, job: str | None) -> str | None:
    """The job's name; UsageError for one that neither is there nor has subscribers from when it was."""
    if job is not None and next(subscribers.each(store, job), None) is None:
        issues.job_named(news, job)
    return job


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
