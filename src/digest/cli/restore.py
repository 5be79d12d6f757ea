"""Put a backup in the database's place; it mails nobody until a person says so."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from digest import config, issues
from digest.cli import _desk, _screen
from digest.core import text
from digest.core.errors import KeyMissingError, UsageError
from digest.core.settings import Settings
from digest.core.tokens import load_key
from digest.mailroom import suppression_tag
from digest.store import connect, erasure, safety

_AGAIN = (
    "address that was to be forgotten is forgotten again",
    "addresses that were to be forgotten are forgotten again",
)
_LEFT = ("reader who left since the backup stays off the list", "readers who left since the backup stay off the list")


@click.command(name="restore")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, file: Path, yes: bool, as_json: bool) -> None:
    """Put the backup FILE in the database's place; what was there is kept beside it.

    Nothing is mailed by it: editions that were not finished are stopped, and every slot up to now counts as done.
    """
    news = config.load(ctx.obj)
    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    if not yes:
        _screen.ask(f"Put {file} in place of {news.database}?", f"{news.database}: not restored, nothing was changed")
    now = _desk.now()
    slots = {job.name: issues.slot_of(job, now) for job in news.jobs.values()}
    with _screen.progress() as progress:
        done = safety.restore(news.database, file, slots, now, partial(progress, "restore"))
    again = _forget_again(news, now)
    if as_json:
        _screen.document(asdict(done) | {"forgotten_again": again})
        return
    if again:
        _screen.answer(text.counted(again, *_AGAIN))
    _screen.answer(f"{news.database}: restored from {file}; nothing is sent before the next slot")
    if done.kept:
        _screen.answer(f"what was there before: {done.kept}")
    if done.stopped:
        waiting = f"{text.counted(done.cancelled, 'mail')} cancelled, {done.uncertain:,} uncertain"
        _screen.answer(f"stopped: {', '.join(done.stopped)} ({waiting})")
    if done.closed:
        _screen.answer(f"counted as done: {', '.join(done.closed)}")
    if done.left is None:
        _screen.warn("whoever left or was barred since the backup is back on the list: take them off again")
    elif done.left:
        _screen.answer(text.counted(done.left, *_LEFT))
    _screen.answer("`digest send JOB --again` sends a current slot all the same; `digest report` says who got what")


def _forget_again(news: Settings, now: datetime) -> int:
    """Erase whom the backup brought back although they had asked to be forgotten; how many."""
    try:
        tag = suppression_tag(load_key(news.home))
    except KeyMissingError:
        _screen.warn("without digest.key who was to be forgotten may be back: restore again once it is there")
        return 0
    with connect(news.database) as store:
        return erasure.repeat(store, tag, now)
