"""A newsletter's folder -> its settings and its open database, as every command needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from digest import pipeline
from digest.core import runfile
from digest.core.errors import UsageError
from digest.core.settings import Settings
from digest.core.tokens import Key, load_key
from digest.mailroom import Sender
from digest.store import Store, connect, editions


@contextmanager
def desk(home: Path) -> Iterator[tuple[Settings, Store]]:
    """Settings and open database of the newsletter at `home`."""
    news = pipeline.open_newsletter(home)
    with connect(news.database) as store:
        yield news, store


@contextmanager
def signing_desk(home: Path) -> Iterator[tuple[Settings, Store, Key]]:
    """The same with the key that signs what mails carry; nothing is opened or made when there is none."""
    news = pipeline.open_newsletter(home)
    key = load_key(home)
    with connect(news.database) as store:
        yield news, store, key


@contextmanager
def sender(home: Path) -> Iterator[Sender]:
    """A process that may compose, with a run file of its own and nobody who tells it to stop."""
    with signing_desk(home) as (news, store, key), runfile.begin(runfile.folder(store.path)) as run:
        yield Sender(
            news=news, store=store, key=key, run=run, now=now, stopping=lambda: False, progress=lambda *_: None
        )


def edition(store: Store, name: str | None) -> editions.Record:
    """The edition of that id, or the newest; UsageError when there is none."""
    record = editions.get(store, name) if name else editions.newest(store)
    if record is None and name is None:
        raise UsageError("nothing was composed yet; `digest send JOB` makes a first edition")
    if record is None:
        raise UsageError(f"{name}: no such edition; `digest editions list` names them")
    return record


def now() -> datetime:
    """The clock (UTC)."""
    return datetime.now(UTC)
