"""A newsletter's folder -> its settings and its open database, as every command needs them."""

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from digest import config
from digest.cli import _screen
from digest.core import log, runfile
from digest.core.errors import UsageError
from digest.core.mail import EditionState
from digest.core.settings import Settings, Source
from digest.core.tokens import Key, load_key
from digest.mailroom import Sender
from digest.store import Store, articles, connect, editions, report

_STANDS: Final = {EditionState.READY: "under review", EditionState.COMPOSING: "being composed"}
"""States in words, where a state's name is none."""


@contextmanager
def desk(home: Path) -> Iterator[tuple[Settings, Store]]:
    """Settings and open database of the newsletter at `home`."""
    news = config.load(home)
    with connect(news.database) as store:
        yield news, store


@contextmanager
def signing_desk(home: Path) -> Iterator[tuple[Settings, Store, Key]]:
    """The same with the key that signs what mails carry; nothing is opened or made when there is none."""
    news = config.load(home)
    key = load_key(home)
    log.tag_addresses(key.log_tag)
    with connect(news.database) as store:
        yield news, store, key


@contextmanager
def sender(home: Path) -> Iterator[Sender]:
    """A process that may compose, with a run file of its own and nobody who tells it to stop."""
    with signing_desk(home) as (news, store, key), runfile.begin(runfile.folder(store.path)) as run:
        yield Sender(
            news=news, store=store, key=key, run=run, now=now, stopping=lambda: False, progress=lambda *_: None
        )


def edition(store: Store, name: str) -> editions.Record:
    """The edition of that id; UsageError when there is none."""
    record = editions.get(store, name)
    if record is None:
        raise UsageError(f"{name}: no such edition; `digest editions list` names them")
    return record


def reported(news: Settings, store: Store, name: str | None) -> editions.Record:
    """The edition of that id, or the newest that was sent of the job of that name or of all; a newer one is told.

    UsageError when there is none.
    """
    known = editions.get(store, name) if name else None
    if known:
        return known
    found = report.newest(store, name or "")
    if found is None:
        raise UsageError(_unknown(news, name))
    if found.newer:
        newer = edition(store, found.newer)
        why = f", {newer.detail or newer.reason}" if newer.detail or newer.reason else ""
        stands = f"{_STANDS.get(newer.state, newer.state)}{_screen.local(why, news.newsletter.timezone)}"
        _screen.note(f"{newer.id} is newer, but {stands}")
    return edition(store, found.edition)


def _unknown(news: Settings, name: str | None) -> str:
    if name is None:
        return "nothing was composed yet; `digest send JOB` makes a first edition"
    if name in news.jobs:
        return f"{name}: nothing of this job was composed yet; `digest send {name}` makes its first edition"
    near = difflib.get_close_matches(name, news.jobs, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    jobs = ", ".join(news.jobs) or "none"
    return f"{name}: no such edition or job; {hint}`digest editions list` names the editions, jobs are {jobs}"


def seen_names(news: Settings) -> Mapping[str, str]:
    """The key of a source -> the name its articles were seen with; nothing is made where nothing was stored yet."""
    if not news.database.exists():
        return {}
    with connect(news.database) as store:
        return {key: name for name, key in articles.outlets(store).items()}


def chosen_sources(news: Settings, wanted: str) -> tuple[Source, ...]:
    """The sources of that name, as set or as `sources list` shows it, of that group or URL; UsageError if none is."""
    seen = seen_names(news)
    chosen = tuple(s for s in news.sources if wanted in {s.name, s.group, s.key, s.name or seen.get(s.key, "")} - {""})
    if chosen:
        return chosen
    names = {name for s in news.sources for name in (s.name or seen.get(s.key, s.key), s.group)}
    near = difflib.get_close_matches(wanted, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else "`digest sources list` names them"
    raise UsageError(f"{wanted}: no such source or group; {hint}")


def now() -> datetime:
    """The clock (UTC)."""
    return datetime.now(UTC)
