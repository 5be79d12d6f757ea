"""Who gets a job's mails."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.core import address
from digest.store._database import Store, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One person's subscription of one job."""

    job: str
    email: str
    name: str
    state: str
    source: str
    """`config`, `cli`: where the subscription came from."""
    created: str
    """UTC, ISO 8601."""


def add(store: Store, job: str, email: str, *, name: str, source: str, now: datetime) -> bool:
    """Make somebody an active subscriber, also one who had left; False when the person already was."""
    with store.writing() as connection:
        changed = connection.execute(
            "INSERT INTO subscribers (job, address, email, name, state, source, created, changed) "
            "VALUES (:job, :address, :email, :name, 'active', :source, :now, :now) "
            "ON CONFLICT (job, address) DO UPDATE SET state = 'active', source = :source, changed = :now "
            "WHERE state <> 'active'",
            _values(job, email, name, source, now),
        ).rowcount
    return bool(changed)


def add_configured(store: Store, job: str, emails: Iterable[str], now: datetime) -> int:
    """Add the addresses of a job's file; one who left or was removed is never added again. Returns how many."""
    with store.writing() as connection:
        return connection.executemany(
            "INSERT OR IGNORE INTO subscribers (job, address, email, name, state, source, created, changed) "
            "VALUES (:job, :address, :email, :name, 'active', :source, :now, :now)",
            [_values(job, email, "", "config", now) for email in emails],
        ).rowcount


def remove(store: Store, job: str, email: str, now: datetime) -> bool:
    """Take somebody off a job's list, remembered as one who left; False when nobody such was on it."""
    with store.writing() as connection:
        return bool(
            connection.execute(
                "UPDATE subscribers SET state = 'unsubscribed', changed = ? "
                "WHERE job = ? AND address = ? AND state IN ('active', 'pending')",
                (stamp(now), job, address.folded(email)),
            ).rowcount
        )


def listed(store: Store, job: str | None = None) -> tuple[Subscriber, ...]:
    """The subscribers of a job or of all, by job and address."""
    rows = store.rows(
        "SELECT job, email, name, state, source, created FROM subscribers "
        "WHERE :job IS NULL OR job = :job ORDER BY job, address",
        {"job": job},
    )
    return tuple(Subscriber(**dict(row)) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who gets a job's mails."""

    number: int
    email: str
    topics: tuple[str, ...]
    """What the reader chose; empty for everything."""


def active(store: Store, job: str) -> tuple[Member, ...]:
    """Everybody who gets the job's mails, in the order of the list."""
    rows = store.rows(
        "SELECT id, email, topics FROM subscribers WHERE job = ? AND state = 'active' ORDER BY id", (job,)
    )
    return tuple(Member(number=row[0], email=row[1], topics=tuple(json.loads(row[2]))) for row in rows)


def _values(job: str, email: str, name: str, source: str, now: datetime) -> dict[str, object]:
    folded = address.folded(email)
    return {"job": job, "address": folded, "email": email, "name": name, "source": source, "now": stamp(now)}
