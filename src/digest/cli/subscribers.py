"""Who gets which job's mails."""

from dataclasses import asdict

import click

from digest.cli import _desk, _screen
from digest.core import address
from digest.core.errors import UsageError
from digest.store import subscribers

_job_option = click.option("--job", required=True, metavar="JOB", help="Which digest.")


@click.group(name="subscribers")
def command() -> None:
    """Who gets which job's mails."""


@command.command(name="add")
@click.argument("email")
@_job_option
@click.option("--name", default="", help="How to address the person.")
@click.option("--topics", default="", help="Only these topics of the job.")
@click.pass_context
def add(ctx: click.Context, *, email: str, job: str, name: str, topics: str) -> None:
    """Subscribe EMAIL to a job; you vouch that the person asked for it."""
    if topics:
        raise UsageError(f"--topics {topics}: mails for some of the topics cannot be made yet; leave it out")
    with _desk.desk(ctx.obj) as (news, store):
        wanted = _normalised(email)
        chosen = _desk.job_named(news, job).name
        new = subscribers.add(store, chosen, wanted, name=name, source="cli", now=_desk.now())
    _screen.answer(f"{wanted}: {'subscribed to' if new else 'already gets'} {job}")


@command.command(name="remove")
@click.argument("email")
@_job_option
@click.pass_context
def remove(ctx: click.Context, *, email: str, job: str) -> None:
    """Take EMAIL off a job; a job's file never adds the person again."""
    with _desk.desk(ctx.obj) as (news, store):
        chosen = _desk.job_named(news, job).name
        if not subscribers.remove(store, chosen, _normalised(email), _desk.now()):
            raise UsageError(f"{email}: gets no mails of {job}; `digest subscribers list` names who does")
    _screen.answer(f"{email}: gets no more mails of {job}")


@command.command(name="list")
@click.option("--job", metavar="JOB", help="Only this digest.")
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, job: str | None, as_json: bool) -> None:
    """List subscribers, those who left included."""
    with _desk.desk(ctx.obj) as (_, store):
        rows = [asdict(subscriber) for subscriber in subscribers.listed(store, job)]
    if as_json:
        _screen.document(rows)
    else:
        heads = ("job", "email", "name", "state", "source", "created")
        _screen.table(heads, [tuple(row[head] for head in heads) for row in rows])


def _normalised(email: str) -> str:
    try:
        return address.normalised(email)
    except ValueError as error:
        raise UsageError(str(error)) from None
