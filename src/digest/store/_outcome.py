"""What became of a claimed mail -> what its row says, by the policy for those of which nobody knows."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from digest.core import address
from digest.core.mail import EditionState, Result, SendState
from digest.store._database import stamp
from digest.store.suppressions import Tag

FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(minutes=5), timedelta(hours=4)
"""Greylisting asks for five minutes; each later try waits three times as long (facts/deliver.md 4)."""
MOST_TRIES = 3
"""A mail that went unanswered so often breaks the connection by itself."""
GONE = frozenset(["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"])
"""The address itself is wrong (RFC 3463 3.2, RFC 7505 4.2); 5.1.7 and 5.1.8 speak of the sender's."""


class _Said(NamedTuple):
    """What the row of a mail is to say, in the order of the places in the statement below."""

    state: SendState
    code: str
    reply: str
    due: str
    begun: int
    again: int
    unanswered: int
    edition: str
    subscriber: int


# The plus signs keep it from the index of what is open, in which it would look at every row for each.
_SETTLE = """
UPDATE sends SET
  state = ?1, code = ?2, due = ?4, at = ?10, run = '',
  attempts = attempts + ?5,
  maybe = max(maybe + ?7, ?6),
  reply = iif(maybe AND ?1 = 'failed', 'perhaps delivered earlier; now: ', '') || ?3
WHERE edition = ?8 AND subscriber = ?9 AND +state = 'sending' AND +run = ?11
"""
# What was to be sent once more may have arrived before: it is not called cancelled.
_END = """
UPDATE sends SET state = iif(maybe, 'uncertain', :state), at = :now, due = '',
  reply = iif(reply = '', :why, :why || ': ' || reply)
WHERE edition = :edition AND state IN ('queued', 'deferred')
"""


def settle(
    connection: sqlite3.Connection,
    run: str,
    results: Iterable[Result],
    uncertain: str,
    now: datetime,
    *,
    has_died: bool = False,
) -> Counter[str]:
    """Write results of a run into the rows that are its own, in the caller's transaction; state -> how many.

    That a run has died is not its mails' fault, and does not count among the tries they left unanswered.
    """
    rows = [_row(result, uncertain, now, has_died=has_died) for result in results]
    at = stamp(now)
    connection.executemany(_SETTLE, [(*row, at, run) for row in rows])
    return Counter(row.state for row in rows)


def end(connection: sqlite3.Connection, edition: str, now: datetime) -> None:
    """Let nothing of an edition that was stopped or is too old wait any longer, in the caller's transaction."""
    row = connection.execute("SELECT state, expires FROM editions WHERE id = ?", (edition,)).fetchone()
    if row is None:
        return
    named = {"edition": edition, "now": stamp(now)}
    if row["state"] == EditionState.STOPPED:
        connection.execute(_END, named | {"state": SendState.CANCELLED, "why": "the edition was stopped"})
    elif row["state"] == EditionState.SENDING and row["expires"] < stamp(now):
        connection.execute(_END, named | {"state": SendState.EXPIRED, "why": "not delivered within 48 hours"})


def remember_gone(connection: sqlite3.Connection, results: Iterable[Result], tag: Tag, now: datetime) -> bool:
    """Suppress the addresses that a relay says do not exist; whether there were any."""
    gone: Sequence[Result] = [r for r in results if r.state == SendState.FAILED and r.code.partition(" ")[2] in GONE]
    connection.executemany(
        "INSERT OR IGNORE INTO suppressions VALUES (?, 'bounced', ?, ?, ?)",
        [(tag(address.folded(r.claim.email)), f"{r.code} {r.reply}", r.claim.edition, stamp(now)) for r in gone],
    )
    connection.executemany(
        "UPDATE subscribers SET state = 'bounced', changed = ? WHERE id = ? AND state = 'active'",
        [(stamp(now), r.claim.subscriber) for r in gone],
    )
    return bool(gone)


def _row(result: Result, uncertain: str, now: datetime, *, has_died: bool) -> _Said:
    state, reply, again = result.state, result.reply, False
    if state == SendState.UNCERTAIN and uncertain == "drop":
        state, reply = SendState.FAILED, f"given up: {reply}"
    if state == SendState.UNCERTAIN and uncertain == "resend":
        again = True
        state = SendState.QUEUED if result.claim.maybe + 1 < MOST_TRIES else SendState.FAILED
    return _Said(
        state=state,
        # What SQLite joins to a text ends at a NUL.
        code=result.code.replace("\0", ""),
        reply=reply.replace("\0", ""),
        due=_due(result, now),
        begun=int(result.state != SendState.QUEUED),
        again=int(again),
        unanswered=int(again and not has_died),
        edition=result.claim.edition,
        subscriber=result.claim.subscriber,
    )


def _due(result: Result, now: datetime) -> str:
    if result.state != SendState.DEFERRED:
        return ""
    return stamp(now + min(FIRST_BACKOFF * 3 ** min(result.claim.attempts, 9), LONGEST_BACKOFF))
