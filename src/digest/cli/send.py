"""Send whatever is due, or the named jobs' current editions."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from threading import Event

import click

from digest import sending
from digest.cli import _complete, _desk, _screen
from digest.core import runfile
from digest.core.settings import Settings
from digest.deliver import outbox
from digest.dispatch import Report, Sender


@click.command(name="send")
@click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=_complete.jobs)
@click.option("--dry-run", is_flag=True, help="Gather, compose and check, but record and send nothing.")
@click.option("--force", is_flag=True, help="Send although a check holds the edition.")
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, jobs: Sequence[str], dry_run: bool, force: bool, as_json: bool) -> None:
    """Send whatever is due: unfinished deliveries and due slots; with JOB, that job's current slot.

    A slot that is done is never sent again. Exit code: 0 done or nothing to do, 1 failed, 2 wrong usage,
    3 done in part.
    """
    with (
        _desk.signing_desk(ctx.obj) as (news, store, key),
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
        reports = sending.send(sender, jobs)
    if as_json:
        _screen.document({"jobs": [_public(report) for report in reports]})
    else:
        _show(news, reports)
    ctx.exit(sending.exit_code(reports))


@contextmanager
def _stopping() -> Iterator[Event]:
    """An event that SIGTERM or Ctrl-C sets: what is in flight is finished, the rest given back."""
    stop = Event()
    before = [(number, signal.signal(number, lambda *_: stop.set())) for number in (signal.SIGTERM, signal.SIGINT)]
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
        sent = "would go to" if report.state == "ready" else f"sent {report.sent} of"
        figures = [f"{sent} {report.recipients}"] if report.recipients else []
        figures += [f"{n} {getattr(report, n)}" for n in ("deferred", "failed", "uncertain") if getattr(report, n)]
        reason = f" - {report.reason}" if report.reason else ""
        _screen.answer(f"{report.edition}: {', '.join([report.state, *figures])}{reason}")
        if report.sent and news.delivery.to.startswith("outbox:"):
            _screen.answer(f"the mails lie in {outbox.folder(news.delivery, news.home) / 'new'}")
