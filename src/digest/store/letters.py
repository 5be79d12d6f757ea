"""Mails to one reader, such as the one that asks to confirm a sign-up: letters of one kind and moment are one edition.

So they have the ledger, the retries and the report of any other mail. Their job's name has a dot in it, which no
newsletter's job has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.store import _seal
from digest.store._database import Store, stamp
from digest.store.editions import LIFETIME, Body

_OPEN = """
INSERT OR IGNORE INTO editions (id, job, slot, revision, number, state, reason, detail, run, composed, subject, content,
  unsubscribe, return_path, expires, site, addressed)
VALUES (:id, :job, :slot, 1, 1, 'sent', '', '', '', :composed, :subject, '{}', :unsubscribe, :return_path, :expires,
  :site, :addressed)
"""
# From the few editions to their rows: a table of all mails has no index of whom they went to.
_DUE = {
    # Once a day at most, however often somebody asks for it.
    "pending": """
subscribers.state = 'pending' AND NOT EXISTS (
  SELECT 1 FROM editions CROSS JOIN sends ON sends.edition = editions.id AND sends.subscriber = subscribers.id
  WHERE editions.addressed = 'pending' AND substr(editions.composed, 1, 10) >= substr(subscribers.changed, 1, 10))
""",
    "active": """
subscribers.state = 'active' AND NOT EXISTS (
  SELECT 1 FROM editions CROSS JOIN sends ON sends.edition = editions.id AND sends.subscriber = subscribers.id
  WHERE editions.job = subscribers.job || '.welcome')
AND EXISTS (SELECT 1 FROM consents WHERE consents.subscriber = subscribers.id AND how = 'form' AND confirmed >= :since)
""",
}
"""The state of a subscription -> when it is owed a letter."""
_OWED = "SELECT id, job, email, language FROM subscribers WHERE job = :job AND {} ORDER BY id LIMIT :most"
# What was stopped by a person stays stopped: nothing more is queued in it.
_QUEUE = """
INSERT OR IGNORE INTO sends
  (edition, subscriber, email, variant, message_id, state, attempts, due, run, place, code, reply, at, maybe)
SELECT :edition, id, email, '', :message_id, 'queued', 0, '', '', 0, '', '', '', 0 FROM subscribers
WHERE id = :subscriber AND {}
AND (SELECT state FROM editions WHERE id = :edition) IN ('sending', 'sent', 'partial', 'expired')
"""
_COUNT = """
UPDATE editions SET recipients = recipients + :queued, state = 'sending' WHERE id = :edition AND :queued > 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Somebody to write to."""

    subscriber: int
    job: str
    email: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The letters of some minutes of one kind, job and language: what is frozen once."""

    edition: str
    job: str
    """With the kind behind a dot, such as `daily.confirm`."""
    composed: datetime
    subject: str
    unsubscribe: str
    return_path: str
    site: str
    addressed: str
    """The state of the subscriptions that they go to, `pending` or `active`."""
    body: Body


def owed(store: Store, job: str, addressed: str, since: datetime, most: int) -> tuple[Addressee, ...]:
    """Who waits for a letter: `pending` ones to be asked, `active` ones who confirmed since then to be welcomed."""
    rows = store.rows(_OWED.format(_DUE[addressed]), {"job": job, "since": stamp(since), "most": most})
    return tuple(
        Addressee(subscriber=row["id"], job=row["job"], email=row["email"], language=row["language"]) for row in rows
    )


def has(store: Store, edition: str) -> bool:
    """Whether these letters are frozen."""
    return bool(store.rows("SELECT 1 FROM editions WHERE id = ?", (edition,)))


def freeze(store: Store, letter: Letter) -> None:
    """Keep what letters say; the first to do so decides."""
    body = letter.body
    with store.writing() as connection:
        named = {
            "id": letter.edition,
            "job": letter.job,
            # More than one language may have letters of a moment.
            "slot": letter.edition.removeprefix(f"{letter.job}-"),
            "composed": stamp(letter.composed),
            "expires": stamp(letter.composed + LIFETIME),
            "subject": letter.subject,
            "unsubscribe": letter.unsubscribe,
            "return_path": letter.return_path,
            "site": letter.site,
            "addressed": letter.addressed,
        }
        if connection.execute(_OPEN, named).rowcount:
            connection.execute(
                "INSERT INTO bodies VALUES (?, ?, ?, ?)", (letter.edition, body.variant, body.mark, body.data)
            )
            _seal.put(connection, letter.edition)


def queue(store: Store, edition: str, addressed: str, since: datetime, whom: Mapping[Addressee, str]) -> int:
    """Queue a letter for each who is still owed one, with its Message-ID; how many."""
    statement, queued = _QUEUE.format(_DUE[addressed]), 0
    with store.writing() as connection:
        for each, message_id in whom.items():
            named = {"edition": edition, "subscriber": each.subscriber, "message_id": message_id, "since": stamp(since)}
            queued += connection.execute(statement, named).rowcount
        connection.execute(_COUNT, {"edition": edition, "queued": queued})
    return queued
