"""A list from elsewhere -> subscriptions, so many in one transaction that it is quick and no sender waits for long."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from itertools import islice
from operator import itemgetter

from digest.core import address
from digest.store import consents, suppressions
from digest.store._database import Store, stamp
from digest.store._jobs import jobs
from digest.store.consents import Proof
from digest.store.suppressions import Tag

_BATCH = 10_000
"""Addresses come in no order, and each changes another page of their index: many at once change fewer."""
_STATES = """
SELECT job, address, state FROM subscribers
WHERE job IN (SELECT value FROM json_each(:jobs)) AND address IN (SELECT value FROM json_each(:addresses))
"""
# Explicit numbers: the lock is held, and the proofs need them.
_INSERT = """
INSERT INTO subscribers (id, job, address, email, name, state, source, created, changed, topics, language, timezone)
VALUES (?, ?, ?, ?, ?, 'active', 'import', ?, ?, ?, ?, ?)
"""
# In a rehearsal nothing is stored, and who was named before has to be known all the same.
_SEEN = "CREATE TEMP TABLE seen (address TEXT PRIMARY KEY) WITHOUT ROWID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody on a list that is taken over."""

    email: str
    name: str
    topics: tuple[str, ...]
    language: str
    timezone: str
    line: int = 0
    """Where the list names the person."""


class Taken(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    KNOWN = "known"
    LEFT = "left"
    """Left this job, or must not be mailed: never added again by a list."""
    SUPPRESSED = "suppressed"
    """Nobody may mail the address, whether there is such a subscriber or not."""


def take_over(
    store: Store, job: str, entries: Iterable[Entry], now: datetime, *, tag: Tag, proof: Proof, dry_run: bool
) -> Iterator[tuple[Entry, Taken]]:
    """Add the entries of a list; what became of each in its order, or in a dry run would become.

    One entry is looked at after the other: memory stays the same however long the list is.
    """
    rest = iter(entries)
    with _prepared(store):
        while batch := [*islice(rest, _BATCH)]:
            folded = [address.folded(entry.email) for entry in batch]
            if dry_run:
                taken = _decided(store.connection, job, folded, tag)
                seen = [(each,) for each, result in zip(folded, taken, strict=True) if result == Taken.ADDED]
                store.connection.execute("BEGIN")
                store.connection.executemany("INSERT INTO temp.seen VALUES (?)", seen)
                store.connection.execute("COMMIT")
            else:
                with store.writing() as connection:
                    taken = _decided(connection, job, folded, tag)
                    added = [entry for entry, each in zip(batch, taken, strict=True) if each == Taken.ADDED]
                    _insert(connection, job, added, proof, now)
            yield from zip(batch, taken, strict=True)


@contextmanager
def _prepared(store: Store) -> Iterator[None]:
    store.connection.execute(_SEEN)
    try:
        yield
    finally:
        store.connection.execute("DROP TABLE temp.seen")


def _decided(connection: sqlite3.Connection, job: str, folded: Sequence[str], tag: Tag) -> list[Taken]:
    """What becomes of each address, the second of two equal ones being known."""
    known = _known(connection, job, folded)
    barred = suppressions.reasons(connection, tag, folded)
    taken = []
    for each in folded:
        taken.append(Taken.SUPPRESSED if each in barred else known.get(each, Taken.ADDED))
        if taken[-1] == Taken.ADDED:
            known[each] = Taken.KNOWN
    return taken


def _known(connection: sqlite3.Connection, job: str, folded: Sequence[str]) -> dict[str, Taken]:
    asked = {"addresses": json.dumps(folded), "jobs": jobs(connection)}
    seen = connection.execute(
        "SELECT value FROM json_each(:addresses) WHERE value IN (SELECT address FROM temp.seen)", asked
    )
    known = {row[0]: Taken.KNOWN for row in seen}
    for row in connection.execute(_STATES, asked):
        # Who complained, asked to be forgotten or cannot be reached is so for every job (facts/trust.md E14).
        if row["state"] in ("bounced", "complained", "erased") or (
            row["job"] == job and row["state"] == "unsubscribed"
        ):
            known[row["address"]] = Taken.LEFT
        elif row["job"] == job:
            known.setdefault(row["address"], Taken.KNOWN)
    return known


def _insert(connection: sqlite3.Connection, job: str, entries: Sequence[Entry], proof: Proof, now: datetime) -> None:
    first = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM subscribers").fetchone()[0]
    moment = stamp(now)
    rows = [
        (
            *(number, job, address.folded(entry.email), entry.email, entry.name, moment, moment),
            *(_listed(entry.topics), entry.language, entry.timezone),
        )
        for number, entry in enumerate(entries, first)
    ]
    # In the order of the index: each of its pages is changed once, and no cache has to hold them.
    connection.executemany(_INSERT, sorted(rows, key=itemgetter(2)))
    consents.give(connection, range(first, first + len(entries)), proof, now)


@cache
def _listed(topics: tuple[str, ...]) -> str:
    return json.dumps(topics)
