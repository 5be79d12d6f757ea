"""What editors were told of each edition, and the figures that machines are told."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from digest.core.errors import StoreError
from digest.store._database import Store, moment, stamp
from digest.store.editions import LIFETIME, Record

# A report that could not be sent is a row without a moment.
_MARK = """
INSERT INTO told (edition, reason, at) VALUES (?, ?, ?) ON CONFLICT (edition, reason) DO UPDATE SET at = excluded.at
"""
_SHOWN = "review:"
_MOVE = """
UPDATE editions SET release = max(release, :until), expires = max(expires, :expires)
WHERE id = :edition AND release <> ''
"""
_TAKE = "UPDATE editions SET run = ? WHERE id = ? AND run = ? AND state = ?"
_SHELVE = """
UPDATE editions SET state = 'held', reason = 'review', release = '', detail = :why
WHERE id = :edition AND (state = 'ready' OR (state = 'held' AND reason = 'review' AND detail <> :why))
"""
_LAST = """
SELECT id, composed FROM editions WHERE job = ? AND state IN ('sent', 'partial')
ORDER BY slot DESC, revision DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How the last check of a source ended."""

    failures: int
    """In a row."""
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A job's newest finished edition."""

    edition: str
    composed: datetime
    """UTC."""


def reasons(store: Store, edition: str) -> frozenset[str]:
    """What editors were told of an edition."""
    return frozenset(row[0] for row in store.rows("SELECT reason FROM told WHERE edition = ? AND at <> ''", (edition,)))


def owed(store: Store) -> Mapping[str, tuple[str, ...]]:
    """Edition -> the reasons of reports that could not be sent yet."""
    found = defaultdict[str, tuple[str, ...]](tuple)
    for row in store.rows("SELECT edition, reason FROM told WHERE at = '' ORDER BY edition, reason"):
        found[row[0]] += (row[1],)
    return found


def mark(store: Store, edition: str, told: Iterable[str], now: datetime) -> None:
    """Remember that editors were told of an edition for these reasons; StoreError when that cannot be written."""
    _write(store, [(edition, reason, stamp(now)) for reason in told])


def owe(store: Store, edition: str, told: Iterable[str]) -> None:
    """Remember that editors are still to be told; StoreError when that cannot be written."""
    _write(store, [(edition, reason, "") for reason in told])


def is_shown(store: Store, edition: str, code: str = "") -> bool:
    """Whether editors were shown the content with this code, or any content at all."""
    wanted = _SHOWN + code
    return any(reason == wanted if code else reason.startswith(wanted) for reason in reasons(store, edition))


def show(store: Store, edition: str, code: str, now: datetime, until: datetime) -> None:
    """Remember that editors were shown the content with this code; what is sent by the clock waits until `until`.

    StoreError when that cannot be written.
    """
    moved = {"edition": edition, "until": stamp(until), "expires": stamp(until + LIFETIME)}
    with _explained(store), store.writing() as connection:
        connection.execute(_MARK, (edition, _SHOWN + code, stamp(now)))
        connection.execute(_MOVE, moved)


def take(store: Store, record: Record, run: str) -> bool:
    """Make it this run's to show an edition to its editors; False when another one was faster, or it was changed."""
    with _explained(store), store.writing() as connection:
        return bool(connection.execute(_TAKE, (run, record.id, record.run, record.state)).rowcount)


def shelve(store: Store, edition: str, why: str) -> None:
    """Have an edition under review wait for a person, whatever the clock says, and owe editors that as `unseen`."""
    with _explained(store), store.writing() as connection:
        if connection.execute(_SHELVE, {"edition": edition, "why": why}).rowcount:
            connection.execute(_MARK, (edition, "unseen", ""))


def checks(store: Store) -> Mapping[str, Check]:
    """Source key -> how its last check ended, for those that were ever checked."""
    rows = store.rows("SELECT key, failures, error FROM sources")
    return {row["key"]: Check(failures=row["failures"], error=row["error"]) for row in rows}


def last_finished(store: Store, job: str) -> Finished | None:
    """The job's finished edition of the newest slot."""
    rows = store.rows(_LAST, (job,))
    return Finished(edition=rows[0]["id"], composed=moment(rows[0]["composed"])) if rows else None


def queue(store: Store) -> int:
    """How many mails of all editions wait to be sent."""
    return int(store.rows("SELECT count(*) FROM sends WHERE state IN ('queued', 'deferred')")[0][0])


def size(store: Store) -> int:
    """Bytes of the database, what is not yet folded into its file included."""
    files = (store.path, store.path.with_name(f"{store.path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _write(store: Store, rows: list[tuple[str, str, str]]) -> None:
    with _explained(store), store.writing() as connection:
        connection.executemany(_MARK, rows)


@contextmanager
def _explained(store: Store) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{store.path}: {error}") from error
