"""Send whatever is due, or the named jobs' current editions."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from threading import Event

import click

from digest import sending, telling, waiting
from digest.cli import _complete, _desk, _screen
from digest.core import runfile
from digest.core.errors import DigestError, UsageError
from digest.core.settings import Settings
from digest.core.web import Fetch
from digest.deliver import outbox
from digest.dispatch import Report
from digest.fetch.door import open_door
from digest.mailroom import Sender


@click.command(name="send")
@click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=_complete.jobs)
@click.option("--dry-run", is_flag=True, help="Gather, compose and check, but record and send nothing.")
@click.option("--again", is_flag=True, help="Compose a finished slot anew, for those who did not get it.")
@click.option(
    "--to", "to", multiple=True, metavar="EMAIL", help="With --again: only these subscribers, also who got it."
)
@click.option("--yes", is_flag=True, help="Do not ask before --again.")
@click.option("--force", is_flag=True, help="Send although a check holds the edition.")
@click.option(
    "--wait",
    default="0m",
    metavar="DURATION",
    callback=_screen.duration,
    help="Go on for so long, such as 90m, while mails wait, a relay is down or no source answers.",
)
@_screen.json_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    jobs: Sequence[str],
    dry_run: bool,
    again: bool,
    to: Sequence[str],
    yes: bool,
    force: bool,
    wait: timedelta,
    as_json: bool,
) -> None:
    """Send whatever is due: unfinished deliveries and due slots; with JOB, that job's current slot.

    A slot that is done is never sent again. Exit code: 0 done or nothing to do, 1 failed, 2 wrong usage,
    3 done in part.
    """
    _check(jobs, again=again, to=to, wait=wait, dry_run=dry_run, yes=yes)
    with _sender(ctx.obj, dry_run=dry_run, force=force) as (sender, stop):
        fetch = open_door(sender.news.limits)
        try:
            reports = sending.send_again(sender, jobs[0], to) if again else waiting.send(sender, jobs, wait, stop.wait)
        except DigestError:
            if not jobs:
                telling.ping(sender.news, fetch, is_failure=True)
            raise
        if not dry_run:
            _tell(sender, reports, fetch, is_by_hand=bool(jobs))
    if as_json:
        _screen.document({"jobs": [_public(report) for report in reports]})
    else:
        _show(sender.news, reports)
    ctx.exit(sending.exit_code(reports))


def _check(jobs: Sequence[str], *, again: bool, to: Sequence[str], wait: timedelta, dry_run: bool, yes: bool) -> None:
    """UsageError for options that do not go together; asks before a finished slot is sent once more."""
    if to and not again:
        raise UsageError("--to goes with --again: it names who gets a finished slot once more")
    if again and len(jobs) != 1:
        raise UsageError("--again needs one JOB")
    if wait and (again or dry_run):
        raise UsageError("--wait goes with neither --again nor --dry-run")
    if again and not (yes or dry_run):
        whom = ", ".join(to) or "everybody who did not get it"
        _screen.ask(f"Compose {jobs[0]} once more and send it to {whom}?", f"{jobs[0]}: nothing was sent")


def _tell(sender: Sender, reports: Sequence[Report], fetch: Fetch, *, is_by_hand: bool) -> None:
    for report in reports:
        telling.record(report)
    telling.tell(
        sender.news, sender.store, reports, sender.now(), fetch, is_by_hand=is_by_hand, stopping=sender.stopping
    )


@contextmanager
def _sender(home: Path, *, dry_run: bool, force: bool) -> Iterator[tuple[Sender, Event]]:
    """A sender of the newsletter at `home`, and the event that stops it."""
    with (
        _desk.signing_desk(home) as (news, store, key),
        runfile.begin(runfile.folder(store.path)) as run,
        _stopping() as stop,
        _screen.progress() as progress,
    ):
        sender = Sender(
            news=news,
            store=store,
            key=key,
            run=run,
            now=_desk.now,
            stopping=stop.is_set,
            progress=progress,
            dry_run=dry_run,
            force=force,
        )
        yield sender, stop


@contextmanager
def _stopping() -> Iterator[Event]:
    """An event that SIGTERM or Ctrl-C sets: what is in flight is finished, the rest given back."""
    stop = Event()

    def told(*_: object) -> None:
        if sys.stderr.isatty() and not stop.is_set():
            # Not by what else writes there, which a signal may have come in the middle of.
            os.write(2, b"\ndigest: stopping; what is in flight is waited for\n")
        stop.set()

    before = [(number, signal.signal(number, told)) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield stop
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _public(report: Report) -> dict[str, object]:
    values = asdict(report)
    del values["exit_code"]
    return values


def _show(news: Settings, reports: Sequence[Report]) -> None:
    if not reports:
        _screen.answer("nothing is due")
    for report in reports:
        for warning in report.warnings:
            _screen.warn(f"{report.job}: {warning}")
        _screen.answer(_screen.local(_line(report), news.newsletter.timezone))
        if report.sent and news.delivery.to.startswith("outbox:"):
            _screen.answer(f"the mails lie in {outbox.folder(news.delivery, news.home) / 'new'}")


def _line(report: Report) -> str:
    """One report in one line."""
    figures = [f"{n} {getattr(report, n)}" for n in ("deferred", "failed", "uncertain") if getattr(report, n)]
    if report.reason == "already sent":
        return f"{report.edition}: {report.reason} to {report.sent} of {report.recipients}"
    if report.recipients:
        figures.insert(
            0, f"{'would go to' if report.state == 'ready' else f'sent {report.sent} of'} {report.recipients}"
        )
    reason = f" - {report.reason}" if report.reason else ""
    return f"{report.edition}: {', '.join([report.state, *figures])}{reason}"
