"""An open database -> a copy that is whole; such a copy -> the database, in a state that mails nobody again."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.core import runfile
from digest.core.errors import StoreError, UsageError
from digest.store import _copy, _soundness, editions
from digest.store._database import Store, migrate, opened, stamp

_SQLITE = b"SQLite format 3\0"
_FIGURES = "SELECT (SELECT count(*) FROM editions), (SELECT count(*) FROM sends)"
_CLOSE = """
UPDATE editions SET state = 'stopped', reason = '', detail = :detail, run = '' WHERE state IN
  ('composing', 'held', 'ready', 'sending')
"""
_END_SLOT = "UPDATE editions SET state = 'stopped', reason = '', detail = :detail WHERE id = :id AND state = 'skipped'"
_CLAIMED = """
UPDATE sends SET state = 'uncertain', run = '', place = 0, due = '', at = :now, attempts = attempts + 1,
  reply = 'on its way when the backup was made; nobody knows whether it left' WHERE state = 'sending'
"""
_WAITING = """
UPDATE sends SET state = 'cancelled', due = '', at = :now,
  reply = 'waiting when the backup was made; it may have been sent since' WHERE state IN ('queued', 'deferred')
"""
# By `uncertain = "resend"` what is not expired would be queued again.
_EXPIRE = "UPDATE editions SET expires = :now WHERE expires > :now"
_KNOWN = "INSERT INTO jobs VALUES (:job, :now) ON CONFLICT (name) DO UPDATE SET known_since = :now"
_CLOSED_SLOT = """
INSERT INTO editions
  (id, job, slot, revision, number, state, reason, detail, run, composed, subject, content, unsubscribe)
VALUES (:id, :job, :slot, 1, :number, 'stopped', '', :detail, '', :now, '', '', '')
"""
_LEFT = """
UPDATE subscribers SET state = gone.state, changed = gone.changed FROM later.subscribers AS gone
WHERE gone.job = subscribers.job AND gone.address = subscribers.address
AND gone.state NOT IN ('pending', 'active') AND subscribers.state IN ('pending', 'active')
"""
# Who joined after the backup and left: else a job's `to` would make them readers again. Of who was forgotten the
# suppression says enough.
_CAME_AND_LEFT = """
INSERT OR IGNORE INTO subscribers
  (job, address, email, name, state, source, created, changed, topics, language, timezone)
SELECT job, address, email, name, state, source, created, changed, topics, language, timezone
FROM later.subscribers WHERE state NOT IN ('pending', 'active', 'erased')
"""
Progress = Callable[[int, int], None]
"""Told how many pages are copied, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What was written; the fields are those of `backup --json`."""

    file: str
    bytes: int
    editions: int
    sends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What became of the restored database; the fields are those of `restore --json`."""

    kept: str
    """Where the database from before lies now, empty when there was none."""
    stopped: tuple[str, ...]
    """Editions that were not finished."""
    closed: tuple[str, ...]
    """Editions that stand for a current slot, so that nothing is sent for it."""
    cancelled: int
    uncertain: int
    left: int | None
    """Readers who had left or were barred since the backup; None when the database from before cannot say so."""


def faults(store: Store) -> tuple[str, ...]:
    """What is wrong with the whole database, at most ten lines, none when it is sound; reads all of it."""
    return _soundness.faults(store.connection)


def backup(store: Store, target: Path, progress: Progress, *, force: bool) -> Backup:
    """Copy the database as of now into a new file, verified and on disk; senders go on meanwhile.

    UsageError for a file that is there, unless `force`, or that is the database; StoreError when it cannot be written.
    """
    _refuse(store.path, target)
    if target.exists() and not (force and target.is_file()):
        raise UsageError(f"{target}: is there already; choose another name, or --force puts the backup in its place")
    if target.exists() and not _is_database(target):
        raise UsageError(f"{target}: no backup stands there but another file; choose another name")
    _copy.copy(store.connection, target, progress)
    with closing(sqlite3.connect(f"{target.absolute().as_uri()}?mode=ro", uri=True)) as copied:
        figures = copied.execute(_FIGURES).fetchone()
    return Backup(file=str(target), bytes=target.stat().st_size, editions=figures[0], sends=figures[1])


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def restore(database: Path, source: Path, slots: Mapping[str, str], now: datetime, progress: Progress) -> Restored:
    """Put a backup in the database's place, and close all that it could send; `slots`: job -> its current slot.

    StoreError, and nothing changed, when the backup is not sound or somebody has the database open. What was there
    before is kept beside it.
    """
    _refuse(database, source)
    with _soundness.alone(database):
        _refuse_living(database)
        made = database.with_name(f".{database.name}{_soundness.RESTORING}")
        try:
            _take(source, made, progress)
            with opened(made) as store:
                migrate(store, keep=False)
                left = _carry_over(store, database)
                stopped, closed, cancelled, uncertain = _settle(store, slots, now)
                store.connection.execute("PRAGMA journal_mode = DELETE")
            _copy.verify(made)
            kept = _replace(database, made, now)
        finally:
            made.unlink(missing_ok=True)
    return Restored(kept=kept, stopped=stopped, closed=closed, cancelled=cancelled, uncertain=uncertain, left=left)


def _refuse(database: Path, file: Path) -> None:
    own = {database.with_name(database.name + suffix).resolve() for suffix in ("", "-wal", "-shm")}
    if file.resolve() in own or (file.exists() and database.exists() and file.samefile(database)):
        raise UsageError(f"{file}: that is the database itself; name another file")


def _refuse_living(database: Path) -> None:
    runs = runfile.folder(database)
    for run in runfile.listed(runs):
        if runfile.lives(runs, run):
            raise StoreError(f"{database}: process {run.partition('-')[0]} is sending; end it first")


def _take(source: Path, made: Path, progress: Progress) -> None:
    if not source.is_file():
        raise UsageError(f"{source}: no such file")
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            connection.isolation_level = None
            if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = '_sqlite_migrations'").fetchone():
                raise StoreError(f"{source}: no backup of a digest")
            _copy.copy(connection, made, progress)
    except sqlite3.Error as error:
        raise StoreError(f"{source}: no sound database: {error}") from error


def _carry_over(store: Store, database: Path) -> int | None:
    """Take over who left or was barred since the backup, where the present database can still say so."""
    if not database.exists():
        return None
    try:
        with opened(database) as present:
            if faults(present):
                return None
        store.connection.execute("ATTACH ? AS later", (str(database),))
        try:
            with store.writing() as connection:
                left = sum(connection.execute(sql).rowcount for sql in (_LEFT, _CAME_AND_LEFT))
                connection.execute("INSERT OR IGNORE INTO suppressions SELECT * FROM later.suppressions")
        finally:
            store.connection.execute("DETACH later")
    except (sqlite3.Error, StoreError):
        return None
    return left


def _settle(store: Store, slots: Mapping[str, str], now: datetime) -> tuple[tuple[str, ...], tuple[str, ...], int, int]:
    """Stop what is open and close every current slot: editions stopped, slots closed, mails cancelled, uncertain."""
    detail = f"restored from a backup at {stamp(now)}: it may have been sent since"
    named = {"now": stamp(now), "detail": detail}
    with store.writing() as connection:
        open_states = ("composing", "held", "ready", "sending")
        stopped = [record.id for record in editions.listed(store) if record.state in open_states]
        connection.execute(_CLOSE, named)
        uncertain = connection.execute(_CLAIMED, named).rowcount
        cancelled = connection.execute(_WAITING, named).rowcount
        connection.execute(_EXPIRE, named)
        known = [row["name"] for row in store.rows("SELECT name FROM jobs")]
        connection.executemany(_KNOWN, [{"job": job, "now": stamp(now)} for job in {*known, *slots}])
        closed = [_close(store, job, slot, named) for job, slot in slots.items()]
    return tuple(stopped), tuple(edition for edition in closed if edition), cancelled, uncertain


def _close(store: Store, job: str, slot: str, named: dict[str, str]) -> str:
    """Let a job's current slot be done; the edition that says so, none where it was finished."""
    known = editions.of_slot(store, job, slot)
    if known is None:
        edition = editions.edition_id(job, slot)
        row = {"id": edition, "job": job, "slot": slot, "number": editions.next_number(store, job)}
        store.connection.execute(_CLOSED_SLOT, row | named)
        return edition
    return known.id if store.connection.execute(_END_SLOT, {"id": known.id} | named).rowcount else ""


def _replace(database: Path, made: Path, now: datetime) -> str:
    """Put the database aside and the copy in its place; after a kill in between nobody can open the old one."""
    kept = database.with_name(f"{database.name}{_soundness.BEFORE}restore-{now:%Y%m%dT%H%M%SZ}")
    was_there = database.exists()
    if was_there:
        _join(database)
    ready = database.with_name(database.name + _soundness.READY)
    made.replace(ready)
    _copy.sync(database.parent)
    for suffix in ("", "-wal", "-shm"):
        part = database.with_name(database.name + suffix)
        if part.exists():
            part.replace(kept.with_name(kept.name + suffix))
    runs = runfile.folder(database)
    for run in runfile.listed(runs):
        (runs / run).unlink()
    ready.replace(database)
    _copy.sync(database.parent)
    return str(kept) if was_there else ""


def _join(database: Path) -> None:
    """Make one file of a database and its log, where it can be read; StoreError when a program has it open."""
    try:
        with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise StoreError(f"{database}: another program has it open; end that first") from error


def damaged(store: Store, fault: str) -> str:
    """What to tell of a database that says what it cannot have been told."""
    return _soundness.damaged(store.path, fault)
