"""A sign-up asked for on a form, its confirmation by mail, and how often who asked: only the last of it as tags."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.core import address
from digest.store import consents, suppressions
from digest.store._database import Store, stamp
from digest.store._jobs import jobs
from digest.store.consents import Proof
from digest.store.suppressions import Tag

_BARRED = {"bounced", "complained"}
"""What no form undoes: an editor does (facts/trust.md E14)."""
_STATES = "SELECT job, state FROM subscribers WHERE job IN (SELECT value FROM json_each(?)) AND address = ?"
_PENDING = """
INSERT INTO subscribers (job, address, email, name, state, source, created, changed, topics, language, timezone)
VALUES (:job, :address, :email, '', 'pending', 'form', :now, :now, :topics, :language, :timezone)
ON CONFLICT (job, address) DO UPDATE SET state = 'pending', source = 'form', email = :email,
  changed = :now, topics = :topics, language = :language, timezone = :timezone, paused_until = '' RETURNING id
"""
_COUNTS = """
SELECT count(*) FILTER (WHERE address = :address), count(*) FILTER (WHERE prefix = :prefix AND prefix <> ''),
  count(*) FILTER (WHERE domain = :domain), count(*)
FROM requests WHERE at >= :since
"""


class Requested(StrEnum):
    """What a request to subscribe came to."""

    NEW = "new"
    """Waits for its confirmation now."""
    PENDING = "pending"
    """Waited already; the newest wish counts."""
    ACTIVE = "active"
    """Gets the mails already; nothing changed."""
    BARRED = "barred"
    """Must not be mailed: complained, or cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """How many requests there were."""

    address: int
    prefix: int
    domain: int
    all: int


def request(  # noqa: PLR0913  what a form says
    store: Store,
    job: str,
    email: str,
    *,
    topics: tuple[str, ...],
    language: str,
    timezone: str,
    proof: Proof,
    now: datetime,
    tag: Tag,
) -> Requested:
    """Let a subscription wait for its confirmation, with its proof; each request counts against the limits."""
    folded = address.folded(email)
    values = {"job": job, "address": folded, "email": email, "now": stamp(now), "language": language}
    with store.writing() as connection:
        _count(connection, tag, folded, proof.prefix, now)
        states = _states(connection, folded)
        if _is_barred(connection, tag, folded, states):
            return Requested.BARRED
        if states.get(job) == "active":
            return Requested.ACTIVE
        wish = {"topics": json.dumps(topics), "timezone": timezone}
        ((subscriber,),) = connection.execute(_PENDING, values | wish).fetchall()
        consents.give(connection, [subscriber], proof, now)
    return Requested.PENDING if states.get(job) == "pending" else Requested.NEW


def confirm(store: Store, job: str, email: str, now: datetime, *, tag: Tag) -> bool:
    """Make a subscription that waits active; True also when it is, False when there is none or it must not be mailed.

    Who had asked for no mails at all, or to be forgotten, is heard again by this.
    """
    folded = address.folded(email)
    with store.writing() as connection:
        states = _states(connection, folded)
        if states.get(job) != "pending" or _is_barred(connection, tag, folded, states):
            return states.get(job) == "active"
        done = {"now": stamp(now), "job": job, "address": folded, "tag": tag(folded)}
        confirmed = "UPDATE subscribers SET state = 'active', changed = :now WHERE job = :job AND address = :address"
        ((subscriber,),) = connection.execute(f"{confirmed} RETURNING id", done).fetchall()
        consents.complete(connection, subscriber, now)
        connection.execute("DELETE FROM suppressions WHERE tag = :tag AND reason IN ('unsubscribed', 'erased')", done)
        connection.execute("DELETE FROM requests WHERE address = :tag", done)
    return True


def unanswered(store: Store, email: str, since: datetime, *, tag: Tag) -> int:
    """How often an address was asked for since then without an answer."""
    asked = (tag(address.folded(email)), stamp(since))
    return int(store.rows("SELECT count(*) FROM requests WHERE address = ? AND at >= ?", asked)[0][0])


def requests_since(store: Store, since: datetime, *, email: str, prefix: str, tag: Tag) -> Requests:
    """How many unanswered requests there were since then: of the address, of its domain, from the network, in all."""
    folded = address.folded(email)
    asked = {"since": stamp(since), "address": tag(folded), "domain": tag(_domain(folded))}
    found = store.rows(_COUNTS, asked | {"prefix": tag(prefix) if prefix else ""})[0]
    return Requests(address=found[0], prefix=found[1], domain=found[2], all=found[3])


def _states(connection: sqlite3.Connection, folded: str) -> dict[str, str]:
    """Job -> the state of the address in it."""
    return dict(connection.execute(_STATES, (jobs(connection), folded)).fetchall())


def _count(connection: sqlite3.Connection, tag: Tag, folded: str, prefix: str, now: datetime) -> None:
    connection.execute(
        "INSERT INTO requests (at, address, prefix, domain) VALUES (?, ?, ?, ?)",
        (stamp(now), tag(folded), tag(prefix) if prefix else "", tag(_domain(folded))),
    )


def _is_barred(connection: sqlite3.Connection, tag: Tag, folded: str, states: dict[str, str]) -> bool:
    reasons = suppressions.reasons(connection, tag, [folded]).values()
    return not _BARRED.isdisjoint([*states.values(), *reasons])


def _domain(folded: str) -> str:
    return folded.rpartition("@")[2]
