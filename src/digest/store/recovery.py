"""What runs that died left open, and what nobody knows -> settled rows."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from digest.core import runfile
from digest.core.mail import Claim, Result, SendState
from digest.core.runfile import Phase
from digest.store import _outcome
from digest.store._database import Store, stamp

_DIED = "the sending process died"
_SAYS: Mapping[Phase, tuple[SendState, str]] = {
    Phase.NOT_BEGUN: (SendState.QUEUED, ""),
    Phase.LEAVING: (SendState.UNCERTAIN, f"{_DIED} before it could say whether this left"),
    Phase.SENT: (SendState.SENT, f"taken; {_DIED} before it wrote the reply down"),
    Phase.DEFERRED: (SendState.DEFERRED, f"not taken for now; {_DIED} before it wrote the reply down"),
    Phase.REFUSED: (SendState.FAILED, f"refused; {_DIED} before it wrote the reply down"),
}
_LEFT = "SELECT edition, subscriber, place, attempts FROM sends WHERE state = 'sending' AND run = ?"
_RESEND = """
UPDATE sends SET state = 'queued', due = '', maybe = max(maybe, 1)
WHERE state = 'uncertain' AND maybe < :most AND edition IN (
  SELECT id FROM editions WHERE state IN ('sending', 'sent', 'partial') AND expires > :now)
"""
_DROP = "UPDATE sends SET state = 'failed', reply = 'given up: ' || reply WHERE state = 'uncertain'"
_REOPEN = """
UPDATE editions SET state = 'sending' WHERE state IN ('sent', 'partial')
AND EXISTS (SELECT 1 FROM sends WHERE edition = editions.id AND state IN ('queued', 'deferred') AND maybe)
AND expires > :now
"""


def recover(store: Store, uncertain: str, now: datetime) -> Mapping[str, int]:
    """Settle what dead runs left open by what their run files say; state -> how many came into it.

    Rows of a run whose lock is held are never touched. `uncertain` is the policy for what nobody can know, and by
    `resend` and `drop` also what earlier runs left unknown is settled.
    """
    runs = runfile.folder(store.path)
    left = {row[0] for row in store.rows("SELECT DISTINCT run FROM sends WHERE state = 'sending'")}
    settled = Counter[str]()
    for run in sorted(left | set(runfile.listed(runs))):
        with runfile.taken_over(runs, run) as leftover:
            if leftover and run in left:
                settled.update(_settle(store, run, leftover, uncertain, now))
    _apply(store, uncertain, now)
    return settled


def _settle(store: Store, run: str, leftover: runfile.Leftover, uncertain: str, now: datetime) -> Mapping[str, int]:
    with store.writing() as connection:
        rows = connection.execute(_LEFT, (run,)).fetchall()
        results = [_result(row, leftover) for row in rows]
        settled = _outcome.settle(connection, run, results, uncertain, now, has_died=True)
        for edition in {row["edition"] for row in rows}:
            _outcome.end(connection, edition, now)
    return settled


def _result(row: sqlite3.Row, leftover: runfile.Leftover) -> Result:
    state, reply = _SAYS[leftover.phase(row["place"])]
    claim = Claim(
        edition=row["edition"], subscriber=row["subscriber"], email="", message_id="", attempts=row["attempts"]
    )
    return Result(claim=claim, state=state, code="", reply=reply)


def _apply(store: Store, uncertain: str, now: datetime) -> None:
    """The policy, on what was left unknown under another one."""
    if uncertain == "hold" or not store.rows("SELECT 1 FROM sends WHERE state = 'uncertain' LIMIT 1"):
        return
    with store.writing() as connection:
        if uncertain == "drop":
            connection.execute(_DROP)
            return
        connection.execute(_RESEND, {"most": _outcome.MOST_TRIES, "now": stamp(now)})
        connection.execute(_REOPEN, {"now": stamp(now)})
