"""Send by the clock: the daemon, the next times, and what to paste for cron or systemd instead."""

import pwd
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import click

from digest import config, schedule
from digest.cli import _desk, _screen
from digest.core import log, slots
from digest.core.errors import UsageError
from digest.core.settings import Job, Settings
from digest.formats import units
from digest.store import Store, editions

_MOMENTS = ("next", "last_slot")
_MINUTES = len("2026-11-22T07:00")
_HEADS = ("job", "schedule", "timezone", "next", "last_slot", "state")


@click.group(name="schedule", cls=_screen.Commands)
def command() -> None:
    """Send by the clock: the daemon, the next times, and what to paste for cron or systemd instead."""


@command.command(name="run")
@click.pass_context
def run(ctx: click.Context) -> None:
    """Send each job at its times and what is left open in between, until SIGTERM or Ctrl-C; a log on stderr.

    What is in flight then is finished, and the rest stays queued. Exit code 0 in that case.
    """
    log.follow()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    schedule.run(ctx.obj, schedule.Surroundings(stop=stop, now=_desk.now))


@command.command(name="list")
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List the jobs with their next time, and their last slot with what became of it."""
    with _desk.desk(ctx.obj) as (news, store):
        rows = [_row(store, job) for job in news.jobs.values()]
    if as_json:
        _screen.document(rows)
        return
    _screen.table(_HEADS, [[_cell(row, head) for head in _HEADS] for row in rows], "jobs/ is empty")


@command.command(name="crontab")
@click.pass_context
def crontab(ctx: click.Context) -> None:
    """Print the line to paste into `crontab -e`."""
    try:
        text = units.crontab(_machine(config.load(ctx.obj)))
    except ValueError as error:
        raise UsageError(f"{ctx.obj}: {error}") from None
    click.echo(text, nl=False)


@command.command(name="systemd")
@click.option("--timer", is_flag=True, help="A timer that sends every five minutes, in place of the daemon.")
@click.pass_context
def systemd(ctx: click.Context, *, timer: bool) -> None:
    """Print the units of a service that runs the daemon, with comments where to put them."""
    machine = _machine(config.load(ctx.obj))
    click.echo(units.timer(machine) if timer else units.daemon(machine), nl=False)


def _cell(row: dict[str, Any], head: str) -> str:
    """As people read it; each moment is in the job's own zone, which stands beside it."""
    shown = row[head] or "-"
    return shown[:_MINUTES].replace("T", " ") if head in _MOMENTS else shown


def _row(store: Store, job: Job) -> dict[str, Any]:
    now = _desk.now()
    following = slots.following(job.schedule, job.timezone, now)
    current = slots.current(job.schedule, job.timezone, now)
    slot = slots.name(current, job.schedule)
    known = editions.of_slot(store, job.name, slot)
    missed = job.schedule and job.catch_up == "none" and now - current > slots.LATE
    return {
        "job": job.name,
        "schedule": job.schedule,
        "timezone": job.timezone.key,
        "next": following.isoformat(timespec="minutes") if following else None,
        "last_slot": slot,
        "state": known.state.value if known else "missed" if missed else "",
    }


def _machine(news: Settings) -> units.Machine:
    program = Path(sys.executable).with_name("digest")
    owner = news.home.stat().st_uid
    return units.Machine(
        title=f"Newsletter {news.newsletter.name}",
        program=[str(program)] if program.is_file() else [sys.executable, "-m", "digest"],
        home=news.home,
        user=next((entry.pw_name for entry in pwd.getpwall() if entry.pw_uid == owner), str(owner)),
        writable=[news.home, *_elsewhere(news)],
    )


def _elsewhere(news: Settings) -> Iterator[Path]:
    """The folder of the figures for node_exporter, when it lies outside."""
    folder = (news.home / news.editors.metrics).parent
    if news.editors.metrics and not folder.is_relative_to(news.home):
        yield folder
