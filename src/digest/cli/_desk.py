"""A newsletter's folder -> its settings and its open database, as every command needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from digest import pipeline
from digest.core.settings import Settings
from digest.core.tokens import Key, load_key
from digest.store import Store, connect


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


def now() -> datetime:
    """The clock (UTC)."""
    return datetime.now(UTC)
