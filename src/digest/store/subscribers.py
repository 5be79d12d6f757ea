"""Who gets a job's mails."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.core import address, runfile
from digest.store._database import Store, stamp

_INSERT = """
INSERT INTO subscribers (job, address, email, name, state, source, created, changed, topics, language, timezone)
VALUES (:job, :address, :email, :name, 'active', :source, :now, :now, :topics, :language, :timezone)
"""
_LISTED = "SELECT job, email, name, state, source, created, topics, language, timezone FROM subscribers "
# Who complained, asked to be forgotten or cannot be reached is so for every job (facts/trust.md E14).
# The jobs are named so that the index is used, which begins with them: 50,000 rows take 2 s instead of minutes.
_STATES = """
SELECT state FROM subscribers
WHERE job IN (SELECT value FROM json_each(:jobs)) AND address = :address
AND (job = :job OR state IN ('bounced', 'complained', 'erased'))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One person's subscription of one job."""

    job: str
    email: str
    name: str
    state: str
    source: str
    """`config`, `cli`, `import`: where the subscription came from."""
    created: str
    """UTC, ISO 8601."""
    topics: tuple[str, ...]
    """What the reader chose; empty for everything."""
    language: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody on a list that is taken over."""

    email: str
    name: str
    topics: tuple[str, ...]
    language: str
    timezone: str


class Taken(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    KNOWN = "known"
    LEFT = "left"
    """Left, was removed or must not be mailed: never added again by a list."""


def add(
    store: Store, job: str, email: str, *, name: str, source: str, now: datetime, topics: Sequence[str] = ()
) -> bool:
    """Make somebody an active subscriber, also one who had left; False when the person already was.

    One who already was gets the topics named here, if any are named.
    """
    with store.writing() as connection:
        changed = connection.execute(
            f"{_INSERT} ON CONFLICT (job, address) DO UPDATE "
            "SET state = 'active', source = :source, changed = :now, topics = :topics "
            "WHERE state <> 'active' OR :topics NOT IN ('[]', topics)",
            _values(job, email, name, source, now) | {"topics": json.dumps(topics)},
        ).rowcount
    return bool(changed)


def take_over(store: Store, job: str, entries: Sequence[Entry], now: datetime, *, dry_run: bool) -> tuple[Taken, ...]:
    """Add the entries of a list in one transaction; what became of each, or in a dry run would become."""
    with store.writing() as connection:
        jobs = json.dumps([job, *(row[0] for row in store.rows("SELECT DISTINCT job FROM subscribers"))])
        found = []
        for entry in entries:
            asked = {"job": job, "jobs": jobs, "address": address.folded(entry.email)}
            states = {row[0] for row in connection.execute(_STATES, asked)}
            found.append(_take(connection, job, entry, states, now if not dry_run else None))
    return tuple(found)


def _take(
    connection: sqlite3.Connection, job: str, entry: Entry, states: Collection[str], now: datetime | None
) -> Taken:
    if any(state not in ("active", "pending") for state in states):
        return Taken.LEFT
    if states:
        return Taken.KNOWN
    if now:
        values = _values(job, entry.email, entry.name, "import", now)
        chosen = {"topics": json.dumps(entry.topics), "language": entry.language, "timezone": entry.timezone}
        connection.execute(_INSERT, values | chosen)
    return Taken.ADDED


def add_configured(store: Store, job: str, emails: Iterable[str], now: datetime) -> int:
    """Add the addresses of a job's file; one who left or was removed is never added again. Returns how many."""
    with store.writing() as connection:
        return connection.executemany(
            f"{_INSERT} ON CONFLICT DO NOTHING",
            [_values(job, email, "", "config", now) for email in emails],
        ).rowcount


def remove(store: Store, job: str, email: str, now: datetime) -> bool:
    """Take somebody off a job's list, remembered as one who left; False when nobody such was on it."""
    with store.writing() as connection:
        left = connection.execute(
            "UPDATE subscribers SET state = 'unsubscribed', changed = ? "
            "WHERE job = ? AND address = ? AND state IN ('active', 'pending')",
            (stamp(now), job, address.folded(email)),
        ).rowcount
    if left:
        runfile.changed(runfile.folder(store.path))
    return bool(left)


def listed(store: Store, job: str | None = None) -> tuple[Subscriber, ...]:
    """The subscribers of a job or of all, by job and address."""
    rows = store.rows(_LISTED + "WHERE :job IS NULL OR job = :job ORDER BY job, address", {"job": job})
    return tuple(_subscriber(row) for row in rows)


def find(store: Store, job: str, email: str) -> Subscriber | None:
    """Somebody's subscription of a job, whatever its state."""
    rows = store.rows(_LISTED + "WHERE job = ? AND address = ?", (job, address.folded(email.strip())))
    return _subscriber(rows[0]) if rows else None


def _subscriber(row: sqlite3.Row) -> Subscriber:
    return Subscriber(**dict(row) | {"topics": tuple(json.loads(row["topics"]))})


def _values(job: str, email: str, name: str, source: str, now: datetime) -> dict[str, object]:
    folded = address.folded(email)
    chosen = {"topics": "[]", "language": "", "timezone": ""}
    return {"job": job, "address": folded, "email": email, "name": name, "source": source, "now": stamp(now), **chosen}
