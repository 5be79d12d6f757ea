"""What came back of our mails: kept with the letter that said it, and what it changes, all in one transaction."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.core import address, runfile
from digest.store import _consequence
from digest.store._consequence import SOFT_DAYS, SOFT_SPAN, Effect, Recipient, Report, follow, recipient, said
from digest.store._database import Store, stamp
from digest.store.suppressions import Tag

__all__ = [
    "SOFT_DAYS",
    "SOFT_SPAN",
    "Effect",
    "Kept",
    "Recipient",
    "Report",
    "editions",
    "everybody",
    "is_known",
    "keep",
    "mailed",
    "mailed_as",
    "of_subscriber",
    "reports_of",
    "said",
    "share",
    "subscriptions",
]

_REMEMBERED = timedelta(days=400)
_PAGE = 5_000

_OF_SUBSCRIBER = """
SELECT edition, sends.subscriber, job, sends.email, at AS mailed FROM sends
JOIN subscribers ON subscribers.id = sends.subscriber
WHERE edition = :edition AND sends.subscriber = :subscriber AND at <> ''
"""
_OF_NAMES = """
SELECT edition, sends.subscriber, job, sends.email, at AS mailed, message_id FROM sends
JOIN subscribers ON subscribers.id = sends.subscriber
WHERE edition = :edition AND message_id IN (SELECT value FROM json_each(:ids)) AND at <> ''
"""
_EVERYBODY = """
SELECT job, address FROM subscribers WHERE (job, address) > (?, ?) AND email <> '' ORDER BY job, address LIMIT ?
"""
_KEPT = "SELECT feedback.at, kind, status, reason, effect, coalesce(edition, '') AS edition"
_REPORTS = f"""{_KEPT}, message_id FROM feedback JOIN sends USING (edition, subscriber)
WHERE edition = ? ORDER BY feedback.at, letter"""
_HEAR = "INSERT OR IGNORE INTO heard VALUES (?, ?)"
# What strangers wrote may be read once more after so long.
_FORGET = "DELETE FROM heard WHERE at < ? AND letter NOT IN (SELECT letter FROM feedback)"
_SHARE = """
SELECT (SELECT count(DISTINCT subscriber) FROM feedback WHERE edition = :edition AND kind IN ('hard', 'soft')),
  (SELECT count(*) FROM sends WHERE edition = :edition AND state = 'sent')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A report as it is kept."""

    at: str
    """When it was read, UTC, ISO 8601."""
    kind: str
    status: str
    reason: str
    """One line, in which no address is whole."""
    effect: str
    edition: str
    """Empty when it is about no mail."""

    @property
    def words(self) -> str:
        """What it says, to stand behind a mail's state."""
        did = {"complaint": "complained later", "unsubscribe": "left by mail"}.get(self.kind, "bounced later")
        return f"{did}: {said(self.status, self.reason) or self.kind}"


def is_known(store: Store, letter: str) -> bool:
    """Whether a letter was read before."""
    return bool(store.rows("SELECT 1 FROM heard WHERE letter = ?", (letter,)))


def editions(store: Store) -> Mapping[str, str]:
    """The id of each edition -> its job."""
    return dict(map(tuple, store.rows("SELECT id, job FROM editions")))


def mailed(store: Store, edition: str, subscriber: int) -> Recipient | None:
    """The recipient of an edition; None when there is none such, or nothing left for him."""
    rows = store.rows(_OF_SUBSCRIBER, {"edition": edition, "subscriber": subscriber})
    return recipient(rows[0]) if rows else None


def mailed_as(store: Store, edition: str, message_ids: Collection[str]) -> Mapping[str, Recipient]:
    """Those of the Message-IDs that mails of an edition have -> their recipients; looks at every mail of it."""
    asked = {"edition": edition, "ids": json.dumps([*message_ids])}
    rows = store.rows(_OF_NAMES, asked)
    return {row["message_id"]: recipient(row) for row in rows}


def subscriptions(store: Store, email: str) -> tuple[Recipient, ...]:
    """An address's subscriptions, whatever their state."""
    return _consequence.subscriptions(store.connection, email)


def everybody(store: Store) -> Iterator[tuple[str, str]]:
    """Job and folded address of each subscription, a page at a time."""
    last = ("", "")
    while rows := store.rows(_EVERYBODY, (*last, _PAGE)):
        found = [(row["job"], row["address"]) for row in rows]
        yield from found
        last = found[-1]


def keep(
    store: Store, tag: Tag, letters: Collection[str], reports: Sequence[Report], now: datetime
) -> Mapping[str, Effect]:
    """Keep that letters were read and what some of them prove, and do what follows; report's letter -> effect.

    A letter that somebody else has read meanwhile has none.
    """
    with store.writing() as connection:
        connection.execute(_FORGET, (stamp(now - _REMEMBERED),))
        fresh = {letter for letter in letters if connection.execute(_HEAR, (letter, stamp(now))).rowcount}
        wanted = [each for each in reports if each.letter in fresh and each.about.email]
        effects = {each.letter: follow(connection, tag(address.folded(each.about.email)), each, now) for each in wanted}
    if {Effect.SUPPRESSED, Effect.LEFT} & {*effects.values()}:
        runfile.changed(runfile.folder(store.path))
    return effects


def reports_of(store: Store, edition: str) -> Mapping[str, Kept]:
    """Message-ID -> what was reported on that mail of an edition, the last where there is more."""
    rows = store.rows(_REPORTS, (edition,))
    return {row["message_id"]: Kept(**{name: row[name] for name in Kept.__slots__}) for row in rows}


def of_subscriber(store: Store, subscriber: int) -> tuple[Kept, ...]:
    """What was reported on a subscription and its mails, oldest first."""
    rows = store.rows(f"{_KEPT} FROM feedback WHERE subscriber = ? ORDER BY at, letter", (subscriber,))
    return tuple(Kept(**dict(row)) for row in rows)


def share(store: Store, edition: str) -> tuple[int, int]:
    """How many of an edition's mails bounced, and how many were sent."""
    bounced, sent = store.rows(_SHARE, {"edition": edition})[0]
    return bounced, sent
