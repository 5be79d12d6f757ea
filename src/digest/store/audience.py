"""Whom an edition goes to: one row for each, planned in one statement however many there are."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from digest.core import address
from digest.store._database import Store, stamp

# In the order of the rows: by the index of addresses a million of them are read at random, and sorted.
_MEMBERS = """
FROM subscribers NOT INDEXED WHERE job = :job AND state = 'active'
AND paused_until <= coalesce(:at, strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'))
AND (:only = '[]' OR address IN (SELECT value FROM json_each(:only)))
AND NOT EXISTS (
  SELECT 1 FROM json_each(:without) AS earlier JOIN sends
  ON sends.edition = earlier.value AND sends.subscriber = subscribers.id
  AND (sends.state NOT IN ('failed', 'suppressed', 'cancelled', 'expired') OR sends.maybe))
"""
_PLAN = (
    """
INSERT INTO sends
  (edition, subscriber, email, variant, message_id, state, attempts, due, run, place, code, reply, at, maybe)
SELECT :edition, id, email, coalesce(chosen, ''), message_id(address), iif(chosen IS NULL, 'cancelled', 'queued'), 0,
  '', '', 0, '', iif(chosen IS NULL, 'none of the chosen topics is in this edition', ''), '', 0
FROM (SELECT id, email, address, variant_of(topics) AS chosen """
    + _MEMBERS
    + " ORDER BY id)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The active subscribers of a job, or some of them."""

    job: str
    only: tuple[str, ...] = ()
    """Addresses; empty: everybody."""
    without: tuple[str, ...] = ()
    """Editions: whoever got one of them, perhaps got it or is still to get it is left out."""
    at: datetime | None = None
    """When: whose pause is not over then is left out; None: by the database's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What is different for each recipient of an edition."""

    variant: Callable[[tuple[str, ...]], str | None]
    """Chosen topics -> the variant they get; None: nothing for them in this edition."""
    message_id: Callable[[str], str]
    """Folded address -> Message-ID."""


def choices(store: Store, audience: Audience) -> Mapping[tuple[str, ...], int]:
    """Chosen topics (none: everything) -> how many chose so; empty when nobody is there."""
    rows = store.rows(f"SELECT topics, count(*) {_MEMBERS} GROUP BY topics ORDER BY topics", _named(audience))
    return {tuple(json.loads(row[0])): row[1] for row in rows}


def plan(connection: sqlite3.Connection, edition: str, audience: Audience, values: Values) -> int:
    """Queue a mail for everybody of the audience, in the caller's transaction; how many there are."""

    @cache
    def variant_of(topics: str) -> str | None:
        return values.variant(tuple(json.loads(topics)))

    connection.create_function("variant_of", 1, variant_of, deterministic=True)
    connection.create_function("message_id", 1, values.message_id, deterministic=True)
    return connection.execute(_PLAN, _named(audience) | {"edition": edition}).rowcount


def _named(audience: Audience) -> dict[str, str | None]:
    only = [address.folded(email) for email in audience.only]
    at = stamp(audience.at) if audience.at else None
    return {"job": audience.job, "only": json.dumps(only), "without": json.dumps(audience.without), "at": at}
