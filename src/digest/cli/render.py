"""Look at a job's next edition without touching it."""

import tempfile
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from digest import issues, pipeline
from digest.cli import _complete, _desk, _screen
from digest.core import text
from digest.core.errors import DigestError, UsageError
from digest.core.settings import Job, Settings
from digest.preview import files, preview
from digest.store import Store, connect, copies


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The options."""

    out: Path | None
    as_text: bool
    as_json: bool
    opened: bool
    reader: str
    at: str
    offline: bool


@click.command(name="render")
@click.argument("job", metavar="JOB", shell_complete=_complete.jobs)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to [preview/JOB].")
@click.option("--text", "as_text", is_flag=True, help="Print the text part and write nothing.")
@click.option("--open", "opened", is_flag=True, help="Open the page in a browser.")
@click.option("--as", "reader", default="", metavar="EMAIL", help="As this subscriber gets it.")
@click.option("--at", default="", metavar="TIME", help="As if it were this time, such as 2026-11-23T07:00.")
@click.option("--offline", is_flag=True, help="Use what was gathered before; fetch nothing.")
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, /, *, job: str, **options: Any) -> None:
    """Write the edition of JOB as it would be sent now: index.html, message.txt, message.eml, edition.json, images.

    With --at, in the job's time zone, nothing is stored, what is gathered neither.
    """
    asked = _Asked(**options)
    with _desk.signing_desk(ctx.obj) as (news, real_store, key):
        chosen = issues.job_named(news, job)
        now = _moment(asked.at, chosen) if asked.at else _desk.now()
        with _store(real_store, asked) as store:
            if not asked.offline:
                _gather(news, store, chosen, now)
            shown = preview(news, store, chosen, key, now, reader=asked.reader, offline=asked.offline)
    for finding in shown.findings:
        _screen.warn(f"{finding.severity}: {finding.check}: {finding.message}")
    if shown.thin:
        _screen.warn(f"{shown.thin}: `digest send {job}` would skip it")
    if asked.as_text:
        _screen.answer(shown.text)
        return
    folder = asked.out or news.home / "preview" / job
    _write(folder, files(shown))
    if asked.opened:
        webbrowser.open((folder / "index.html").absolute().as_uri())
    if asked.as_json:
        _screen.document(shown.content)
        return
    count = len(shown.variant.edition.stories)
    _screen.answer(f"{shown.variant.rendered.subject}: {text.counted(count, 'story', 'stories')}")
    _screen.answer(f"written to {folder / 'index.html'}")


def _gather(news: Settings, store: Store, job: Job, now: datetime) -> None:
    """Check the job's sources; DigestError when none of them answers."""
    with _screen.progress() as progress:
        taken = pipeline.check_sources(news, store, issues.job_sources(news, job), now, progress)
    for intake in taken:
        if intake.error:
            _screen.warn(f"{intake.source}: {intake.error}")
    if taken and not any(intake.answered for intake in taken):
        raise DigestError("no source answered; --offline shows the edition of what was gathered before")


@contextmanager
def _store(store: Store, asked: _Asked) -> Iterator[Store]:
    """The database, or a copy where a made-up clock would say when something was first seen."""
    if not asked.at or asked.offline:
        yield store
        return
    with tempfile.TemporaryDirectory(prefix="digest-") as folder:
        path = Path(folder) / store.path.name
        copies.copy(store, path)
        with connect(path) as copied:
            yield copied


def _moment(at: str, job: Job) -> datetime:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise UsageError(f"--at {at}: allowed is a date and time, such as 2026-11-23T07:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=job.timezone)


def _write(folder: Path, made: Mapping[str, bytes]) -> None:
    for name, data in made.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}")
            temporary.write_bytes(data)
            temporary.rename(path)
        except OSError as error:
            raise DigestError(f"{path}: cannot be written: {error.strerror}; --out names another folder") from error
