"""A database file -> whether it can be trusted, and in one line what helps when it cannot."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from digest.core import runfile
from digest.core.errors import StoreError

BEFORE = ".before-"
"""Stands between the database's name and why a copy of it was kept."""
RESTORING = ".restoring"
"""Ends the hidden name of a copy that is made ready to take the database's place."""
READY = ".restored"
"""Ends the name of a restored copy while it takes the database's place."""
_SMALL = 32_000_000
"""Bytes that are checked each time, in 0.1 s; a GB takes 4 s and is checked once a day (measured)."""
_DAY = 86_400
_CHECKED = "checked"
_FULL_DISK = "make room on its disk and do the same again; nothing is lost"
_HELPS: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: "another process has held it for 30 s; end that, or try again later",
    sqlite3.SQLITE_READONLY: "make it and its folder writable for this user",
    sqlite3.SQLITE_CANTOPEN: "its folder must be there, and writable for this user",
    sqlite3.SQLITE_FULL: _FULL_DISK,
    sqlite3.SQLITE_IOERR: "its disk is full or failing; mend that and do the same again; nothing is lost",
}


@contextmanager
def held(path: Path, patience: float) -> Iterator[None]:
    """Have the database open together with others: nobody may put another in its place meanwhile."""
    if path.with_name(path.name + READY).exists():
        raise StoreError(f"{path}: a restore was interrupted; run `digest restore FILE` once more")
    with _locked(path.parent, fcntl.LOCK_SH, patience) as is_mine:
        if not is_mine:
            raise StoreError(f"{path}: it is being restored; try again when that is done")
        yield


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Be the only one who has the database open; StoreError when somebody else has."""
    with _locked(path.parent, fcntl.LOCK_EX, 0) as is_mine:
        if not is_mine:
            raise StoreError(f"{path}: another digest has it open; try again when that has ended")
        yield


@contextmanager
def _locked(folder: Path, kind: int, patience: float) -> Iterator[bool]:
    """Whether the folder could be locked: SQLite's own locks say nothing of a file that takes another's name."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield True  # what is wrong with it SQLite will say
        return
    try:
        yield _lock(descriptor, kind, time.monotonic() + patience)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int, give_up: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                return False
            time.sleep(0.02)
        except OSError:
            return True  # a file system without such locks
        else:
            return True


def is_due(path: Path) -> bool:
    """Whether the database must be checked: a small one is always, others once a day, a start, and after a kill."""
    try:
        if path.stat().st_size < _SMALL:
            return True
        checked = (runfile.folder(path) / _CHECKED).stat().st_mtime
    except FileNotFoundError:
        return True
    now = time.time()
    started = now - time.clock_gettime(time.CLOCK_BOOTTIME)
    runs = runfile.folder(path)
    died = any(not runfile.lives(runs, run) for run in runfile.listed(runs))
    return died or not max(started, now - _DAY) < checked <= now


def check(path: Path, connection: sqlite3.Connection) -> None:
    """Remember that the database is sound; StoreError when it is not."""
    found = faults(connection)
    if found:
        raise StoreError(damaged(path, found[0]))
    if path.stat().st_size >= _SMALL:
        with suppress(OSError):  # where nothing can be written it is checked each time
            runfile.folder(path).mkdir(exist_ok=True)
            (runfile.folder(path) / _CHECKED).touch(mode=0o600)


def faults(connection: sqlite3.Connection) -> tuple[str, ...]:
    """What SQLite finds wrong, at most ten: pages, constraints, indexes, and rows that belong to nothing."""
    # The whole check costs hardly more than `quick_check`, which takes a changed job or address for good.
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]
    strays = connection.execute("PRAGMA foreign_key_check").fetchmany(10 - len(found))
    return (*found, *(f"a row of {row[0]} belongs to no row of {row[2]}" for row in strays))


def explained(path: Path, error: sqlite3.Error) -> str:
    """What went wrong with a database, and what helps, in one line."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # A text that is no UTF-8 any more has no code.
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or "UTF-8" in str(error):
        return damaged(path, str(error))
    return "; ".join([f"{path}: {error}", *([_HELPS[code]] if code in _HELPS else [])])


def damaged(path: Path, fault: str) -> str:
    """What to tell of a database that cannot be trusted: what is wrong, what helps, and what is left."""
    kept = sorted(p.name for p in path.parent.glob(f"{path.name}{BEFORE}*") if not p.name.endswith(("-wal", "-shm")))
    left = f"; kept beside it: {', '.join(kept)}" if kept else ""
    return f"{path}: damaged ({' '.join(fault.split())}): nothing is sent; `digest restore FILE` takes a backup{left}"
