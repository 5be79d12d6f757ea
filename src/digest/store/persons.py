"""An address -> all that is known about the person, whom a newsletter must be able to answer."""

import json
from dataclasses import dataclass
from typing import Any

from digest.core import address
from digest.store import consents
from digest.store._database import Store
from digest.store._jobs import jobs
from digest.store.consents import Consent
from digest.store.feedback import Kept
from digest.store.suppressions import Tag

_SUBSCRIPTIONS = """
SELECT id, job, email, name, state, source, created, changed, topics, language, timezone, paused_until
FROM subscribers WHERE job IN (SELECT value FROM json_each(:jobs))
AND (address = :address OR address BETWEEN :tag || '.' AND :tag || '/')
ORDER BY job, id
"""
_REPORTS = """
SELECT at, kind, status, reason, effect, coalesce(edition, '') AS edition FROM feedback WHERE address = ? ORDER BY at
"""
_MAILS = """
SELECT edition, sends.email, sends.state, code, reply, at, attempts, message_id, maybe FROM sends
JOIN editions ON editions.id = edition WHERE subscriber = ? AND edition IN (SELECT id FROM editions) ORDER BY composed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What became of one mail."""

    edition: str
    email: str
    """Empty after an erasure."""
    state: str
    code: str
    reply: str
    at: str
    """UTC, ISO 8601, as all moments here."""
    attempts: int
    message_id: str
    maybe: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription with its proofs and mails."""

    job: str
    email: str
    name: str
    state: str
    source: str
    created: str
    changed: str
    topics: tuple[str, ...]
    language: str
    timezone: str
    paused_until: str
    consents: tuple[Consent, ...]
    mails: tuple[Mail, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Why nobody may mail the address."""

    reason: str
    detail: str
    edition: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All that is known; the fields are those of `subscribers show --json`."""

    email: str
    subscriptions: tuple[Subscription, ...]
    suppression: Suppression | None
    requests: tuple[str, ...]
    """When a subscription was asked for with this address and not confirmed."""
    reports: tuple[Kept, ...]
    """What came back of the mails: bounces, complaints, wishes to leave."""

    @property
    def is_known(self) -> bool:
        """Whether anything is."""
        return bool(self.subscriptions or self.suppression or self.requests or self.reports)


def known(store: Store, tag: Tag, email: str) -> Person:
    """All that is known under an address, what its tag still finds after an erasure included."""
    asked = {"address": address.folded(email), "tag": tag(address.folded(email)), "jobs": jobs(store.connection)}
    barred = store.rows("SELECT reason, detail, edition, at FROM suppressions WHERE tag = :tag", asked)
    requests = store.rows("SELECT at FROM requests WHERE address = :tag ORDER BY at", asked)
    return Person(
        email=email,
        subscriptions=tuple(_subscription(store, dict(row)) for row in store.rows(_SUBSCRIPTIONS, asked)),
        suppression=Suppression(**dict(barred[0])) if barred else None,
        requests=tuple(row["at"] for row in requests),
        reports=tuple(Kept(**dict(row)) for row in store.rows(_REPORTS, (asked["tag"],))),
    )


def _subscription(store: Store, row: dict[str, Any]) -> Subscription:
    number = row.pop("id")
    mails = tuple(Mail(**dict(each)) for each in store.rows(_MAILS, (number,)))
    kept = {"topics": tuple(json.loads(row["topics"])), "consents": consents.of(store, number), "mails": mails}
    return Subscription(**row | kept)
