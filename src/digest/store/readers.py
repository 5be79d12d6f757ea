"""What a reader's link names -> the subscription, the mail or the picture behind it, read and never written."""

import json
from dataclasses import dataclass

from digest.core import address
from digest.store._database import Store

_BY_NUMBER = """
SELECT id AS number, job, email, state, topics, language, paused_until, changed FROM subscribers
WHERE id = ? AND state <> 'erased'
"""
# A mail whose answer is not settled yet may be open in its reader's hands.
_MAIL = """
SELECT variant, message_id FROM sends
WHERE edition = ? AND subscriber = ? AND (state IN ('sent', 'sending', 'uncertain') OR maybe)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One person's subscription of one job, as the person's own pages need it."""

    number: int
    """What links call it."""
    job: str
    email: str
    state: str
    topics: tuple[str, ...]
    """What the reader chose; empty for everything."""
    language: str
    paused_until: str
    """UTC, ISO 8601; empty without a pause."""
    changed: str
    """UTC, ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """One mail that left for a reader."""

    variant: str
    message_id: str


def subscription(store: Store, number: int) -> Subscription | None:
    """The subscription that links call by this number."""
    rows = store.rows(_BY_NUMBER, (number,))
    return Subscription(**dict(rows[0]) | {"topics": tuple(json.loads(rows[0]["topics"]))}) if rows else None


def number(store: Store, job: str, email: str) -> int | None:
    """What links call somebody's subscription of a job."""
    rows = store.rows("SELECT id FROM subscribers WHERE job = ? AND address = ?", (job, address.folded(email)))
    return int(rows[0][0]) if rows else None


def mail(store: Store, edition: str, subscriber: int) -> SentMail | None:
    """The mail of an edition that left for a subscriber."""
    rows = store.rows(_MAIL, (edition, subscriber))
    return SentMail(**dict(rows[0])) if rows else None


def picture(store: Store, sha256: str) -> bytes | None:
    """A stored JPEG by its hash."""
    rows = store.rows("SELECT data FROM images WHERE hash = ?", (sha256,))
    return bytes(rows[0][0]) if rows else None


def answers(store: Store) -> bool:
    """Whether the database can be read; an error says more."""
    return bool(store.rows("SELECT count(*) >= 0 FROM jobs")[0][0])
