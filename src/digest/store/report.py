"""Who got an edition, who did not and why, and what nobody knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from digest.store._database import Store

_ROWS = """
SELECT email, state, code, reply, attempts, at, message_id, maybe FROM sends WHERE edition = ? ORDER BY subscriber
"""


# What was sent or is being sent comes first, then what at least has recipients; letters to single readers only by name.
_NEWEST = """
SELECT id, composed FROM editions WHERE iif(:job = '', job NOT LIKE '%.%', job = :job)
ORDER BY recipients > 0 AND state NOT IN ('composing', 'held', 'ready') DESC, recipients > 0 DESC,
  composed DESC, id DESC LIMIT 1
"""
_NEWER = """
SELECT id FROM editions WHERE iif(:job = '', job NOT LIKE '%.%', job = :job) AND (composed, id) > (:composed, :id)
ORDER BY composed DESC, id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The edition that a report is about unless one is named."""

    edition: str
    newer: str
    """The newest one, when that has nothing to report yet: skipped, held or being composed; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One recipient's line; the names are those of `report --json`."""

    email: str
    state: str
    code: str
    reply: str
    attempts: int
    at: str
    """UTC, ISO 8601; empty while nothing was tried."""
    message_id: str
    maybe: bool
    """Whether a mail that may have arrived was sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """How many recipients share a state, a code and a domain."""

    state: str
    code: str
    domain: str
    count: int
    example: str
    """What the relay said of one of them."""


def newest(store: Store, job: str = "") -> Newest | None:
    """The newest edition that was sent or is being sent, of a job or of all; one that was not where there is no other.

    None when nothing was composed.
    """
    found = store.rows(_NEWEST, {"job": job})
    if not found:
        return None
    newer = store.rows(_NEWER, {"job": job, "id": found[0]["id"], "composed": found[0]["composed"]})
    return Newest(edition=found[0]["id"], newer=newer[0]["id"] if newer else "")


def counts(store: Store, edition: str) -> Mapping[str, int]:
    """State -> number of recipients."""
    rows = store.rows("SELECT state, count(*) FROM sends WHERE edition = ? GROUP BY state ORDER BY state", (edition,))
    return {row[0]: row[1] for row in rows}


def rows(store: Store, edition: str) -> Iterator[Row]:
    """Every recipient of an edition in the order of the list, one at a time: there may be millions."""
    found = store.connection.execute(_ROWS, (edition,))
    return (Row(**dict(row) | {"maybe": bool(row["maybe"])}) for row in found)


def groups(store: Store, edition: str) -> tuple[Group, ...]:
    """The recipients who did not simply get it, by state, code and domain, the largest group first."""
    found = store.rows(
        "SELECT state, code, substr(email, instr(email, '@') + 1) AS domain, count(*) AS count, max(reply) AS example "
        "FROM sends WHERE edition = ? AND state <> 'sent' GROUP BY 1, 2, 3 ORDER BY count DESC, 1, 2, 3",
        (edition,),
    )
    return tuple(Group(**dict(row)) for row in found)
