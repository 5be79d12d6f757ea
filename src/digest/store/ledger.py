"""Who got what: one row per edition and recipient, claimed before a byte leaves and settled with the next claim."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.core import runfile
from digest.core.mail import Claim, Result, SendState
from digest.store._database import Store, stamp

_SETTLE = """
UPDATE sends SET state = :state, code = :code, reply = :reply, at = :now, due = :due, attempts = attempts + :begun
WHERE edition = :edition AND subscriber = :subscriber AND state = 'sending' AND run = :run
"""
_DUE = """
SELECT sends.subscriber, sends.email, sends.message_id, sends.variant, sends.attempts,
  subscribers.state = 'active' AS wanted
FROM sends JOIN subscribers ON subscribers.id = sends.subscriber
WHERE sends.edition = :edition AND sends.state IN ('queued', 'deferred') AND sends.due <= :now
AND (SELECT state FROM editions WHERE id = :edition) = 'sending'
ORDER BY sends.due, sends.subscriber LIMIT :want
"""
_EXPIRE = """
UPDATE sends SET state = 'expired', at = :now, reply = 'not delivered within ' || :hours || ' hours: ' || reply
WHERE edition = :edition AND state IN ('queued', 'deferred')
AND (SELECT composed FROM editions WHERE id = :edition) < :oldest
"""
LIFETIME = timedelta(hours=48)
"""A digest that could not be delivered so long is stale."""
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(minutes=5), timedelta(hours=4)
"""Greylisting asks for five minutes; each later try waits three times as long (facts/deliver.md 4)."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One recipient's line in a report; the names are those of `report --json`."""

    email: str
    state: str
    code: str
    reply: str
    attempts: int
    at: str
    """UTC, ISO 8601; empty while nothing was tried."""
    message_id: str
    maybe: int
    """1 when a mail that may have arrived was sent again."""


def exchange(
    store: Store, edition: str, run: str, results: Sequence[Result], want: int, now: datetime
) -> tuple[Claim, ...]:
    """Settle results and claim up to `want` due rows in one transaction; whoever left meanwhile is cancelled in it."""
    claims: list[Claim] = []
    with store.writing() as connection:
        connection.executemany(_SETTLE, [_settled(result, run, now) for result in results])
        hours = int(LIFETIME.total_seconds() // 3600)
        ages = {"edition": edition, "now": stamp(now), "oldest": stamp(now - LIFETIME), "hours": hours}
        connection.execute(_EXPIRE, ages)
        while want and not claims:
            asked = {"edition": edition, "now": stamp(now), "want": want}
            rows = store.rows(_DUE, asked)
            if not rows:
                break
            connection.executemany(
                "UPDATE sends SET state = ?, run = ?, reply = ?, at = ? WHERE edition = ? AND subscriber = ?",
                [
                    ("sending", run, "", stamp(now), edition, row["subscriber"])
                    if row["wanted"]
                    else ("cancelled", "", "left before it was sent", stamp(now), edition, row["subscriber"])
                    for row in rows
                ],
            )
            claims = [_claim(edition, row) for row in rows if row["wanted"]]
    return tuple(claims)


def recover(store: Store, now: datetime) -> int:
    """Settle what dead runs left open: nobody knows whether it left, so it is uncertain and stays so.

    Rows of a run whose lock is held are never touched. Returns how many became uncertain.
    """
    runs = runfile.folder(store.path)
    left = {row[0] for row in store.rows("SELECT DISTINCT run FROM sends WHERE state = 'sending'")}
    settled = 0
    for run in sorted(left | set(runfile.listed(runs))):
        with runfile.taken_over(runs, run) as dead:
            if dead and run in left:
                settled += _give_up(store, run, now)
    return settled


def finish(store: Store, edition: str) -> None:
    """Bring the edition's state in line with its rows (design 4)."""
    with store.writing() as connection:
        connection.execute(_FINISH, {"id": edition})


def counts(store: Store, edition: str) -> Mapping[str, int]:
    """State -> number of recipients."""
    rows = store.rows("SELECT state, count(*) FROM sends WHERE edition = ? GROUP BY state ORDER BY state", (edition,))
    return {row[0]: row[1] for row in rows}


def rows(store: Store, edition: str) -> tuple[Row, ...]:
    """Every recipient of an edition, by address."""
    found = store.rows(
        "SELECT email, state, code, reply, attempts, at, message_id, maybe FROM sends WHERE edition = ? ORDER BY email",
        (edition,),
    )
    return tuple(Row(**dict(row)) for row in found)


def _give_up(store: Store, run: str, now: datetime) -> int:
    with store.writing() as connection:
        return connection.execute(
            "UPDATE sends SET state = 'uncertain', attempts = attempts + 1, at = ?, "
            "reply = 'the sending process died before it could say whether this left' "
            "WHERE state = 'sending' AND run = ?",
            (stamp(now), run),
        ).rowcount


def _claim(edition: str, row: sqlite3.Row) -> Claim:
    return Claim(
        edition=edition,
        subscriber=row["subscriber"],
        email=row["email"],
        message_id=row["message_id"],
        variant=row["variant"],
        attempts=row["attempts"],
    )


def _due(result: Result, now: datetime) -> str:
    if result.state != SendState.DEFERRED:
        return ""
    return stamp(now + min(FIRST_BACKOFF * 3**result.claim.attempts, LONGEST_BACKOFF))


def _settled(result: Result, run: str, now: datetime) -> dict[str, object]:
    return {
        "state": result.state.value,
        "code": result.code,
        "reply": result.reply,
        "due": _due(result, now),
        "begun": int(result.state != "queued"),
        "edition": result.claim.edition,
        "subscriber": result.claim.subscriber,
        "run": run,
        "now": stamp(now),
    }
