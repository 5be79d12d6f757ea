"""What was composed: one edition a job, slot and revision, with its frozen content, mails and audience."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from digest.core import runfile
from digest.core.mail import EditionState
from digest.core.model import Issue
from digest.store import _seal, carried
from digest.store._database import Store, moment, stamp
from digest.store.audience import Audience, Values, plan

REPEATED = ("no-source", "error")  # composed anew by each due run until the next slot

LIFETIME = timedelta(hours=48)
"""A digest that could not be delivered so long is stale."""

_EDITIONS = "SELECT * FROM editions "

# What an edition waited for outlives a change of it that was interrupted.
_BEGIN = """
INSERT INTO editions
  (id, job, slot, revision, number, state, reason, detail, run, composed, subject, content, unsubscribe)
VALUES (:id, :job, :slot, :revision, :number, 'composing', '', '', :run, :composed, '', '', '')
ON CONFLICT (id) DO UPDATE
SET state = 'composing', detail = '', run = :run, composed = :composed, number = :number,
  reason = iif(state = 'composing', reason, ''), release = iif(state = 'composing', release, '')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One edition as it is remembered."""

    id: str
    job: str
    slot: str
    revision: int
    number: int
    state: EditionState
    reason: str
    """Why it is held, such as `no-source` or `check`; empty in other states."""
    detail: str
    """The reason in one line for people."""
    run: str
    composed: datetime
    subject: str
    content: str
    """edition.json."""
    unsubscribe: str
    """The address that its readers write to in order to leave."""
    return_path: str
    """The envelope sender of its mails."""
    recipients: int
    expires: str
    """UTC, ISO 8601: what is not delivered by then never is; empty before it is frozen."""
    release: str
    """UTC, ISO 8601: when an edition under review is sent unless somebody holds it; else empty."""
    site: str
    """Where the links of its mails lead; empty when it was frozen without a site."""
    addressed: str
    """The state of the subscriptions that its mails go to: `active`, or `pending` for letters that ask to confirm."""

    @property
    def is_letter(self) -> bool:
        """Whether it is letters to single readers, whose job has a dot in its name."""
        return "." in self.job


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A variant's mail before the recipient's values are put in."""

    variant: str
    mark: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a frozen edition waits for before it is sent; nothing in the state `sending`."""

    state: EditionState
    reason: str = ""
    """Why it is held."""
    until: datetime | None = None
    """When an edition under review is sent by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """All that is frozen with an edition before the first mail leaves."""

    waiting: Waiting
    detail: str
    """What checks found that hold an edition, also when a person sends it all the same."""
    subject: str
    content: str
    """edition.json."""
    unsubscribe: str
    return_path: str
    bodies: Sequence[Body]
    audience: Audience
    values: Values
    site: str = ""
    carried: Sequence[str]
    """Ids of all articles behind its stories, in the order of the content."""


def of_slot(store: Store, job: str, slot: str) -> Record | None:
    """The newest revision of a job's slot."""
    found = _records(store, "WHERE job = ? AND slot = ? ORDER BY revision DESC LIMIT 1", (job, slot))
    return found[0] if found else None


def get(store: Store, edition: str) -> Record | None:
    """An edition by its id."""
    found = _records(store, "WHERE id = ?", (edition,))
    return found[0] if found else None


def under_review(store: Store) -> tuple[Record, ...]:
    """Editions that wait for editors and may still be changed."""
    return _records(
        store, "WHERE state = 'ready' OR (state = 'held' AND reason IN ('review', 'person')) ORDER BY composed, id", ()
    )


def listed(store: Store) -> tuple[Record, ...]:
    """Every edition, oldest first."""
    return _records(store, "ORDER BY composed, id", ())


def unfinished(store: Store) -> tuple[Record, ...]:
    """Editions whose mails are on their way."""
    return _records(store, "WHERE state = 'sending' ORDER BY composed, id", ())


def revisions(store: Store, job: str, slot: str) -> tuple[Record, ...]:
    """Every revision of a job's slot, oldest first."""
    return _records(store, "WHERE job = ? AND slot = ? ORDER BY revision", (job, slot))


def edition_id(job: str, slot: str, revision: int = 1) -> str:
    """The id of a slot's edition, such as `daily-2026-11-23T0700`; revision 2 adds `.2`."""
    return f"{job}-{slot.replace(':', '')}" + (f".{revision}" if revision > 1 else "")


def is_open(store: Store, record: Record) -> bool:
    """Whether the edition may be composed anew: skipped, held for a passing reason, or its composing run is dead."""
    if record.state == EditionState.COMPOSING:
        return not runfile.lives(runfile.folder(store.path), record.run)
    return record.state == EditionState.SKIPPED or (record.state == EditionState.HELD and record.reason in REPEATED)


def begin(store: Store, issue: Issue, run: str) -> bool:
    """Take a slot in order to compose its edition; False while another living run does, or when it was composed."""
    with store.writing() as connection:
        known = get(store, issue.id)
        if known and not is_open(store, known):
            return False
        connection.execute(_BEGIN, asdict(issue) | {"run": run, "composed": stamp(issue.composed)})
    return True


def close(store: Store, edition: str, state: EditionState, reason: str, detail: str) -> None:
    """End a composition without mails: held with a reason, or skipped; what was stopped meanwhile stays stopped."""
    with store.writing() as connection:
        connection.execute(
            "UPDATE editions SET state = ?, reason = ?, detail = ? WHERE id = ? AND state = 'composing'",
            (state, reason, detail, edition),
        )


def freeze(store: Store, edition: str, made: Composition) -> bool:
    """Keep all that will be sent and to whom, in one transaction; from here on a retry is byte-identical.

    False when it is not being composed any more: somebody stopped it.
    """
    waiting = made.waiting
    with store.writing() as connection:
        known = get(store, edition)
        if known is None or known.state != EditionState.COMPOSING:
            return False
        planned = plan(connection, edition, made.audience, made.values)
        connection.execute(
            "UPDATE editions SET state = ?, reason = ?, detail = ?, subject = ?, content = ?, unsubscribe = ?, "
            "return_path = ?, recipients = ?, expires = ?, release = ?, site = ? WHERE id = ?",
            (
                *(waiting.state, waiting.reason, made.detail, made.subject, made.content, made.unsubscribe),
                *(made.return_path, planned, stamp((waiting.until or known.composed) + LIFETIME)),
                *(stamp(waiting.until) if waiting.until else "", made.site, edition),
            ),
        )
        bodies = [(edition, body.variant, body.mark, body.data) for body in made.bodies]
        connection.executemany("INSERT OR REPLACE INTO bodies VALUES (?, ?, ?, ?)", bodies)
        carried.put(connection, edition, made.content, made.carried)
        _seal.put(connection, edition)
    return True


def bodies(store: Store, edition: str) -> Mapping[str, Body]:
    """Variant -> its frozen mail; StoreError when it is not what was frozen."""
    _seal.check(store, edition)
    rows = store.rows("SELECT variant, mark, data FROM bodies WHERE edition = ?", (edition,))
    return {row["variant"]: Body(variant=row["variant"], mark=row["mark"], data=row["data"]) for row in rows}


def next_number(store: Store, job: str) -> int:
    """The number of the job's next edition: its finished ones and one."""
    rows = store.rows("SELECT count(*) FROM editions WHERE job = ? AND state IN ('sent', 'partial')", (job,))
    return 1 + int(rows[0][0])


def last_sent(store: Store, job: str, apart: Sequence[str] = ()) -> datetime | None:
    """When the job's last finished edition was composed (UTC), some editions apart."""
    rows = store.rows(
        "SELECT max(composed) FROM editions WHERE job = ? AND state IN ('sent', 'partial') "
        "AND id NOT IN (SELECT value FROM json_each(?))",
        (job, json.dumps(apart)),
    )
    return moment(rows[0][0]) if rows[0][0] else None


def known_since(store: Store, job: str, now: datetime) -> datetime:
    """When a bare `send` first read this job: earlier slots are due only when the job is named."""
    with store.writing() as connection:
        connection.execute("INSERT OR IGNORE INTO jobs VALUES (?, ?)", (job, stamp(now)))
    return moment(store.rows("SELECT known_since FROM jobs WHERE name = ?", (job,))[0][0])


def _records(store: Store, rest: str, values: Sequence[str]) -> tuple[Record, ...]:
    rows = store.rows(_EDITIONS + rest, values)
    return tuple(_record(row) for row in rows)


def _record(row: sqlite3.Row) -> Record:
    changed = {"state": EditionState(row["state"]), "composed": moment(row["composed"])}
    columns = dict(row) | changed
    del columns["seal"]
    return Record(**columns)
