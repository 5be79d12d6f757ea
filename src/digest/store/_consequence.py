"""A letter that proves something -> what follows for the address, in the caller's transaction."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from digest.core import address, log
from digest.store import consents
from digest.store._database import moment, stamp
from digest.store._jobs import jobs

SOFT_DAYS: Final = 5
"""Mails of so many days have to fail softly before an address is suppressed, ..."""
SOFT_SPAN: Final = timedelta(days=7)
"""... the last of them so long after the first, and none between may have arrived."""
_ARRIVED = timedelta(days=6)
"""What nobody reported for so long has arrived: servers give up after five days (RFC 5321 4.5.4.1)."""
_OLD = timedelta(days=30)
"""A report on a mail that left longer ago changes nothing (facts/trust.md E13)."""

_SUBSCRIPTIONS = """
SELECT '' AS edition, id AS subscriber, job, email, '' AS mailed FROM subscribers
WHERE job IN (SELECT value FROM json_each(?)) AND address = ?
"""
_KEEP = "INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?)"
# Since the last mail that arrived, and since the subscription last changed: whoever comes back begins anew.
_STREAK = """
WITH failed AS (
  SELECT mailed FROM feedback JOIN subscribers ON subscribers.id = subscriber
  WHERE feedback.address = :tag AND kind = 'soft' AND effect = 'counted' AND mailed >= subscribers.changed),
arrived AS (
  SELECT coalesce(max(at), '') AS last FROM sends
  WHERE edition IN (SELECT id FROM editions)
  AND subscriber IN (SELECT subscriber FROM feedback WHERE address = :tag)
  AND state = 'sent' AND at < :arrived AND NOT EXISTS
    (SELECT 1 FROM feedback WHERE feedback.edition = sends.edition AND feedback.subscriber = sends.subscriber))
SELECT count(DISTINCT substr(mailed, 1, 10)) AS days, coalesce(min(mailed), '') AS first,
  coalesce(max(mailed), '') AS last
FROM failed, arrived WHERE mailed > arrived.last
"""
# A complaint weighs more than a bounce, and nothing more than an erasure.
_SUPPRESS = """
INSERT INTO suppressions VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tag) DO UPDATE SET
  reason = excluded.reason, detail = excluded.detail, edition = excluded.edition, at = excluded.at
WHERE excluded.reason = 'complained' AND suppressions.reason IN ('bounced', 'unsubscribed')
"""
_END = """
UPDATE subscribers SET state = :state, changed = :now, paused_until = ''
WHERE id IN (SELECT value FROM json_each(:ids)) AND state IN (SELECT value FROM json_each(:states))
"""


class Effect(StrEnum):
    """What a report changed."""

    SUPPRESSED = "suppressed"
    COUNTED = "counted"
    """One of the soft bounces that suppress an address together."""
    LEFT = "left"
    KEPT = "kept"
    """Nothing: too old, known before, or it says nothing of the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a letter is about."""

    edition: str
    """Empty when it is about no mail."""
    subscriber: int
    job: str
    email: str
    """As it was mailed; empty after an erasure."""
    mailed: str
    """When the mail left, UTC, ISO 8601; empty without an edition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a letter proves."""

    letter: str
    kind: str
    """`hard`, `soft`, `complaint` or `unsubscribe`."""
    status: str
    reason: str
    about: Recipient
    is_policy: bool = False
    """Whether the mail or its sender was refused, which says nothing of the address."""


def said(status: str, reason: str) -> str:
    """Status and reason as one line, the status once."""
    return reason if status and status in reason else f"{status} {reason}".strip()


def subscriptions(connection: sqlite3.Connection, email: str) -> tuple[Recipient, ...]:
    """An address's subscriptions, whatever their state."""
    rows = connection.execute(_SUBSCRIPTIONS, (jobs(connection), address.folded(email)))
    return tuple(map(recipient, rows))


def recipient(row: sqlite3.Row) -> Recipient:
    """A row with these columns as a value."""
    return Recipient(**{name: row[name] for name in Recipient.__slots__})


def follow(connection: sqlite3.Connection, tag: str, report: Report, now: datetime) -> Effect:
    """Keep a report and do what follows; what that was. `tag`: of the address."""
    about, reason = report.about, log.anonymous(report.reason)
    effect = _first_effect(connection, report, now)
    values = (report.letter, stamp(now), report.kind, report.status, reason, effect, about.edition)
    connection.execute(_KEEP, (*values, about.subscriber, tag, about.mailed))
    detail = said(report.status, reason)
    if effect == Effect.COUNTED and (often := _is_too_often(connection, tag, now)):
        effect, detail = Effect.SUPPRESSED, f"{often}, the last: {detail}"
    if effect == Effect.SUPPRESSED:
        why = "complained" if report.kind == "complaint" else "bounced"
        new = connection.execute(_SUPPRESS, (tag, why, detail, about.edition, stamp(now))).rowcount
        ended = _end(connection, about, why, now)
        effect = effect if new or ended else Effect.KEPT
    elif effect == Effect.LEFT:
        _end(connection, about, "unsubscribed", now)
    connection.execute("UPDATE feedback SET effect = ? WHERE letter = ?", (effect, report.letter))
    return effect


def _first_effect(connection: sqlite3.Connection, report: Report, now: datetime) -> Effect:
    """What a report does by itself."""
    if report.kind in ("complaint", "unsubscribe"):
        return Effect.SUPPRESSED if report.kind == "complaint" else Effect.LEFT
    asked = "SELECT changed FROM subscribers WHERE id = ?"
    changed = connection.execute(asked, (report.about.subscriber,)).fetchone()["changed"]
    mailed_at = report.about.mailed
    # Whoever came back, or was taken in again, did so after that mail.
    if mailed_at < max(changed, stamp(now - _OLD)) or report.is_policy:
        return Effect.KEPT
    return Effect.SUPPRESSED if report.kind == "hard" else Effect.COUNTED


def _is_too_often(connection: sqlite3.Connection, tag: str, now: datetime) -> str:
    """How often mails to an address have failed softly, in words, when that is enough; else nothing."""
    found = connection.execute(_STREAK, {"tag": tag, "arrived": stamp(now - _ARRIVED)}).fetchone()
    if found["days"] < SOFT_DAYS or moment(found["last"]) - moment(found["first"]) < SOFT_SPAN:
        return ""
    return f"failed on {found['days']} days since {found['first'][:10]}"


def _end(connection: sqlite3.Connection, about: Recipient, state: str, now: datetime) -> int:
    """End the subscription, or each of the address when it complained; how many."""
    ids, states = [about.subscriber], ["active", "pending"]
    if state == "complained":
        ids = sorted({about.subscriber, *(each.subscriber for each in subscriptions(connection, about.email))})
        states.append("bounced")
    named = {"state": state, "now": stamp(now), "ids": json.dumps(ids), "states": json.dumps(states)}
    ended = connection.execute(_END, named).rowcount
    if ended and state != "bounced":  # whoever cannot be reached has withdrawn nothing
        consents.withdraw(connection, ids, "complaint" if state == "complained" else "mail", now)
    return ended
