"""Who gets a job's mails, and what each person wishes: to leave, to pause, other topics."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.core import address, runfile
from digest.store import consents, suppressions
from digest.store._database import Store, stamp
from digest.store._import import Entry, Taken, take_over
from digest.store._jobs import jobs
from digest.store._requests import Requested, Requests, confirm, request, requests_since, unanswered
from digest.store.consents import Proof
from digest.store.suppressions import Tag

__all__ = [
    "Entry",
    "Proof",
    "Requested",
    "Requests",
    "Subscriber",
    "Taken",
    "add",
    "add_configured",
    "choose",
    "confirm",
    "each",
    "find",
    "leave",
    "leave_all",
    "listed",
    "remove",
    "request",
    "requests_since",
    "take_over",
    "unanswered",
]

_PAGE = 2_000
_VOUCHED = "added by an editor, who vouches that the person asked for it"
_INSERT = """
INSERT INTO subscribers (job, address, email, name, state, source, created, changed, topics)
VALUES (:job, :address, :email, :name, 'active', :source, :now, :now, :topics)
"""
_LISTED = (
    "SELECT id AS number, job, email, name, state, source, created, topics, language, timezone, paused_until, address "
    "FROM subscribers "
)
# A page at a time: whoever reads on slowly keeps no log of the database from being folded in.
_NEXT = (
    _LISTED
    + """
WHERE (:job IS NULL OR job = :job) AND (:state IS NULL OR state = :state) AND (job, address) > (:after, :address)
ORDER BY job, address LIMIT :most
"""
)
_PAUSED = """
UPDATE sends SET state = iif(maybe, 'uncertain', 'cancelled'), at = :now, due = '', reply = 'paused before it was sent'
WHERE subscriber = :subscriber AND state IN ('queued', 'deferred')
AND edition IN (SELECT id FROM editions WHERE state IN ('held', 'ready', 'sending'))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One person's subscription of one job."""

    number: int
    """What its links and return paths name it by."""
    job: str
    email: str
    name: str
    state: str
    source: str
    """`config`, `cli`, `import`, `form`: where the subscription came from."""
    created: str
    """UTC, ISO 8601."""
    topics: tuple[str, ...]
    """What the reader chose; empty for everything."""
    language: str
    timezone: str
    paused_until: str
    """UTC, ISO 8601: gets nothing before; empty when the reader made no pause."""


def add(  # noqa: PLR0913  all that an editor may say of somebody
    store: Store,
    job: str,
    email: str,
    *,
    name: str,
    source: str,
    now: datetime,
    topics: Sequence[str] = (),
    proof: str = "",
) -> bool:
    """Make somebody an active subscriber, also one who had left; False when the person already was.

    One who was known keeps the topics chosen before unless some are named here. `proof`: how the person agreed.
    """
    with store.writing() as connection:
        values = _values(job, email, name, source, now) | {"topics": json.dumps(topics)}
        before = connection.execute("SELECT state FROM subscribers WHERE job = :job AND address = :address", values)
        was = before.fetchone()
        changed = connection.execute(
            f"{_INSERT} ON CONFLICT (job, address) DO UPDATE "
            "SET state = 'active', source = iif(state = 'active', source, :source), changed = :now, paused_until = '', "
            "topics = iif(:topics = '[]', topics, :topics) "
            "WHERE state <> 'active' OR :topics NOT IN ('[]', topics)",
            values,
        ).rowcount
        if proof or was is None or was[0] != "active":
            consents.give(connection, _ids(connection, job, email), Proof(how=source, text=proof or _VOUCHED), now)
    return bool(changed)


def add_configured(store: Store, job: str, emails: Iterable[str], now: datetime, tag: Tag | None = None) -> int:
    """Add the addresses of a job's file; one who left or was removed is never added again. Returns how many.

    With `tag` neither is one of whom nothing is left but the tag, because the address was to be forgotten.
    """
    proof = Proof(how="config", text=f"named by an editor in jobs/{job}.toml")
    with store.writing() as connection:
        barred = suppressions.found(connection, tag, tuple(emails)) if tag else {}
        added = []
        for email in emails:
            values = _values(job, email, "", "config", now)
            if email not in barred and connection.execute(f"{_INSERT} ON CONFLICT DO NOTHING", values).rowcount:
                added += _ids(connection, job, email)
        consents.give(connection, added, proof, now)
    return len(added)


def remove(store: Store, job: str, email: str, now: datetime) -> bool:
    """Take somebody off a job's list, remembered as one who left; False when nobody such was on it."""
    with store.writing() as connection:
        left = _end(connection, _ids(connection, job, email), "cli", now)
    _tell(store, left)
    return bool(left)


def leave(store: Store, job: str, email: str, now: datetime, how: str) -> bool:
    """End a subscription by its reader's wish; True also when it had ended, False when there is none. `how`: a word."""
    with store.writing() as connection:
        found = _ids(connection, job, email)
        left = _end(connection, found, how, now)
    _tell(store, left)
    return bool(found)


def leave_all(store: Store, email: str, now: datetime, how: str) -> int:
    """End every subscription of an address; how many there were to end."""
    with store.writing() as connection:
        asked = "SELECT id FROM subscribers WHERE job IN (SELECT value FROM json_each(?)) AND address = ?"
        found = [row[0] for row in connection.execute(asked, (jobs(connection), address.folded(email)))]
        left = _end(connection, found, how, now)
    _tell(store, left)
    return left


def choose(
    store: Store,
    job: str,
    email: str,
    *,
    topics: Sequence[str],
    language: str,
    paused_until: datetime | None,
    now: datetime,
) -> bool:
    """Keep what a reader wishes; False when nobody such gets the job's mails. A pause holds for waiting mails too."""
    until = stamp(paused_until) if paused_until and paused_until > now else ""
    wish = {"topics": json.dumps(topics), "language": language, "until": until, "now": stamp(now)}
    with store.writing() as connection:
        found = _ids(connection, job, email)
        done = connection.execute(
            "UPDATE subscribers SET topics = :topics, language = :language, paused_until = :until, changed = :now "
            "WHERE id = :subscriber AND state = 'active'",
            wish | {"subscriber": found[0] if found else None},
        ).rowcount
        if done and until:
            connection.execute(_PAUSED, wish | {"subscriber": found[0]})
    return bool(done)


def each(store: Store, job: str | None = None, state: str | None = None) -> Iterator[Subscriber]:
    """The subscribers of a job or of all, by job and address, without holding them all."""
    asked = {"job": job, "state": state, "after": job or "", "address": "", "most": _PAGE}
    while rows := store.rows(_NEXT, asked):
        yield from map(_subscriber, rows)
        asked |= {"after": rows[-1]["job"], "address": rows[-1]["address"]}


def listed(store: Store, job: str | None = None) -> tuple[Subscriber, ...]:
    """The subscribers of a job or of all, by job and address."""
    return tuple(each(store, job))


def find(store: Store, job: str, email: str) -> Subscriber | None:
    """Somebody's subscription of a job, whatever its state."""
    rows = store.rows(_LISTED + "WHERE job = ? AND address = ?", (job, address.folded(email.strip())))
    return _subscriber(rows[0]) if rows else None


def _end(connection: sqlite3.Connection, subscribers: Sequence[int], how: str, now: datetime) -> int:
    """Let those of the subscriptions end that have not; how many had not."""
    ended = connection.executemany(
        "UPDATE subscribers SET state = 'unsubscribed', changed = ?, paused_until = '' "
        "WHERE id = ? AND state IN ('active', 'pending')",
        [(stamp(now), subscriber) for subscriber in subscribers],
    ).rowcount
    if ended > 0:
        consents.withdraw(connection, subscribers, how, now)
    return max(ended, 0)


def _tell(store: Store, changed: int) -> None:
    """Have a running send look again."""
    if changed:
        runfile.changed(runfile.folder(store.path))


def _ids(connection: sqlite3.Connection, job: str, email: str) -> list[int]:
    asked = "SELECT id FROM subscribers WHERE job = ? AND address = ?"
    return [row[0] for row in connection.execute(asked, (job, address.folded(email)))]


def _subscriber(row: sqlite3.Row) -> Subscriber:
    values = dict(row) | {"topics": tuple(json.loads(row["topics"]))}
    del values["address"]
    return Subscriber(**values)


def _values(job: str, email: str, name: str, source: str, now: datetime) -> dict[str, object]:
    folded = address.folded(email)
    return {
        "job": job,
        "address": folded,
        "email": email,
        "name": name,
        "source": source,
        "now": stamp(now),
        "topics": "[]",
    }
