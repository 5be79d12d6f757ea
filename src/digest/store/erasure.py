"""A person -> erased from the database's files but for tags and counts; and the sign-ups that nobody answered."""

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from digest.core import address, runfile
from digest.core.child import Child, ChildError, Limits
from digest.store import consents
from digest.store._database import Store, stamp
from digest.store._jobs import jobs
from digest.store.suppressions import Tag

_UNANSWERED, _COUNTED, _TRACED = timedelta(days=7), timedelta(days=90), timedelta(days=365)
"""How long a sign-up waits for its answer, a request counts against limits, and a network stays in a proof."""
_LOOK = Limits(cpu_seconds=600, wall_seconds=1_800)
"""Enough for a database of hundreds of gigabytes."""
# Both as a reader and as one who was forgotten before: a relay's late answer may name the person again.
_SUBSCRIPTIONS = """
SELECT id FROM subscribers WHERE job IN (SELECT value FROM json_each(:jobs))
AND (address = :address OR address BETWEEN :tag || '.' AND :tag || '/')
"""
_MAILS = """
UPDATE sends SET email = '',
  reply = iif(state IN ('queued', 'deferred'), 'to be forgotten before it was sent', without(reply)),
  due = iif(state IN ('queued', 'deferred'), '', due), at = iif(state IN ('queued', 'deferred'), :now, at),
  state = iif(state IN ('queued', 'deferred'), iif(maybe, 'uncertain', 'suppressed'), state)
WHERE subscriber IN (SELECT value FROM json_each(:ids)) AND edition IN (SELECT id FROM editions)
"""
# A text that many agreed to is the newsletter's; what an editor wrote of one consent is the person's.
_WORDS = """
UPDATE wordings SET words = '', hash = 'erased ' || id WHERE id IN
  (SELECT wording FROM consents WHERE how <> 'form' AND subscriber IN (SELECT value FROM json_each(:ids)))
AND NOT EXISTS (SELECT 1 FROM consents WHERE wording = wordings.id
  AND subscriber NOT IN (SELECT value FROM json_each(:ids)))
"""
_PERSON = """
UPDATE subscribers SET state = 'erased', address = :tag || '.' || id, email = '', name = '', topics = '[]',
  language = '', timezone = '', paused_until = '', changed = :now
WHERE id IN (SELECT value FROM json_each(:ids)) AND state <> 'erased'
"""
_BARRED = """
INSERT INTO suppressions VALUES (:tag, 'erased', '', '', :now)
ON CONFLICT (tag) DO UPDATE SET reason = 'erased', detail = '' WHERE reason <> 'complained'
"""
# Texts in which a relay or a person may have named the address.
_TEXTS = (
    "UPDATE suppressions SET detail = without(detail) WHERE instr(lower(detail), :address)",
    "UPDATE editions SET detail = without(detail) WHERE instr(lower(detail), :address)",
    "UPDATE wordings SET words = without(words) WHERE instr(lower(words), :address)",
)

_NAMED = "SELECT DISTINCT address FROM subscribers WHERE state <> 'erased'"
# Who was a reader before has left, and is remembered for that; of the others nothing is kept.
_LAPSED = """
UPDATE subscribers SET state = 'unsubscribed' WHERE state = 'pending' AND changed < :before AND EXISTS
  (SELECT 1 FROM consents WHERE subscriber = subscribers.id AND (how <> 'form' OR confirmed <> '' OR withdrawn <> ''))
"""
_NAMELESS = """
UPDATE sends SET email = '' WHERE edition IN (SELECT id FROM editions)
AND subscriber IN (SELECT id FROM subscribers WHERE state = 'pending' AND changed < :before)
"""
_EMPTIED = """
UPDATE subscribers SET state = 'erased', address = 'unanswered.' || id, email = '', name = '', topics = '[]'
WHERE state = 'pending' AND changed < :before AND EXISTS
  (SELECT 1 FROM sends WHERE edition IN (SELECT id FROM editions) AND subscriber = subscribers.id)
"""
_DROPPED = "DELETE FROM subscribers WHERE state = 'pending' AND changed < :before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was erased."""

    subscriptions: int
    mails: int
    """Rows of the ledger that stay without their address."""
    is_wiped: bool
    """Whether no byte of the address is left in the database's files; else another process still reads old pages."""


def forget(store: Store, tag: Tag, email: str, now: datetime) -> Forgotten:
    """Erase a person, have nobody mail the address again, and leave no byte of it in the database's files.

    What stays: tags, which only the key's owner can make, and of each mail its edition, state and Message-ID.
    Backups and copies beside the database are not touched.
    """
    folded = address.folded(email)
    named = {"address": folded, "tag": tag(folded), "now": stamp(now)}
    store.connection.create_function("without", 1, _without(folded), deterministic=True)
    with _securely(store), store.writing() as connection:
        ids = [row[0] for row in connection.execute(_SUBSCRIPTIONS, named | {"jobs": jobs(connection)})]
        mails = _erase(connection, named | {"ids": json.dumps(ids)}, ids, now)
        persons = connection.execute(_PERSON, named | {"ids": json.dumps(ids)}).rowcount
    runfile.changed(runfile.folder(store.path))
    return Forgotten(subscriptions=persons, mails=mails, is_wiped=_wipe(store, folded))


def repeat(store: Store, tag: Tag, now: datetime) -> int:
    """Forget again whom a restored backup brought back; how many. Whose suppression says `erased` is meant."""
    erased = {row[0] for row in store.rows("SELECT tag FROM suppressions WHERE reason = 'erased'")}
    back = [each[0] for each in store.connection.execute(_NAMED) if tag(each[0]) in erased] if erased else []
    for each in back:
        forget(store, tag, each, now)
    return len(back)


def expire(store: Store, now: datetime) -> int:
    """Erase sign-ups that nobody confirmed within seven days, and old traces of who asked; how many sign-ups."""
    before = {"before": stamp(now - _UNANSWERED)}
    with _securely(store), store.writing() as connection:
        lapsed = connection.execute(_LAPSED, before).rowcount
        connection.execute(_NAMELESS, before)
        erased = sum(connection.execute(statement, before).rowcount for statement in (_EMPTIED, _DROPPED))
        connection.execute("DELETE FROM requests WHERE at < ?", (stamp(now - _COUNTED),))
        connection.execute("UPDATE consents SET prefix = '' WHERE prefix <> '' AND at < ?", (stamp(now - _TRACED),))
    return lapsed + erased


def _erase(connection: sqlite3.Connection, named: dict[str, str], ids: Sequence[int], now: datetime) -> int:
    """Take the person out of all that belongs to the subscriptions; how many mails."""
    mails = connection.execute(_MAILS, named).rowcount
    connection.execute(_WORDS, named)
    consents.withdraw(connection, ids, "erased", now)
    connection.execute("UPDATE consents SET prefix = '' WHERE subscriber IN (SELECT value FROM json_each(:ids))", named)
    connection.execute("DELETE FROM requests WHERE address = :tag", named)
    connection.execute(_BARRED, named)
    for statement in _TEXTS:
        connection.execute(statement, named)
    return mails


def _without(folded: str) -> Callable[[str], str]:
    """Text -> the same without the address."""
    pattern = re.compile(rf"(?<![\w.+-]){re.escape(folded)}(?![\w-])", re.IGNORECASE)
    return lambda text: pattern.sub("***", text)


@contextmanager
def _securely(store: Store) -> Iterator[None]:
    """Have SQLite overwrite what is deleted, which not every build of it does by itself."""
    before = store.rows("PRAGMA secure_delete")[0][0]
    store.connection.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        store.connection.execute(f"PRAGMA secure_delete = {before}")


def _wipe(store: Store, folded: str) -> bool:
    """Fold the log into the file and look at the bytes; what an earlier write left in free space goes by VACUUM."""
    try:
        if _is_folded(store) and _holds(store.path, folded.encode()):
            store.connection.execute("VACUUM")
        return _is_folded(store)
    except sqlite3.Error:
        return False  # no room for a second copy, or somebody reads on for longer than one waits


def _is_folded(store: Store) -> bool:
    """Whether the log could be emptied, which waits for whoever reads."""
    return not store.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]


def _holds(path: Path, folded: bytes) -> bool:
    """Whether the file has these bytes anywhere; True too where nobody could look."""
    child = Child("digest.store._scan", _LOOK)
    try:
        return child.ask(os.fsencode(path) + b"\0" + folded) == b"1"
    except ChildError:
        return True
    finally:
        child.stop()
