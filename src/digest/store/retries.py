"""Second tries that a person asks for, and uncertain mails that a relay's log settles."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.core import address
from digest.core.errors import UsageError
from digest.store import _outcome, editions
from digest.store._database import Store, stamp
from digest.store.editions import LIFETIME
from digest.store.suppressions import Tag

RETRIED = ("deferred", "expired", "failed", "uncertain")

_RETRY = """
UPDATE sends SET state = 'queued', due = '', maybe = iif(state = 'uncertain', 1, maybe)
WHERE edition = :edition AND state IN (SELECT value FROM json_each(:states))
AND (:emails = '[]' OR lower(email) IN (SELECT value FROM json_each(:emails)))
"""
_BOUNCED = """
SELECT subscriber, email FROM sends WHERE edition = :edition AND state = 'failed' AND state IN
(SELECT value FROM json_each(:states)) AND (:emails = '[]' OR lower(email) IN (SELECT value FROM json_each(:emails)))
"""
# What a person stopped stays stopped.
_SENT = "SELECT 1 FROM editions WHERE id = ? AND state IN ('sending', 'sent', 'partial', 'expired')"
_REOPEN = """
UPDATE editions SET state = 'sending', expires = max(expires, :expires)
WHERE id = :edition AND state IN ('sending', 'sent', 'partial', 'expired')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a relay's log said of an edition's uncertain mails."""

    edition: str
    sent: int
    queued: int
    unknown: int
    """Not in the log, which is not whole: still uncertain."""
    fresh: int
    """Not in the log, but so fresh that the relay may still write them down: still uncertain."""
    missing: int
    """Mails that were sent and are not in the log."""


def retry(store: Store, tag: Tag, edition: str, states: Collection[str], emails: Collection[str], now: datetime) -> int:
    """Queue the rows in these states again, of some addresses or all; how many. A failed address is given a chance.

    None of an edition that was not sent, or was stopped.
    """
    asked = {
        "edition": edition,
        "states": json.dumps(sorted(states)),
        "emails": json.dumps([address.folded(email) for email in emails]),
    }
    if not editions.bodies(store, edition):
        raise UsageError(f"{edition}: its mails were pruned; `digest send JOB --again` composes them anew")
    with store.writing() as connection:
        if not connection.execute(_SENT, (edition,)).fetchone():
            return 0
        _forgive(connection, tag, asked, now)
        queued = connection.execute(_RETRY, asked).rowcount
        if queued:
            connection.execute(_REOPEN, {"edition": edition, "expires": stamp(now + LIFETIME)})
    return queued


def uncertain(store: Store) -> Mapping[str, tuple[str, ...]]:
    """Edition -> the Message-IDs of its mails of which nobody knows whether they were taken."""
    found: dict[str, list[str]] = {}
    for row in store.rows("SELECT edition, message_id FROM sends WHERE state = 'uncertain' ORDER BY edition"):
        found.setdefault(row[0], []).append(row[1])
    return {edition: tuple(ids) for edition, ids in found.items()}


def resolve(
    store: Store, taken: Collection[str], now: datetime, age: timedelta = timedelta(0), *, dry_run: bool
) -> Iterator[Resolved]:
    """Settle uncertain mails by what a relay took: sent, or queued again if the log names all that were sent.

    What has been uncertain for less than `age` is not queued: the relay may still write it down.
    """
    for edition, ids in uncertain(store).items():
        rows = store.connection.execute("SELECT message_id FROM sends WHERE edition = ? AND state = 'sent'", (edition,))
        named = [row[0] in taken for row in rows]
        missing = named.count(False)
        known = [name for name in ids if name in taken]
        others = [name for name in ids if name not in taken]
        # A log that lacks one mail that was sent may lack these too: asking twice is better than mailing twice.
        whole = others if not missing and (named or known) else []
        settled = sorted(set(whole) - _fresh(store, edition, now - age))
        is_sent = bool(store.rows(_SENT, (edition,)))
        if not dry_run:
            _settle(store, edition, known, settled, now)
        yield Resolved(
            edition=edition,
            sent=len(known),
            queued=len(settled) if is_sent else 0,
            unknown=len(others) - len(whole),
            fresh=len(whole) - len(settled),
            missing=missing,
        )


def _fresh(store: Store, edition: str, since: datetime) -> set[str]:
    """The Message-IDs of mails that are uncertain since then."""
    rows = store.rows(
        "SELECT message_id FROM sends WHERE edition = ? AND state = 'uncertain' AND at > ?", (edition, stamp(since))
    )
    return {row[0] for row in rows}


def _settle(store: Store, edition: str, known: Sequence[str], queued: Sequence[str], now: datetime) -> None:
    with store.writing() as connection:
        for state, reply, names in (("sent", "the relay's log has it", known), ("queued", "", queued)):
            connection.execute(
                "UPDATE sends SET state = ?, reply = ?, due = '', at = ? WHERE edition = ? AND state = 'uncertain' "
                "AND message_id IN (SELECT value FROM json_each(?))",
                (state, reply, stamp(now), edition, json.dumps(names)),
            )
        # Its state follows its rows when it is sent on; if nothing is left to send it is finished at once.
        connection.execute(_REOPEN, {"edition": edition, "expires": stamp(now + LIFETIME) if queued else ""})
        _outcome.end(connection, edition, now)


def _forgive(connection: sqlite3.Connection, tag: Tag, asked: Mapping[str, str], now: datetime) -> None:
    """Lift the suppressions that this edition's failures made."""
    rows = connection.execute(_BOUNCED, asked).fetchall()
    connection.executemany(
        "DELETE FROM suppressions WHERE tag = ? AND reason = 'bounced' AND edition = ?",
        [(tag(address.folded(row["email"])), asked["edition"]) for row in rows],
    )
    connection.executemany(
        "UPDATE subscribers SET state = 'active', changed = ? WHERE id = ? AND state = 'bounced'",
        [(stamp(now), row["subscriber"]) for row in rows],
    )
