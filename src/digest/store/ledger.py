"""Who may be mailed now, and what became of it: claimed before a byte leaves, settled with the next claim."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from digest.core import runfile
from digest.core.mail import Claim, EditionState, Result, SendState
from digest.store import _outcome, _pace, suppressions
from digest.store._database import Store, stamp
from digest.store.suppressions import Tag

_DUE = """
SELECT sends.subscriber, sends.email, message_id, variant, attempts, maybe, subscribers.state AS active
FROM sends JOIN subscribers ON subscribers.id = sends.subscriber
WHERE sends.edition = :edition AND sends.state IN ('queued', 'deferred') AND sends.due <= :now
ORDER BY sends.due, sends.subscriber LIMIT :want
"""
_TAKE = """
WITH taken AS MATERIALIZED (
  SELECT :edition AS edition, value AS subscriber, :first + key AS place FROM json_each(:subscribers))
UPDATE sends SET state = 'sending', run = :run, place = taken.place, reply = '', at = :now
FROM taken WHERE sends.edition = taken.edition AND sends.subscriber = taken.subscriber
"""
_LEAVE_OUT = """
UPDATE sends SET state = :state, run = '', place = 0, reply = :reply, at = :now
WHERE edition = :edition AND subscriber = :subscriber
"""
_WANTED = """
SELECT subscribers.id, subscribers.email FROM subscribers
WHERE id IN (SELECT value FROM json_each(:subscribers))
AND state = (SELECT addressed FROM editions WHERE id = :edition AND state = 'sending')
"""
_FINISH = """
UPDATE editions SET state = CASE
  WHEN EXISTS (SELECT 1 FROM sends WHERE edition = :id AND state IN ('queued', 'sending', 'deferred')) THEN 'sending'
  WHEN NOT EXISTS (SELECT 1 FROM sends WHERE edition = :id AND state NOT IN ('sent', 'suppressed', 'cancelled'))
    THEN 'sent'
  WHEN EXISTS (SELECT 1 FROM sends WHERE edition = :id AND state = 'expired')
    AND NOT EXISTS (SELECT 1 FROM sends WHERE edition = :id AND state IN ('sent', 'uncertain')) THEN 'expired'
  ELSE 'partial' END
WHERE id = :id AND state = 'sending'
"""
_HEARD_AGAIN = ("unsubscribed", "erased")
_WHY_NOT = {
    "bounced": (SendState.SUPPRESSED, "bounced before"),
    "complained": (SendState.SUPPRESSED, "complained before"),
}


class _Due(NamedTuple):
    """A row that may be claimed."""

    subscriber: int
    email: str
    message_id: str
    variant: str
    attempts: int
    maybe: int
    subscribed: str
    """The state of the subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a run sends."""

    run: runfile.Run
    tag: Tag
    """An address -> what it is suppressed under."""
    uncertain: str = "hold"
    """`hold`, `resend` or `drop`: what becomes of a mail of which nobody knows whether it arrived."""
    rate: float | None = None
    """Mails a second, of all runs together that send to `target`; None: as many as it takes."""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """Claims, and how long to wait for more when the rate allowed none."""

    claims: tuple[Claim, ...]
    wait: float = 0
    """In seconds; 0 when nothing more is due."""


@contextmanager
def busy(store: Store) -> Iterator[None]:
    """Keep SQLite's notes on a claim in memory meanwhile: in files they take a tenth of its time.

    Not those of a report, which would be 50 MB for 1,000,000 recipients.
    """
    store.connection.execute("PRAGMA temp_store = MEMORY")
    try:
        yield
    finally:
        store.connection.execute("PRAGMA temp_store = DEFAULT")


def exchange(store: Store, edition: str, terms: Terms, results: Sequence[Result], want: int, now: datetime) -> Handout:
    """Settle results and claim up to `want` due rows in one transaction, on disk when it returns.

    Whoever left or was suppressed meanwhile is cancelled in it. StoreError when the disk has no room.
    """
    with store.writing() as connection:
        _outcome.settle(connection, terms.run.id, results, terms.uncertain, now)
        gone = _outcome.remember_gone(connection, results, terms.tag, now)
        _outcome.end(connection, edition, now)
        handout = _handed_out(connection, edition, terms, want, now) if want else Handout(claims=())
    if gone:
        runfile.changed(runfile.folder(store.path))
    return handout


def wanted(store: Store, tag: Tag, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Those of an edition's claims whose mails may still leave."""
    if not claims:
        return ()
    asked = {"edition": claims[0].edition, "subscribers": json.dumps([claim.subscriber for claim in claims])}
    addressed = store.rows("SELECT addressed FROM editions WHERE id = ?", (claims[0].edition,))
    active = {row[0] for row in store.rows(_WANTED, asked)}
    left = [claim for claim in claims if claim.subscriber in active]
    barred = _barred(store.connection, addressed[0][0] if left else "", tag, [claim.email for claim in left])
    return tuple(claim for claim in left if claim.email not in barred)


def finish(store: Store, edition: str) -> None:
    """Bring the edition's state in line with its rows (design 4)."""
    with store.writing() as connection:
        connection.execute(_FINISH, {"id": edition})


def _handed_out(connection: sqlite3.Connection, edition: str, terms: Terms, want: int, now: datetime) -> Handout:
    record = connection.execute("SELECT state, addressed FROM editions WHERE id = ?", (edition,)).fetchone()
    if record is None or record["state"] != EditionState.SENDING:
        return Handout(claims=())
    most, wait = want, 0.0
    if terms.rate is not None:
        most, wait = _pace.allowed(connection, terms.target, terms.rate, now)
    claims: tuple[Claim, ...] = ()
    while not claims:
        asked = {"edition": edition, "now": stamp(now), "want": min(want, max(most, 1))}
        rows = [_Due(*row) for row in connection.execute(_DUE, asked).fetchall()]
        if not rows or not most:
            return Handout(claims=(), wait=wait if rows else 0)
        claims = _taken(connection, edition, record["addressed"], terms, rows, now)
    if terms.rate is not None:
        _pace.spend(connection, terms.target, terms.rate, len(claims), now)
    return Handout(claims=claims)


def _taken(
    connection: sqlite3.Connection, edition: str, addressed: str, terms: Terms, rows: Sequence[_Due], now: datetime
) -> tuple[Claim, ...]:
    """Claims of those who may be mailed; the others' rows say why not."""
    barred = _barred(connection, addressed, terms.tag, [row.email for row in rows])
    wanted_rows, named = [], {"edition": edition, "now": stamp(now)}
    for row in rows:
        if row.subscribed == addressed and row.email not in barred:
            wanted_rows.append(row)
            continue
        state, reply = _WHY_NOT.get(row.subscribed, (SendState.CANCELLED, "left before it was sent"))
        if row.subscribed == addressed:
            state, reply = SendState.SUPPRESSED, barred[row.email]
        connection.execute(_LEAVE_OUT, named | {"state": state, "reply": reply, "subscriber": row.subscriber})
    first = terms.run.reserve(len(wanted_rows))
    subscribers = json.dumps([row.subscriber for row in wanted_rows])
    connection.execute(_TAKE, named | {"run": terms.run.id, "first": first, "subscribers": subscribers})
    return tuple(
        Claim(edition, row.subscriber, row.email, row.message_id, row.variant, row.attempts, row.maybe, place)
        for place, row in enumerate(wanted_rows, first)
    )


def _barred(connection: sqlite3.Connection, addressed: str, tag: Tag, emails: Sequence[str]) -> Mapping[str, str]:
    """Who must not be mailed -> why. One who left, and signs up again by himself, may be asked whether it is he."""
    barred = suppressions.found(connection, tag, emails)
    if addressed == "pending":
        reasons = suppressions.reasons(connection, tag, emails)
        barred = {email: why for email, why in barred.items() if reasons[email] not in _HEARD_AGAIN}
    return barred
