"""An open database -> a file with all that is committed in it, whole and on disk when it appears under its name."""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from digest.core.errors import StoreError
from digest.store import _soundness

_STEP = 2_000
"""Pages at a time: 8 MB."""


def copy(connection: sqlite3.Connection, target: Path, progress: Callable[[int, int], None]) -> None:
    """Write a new file of mode 0600 in place of `target`; `progress` is told pages done and of how many.

    Whoever writes goes on meanwhile. StoreError, and `target` as it was, when there is no room or the copy is bad.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror}") from None
    made = Path(name)
    try:
        os.close(descriptor)
        _fill(connection, made, progress)
        verify(made)
        sync(made)
        # The log of another database that had this name would be played into this one.
        for suffix in ("-wal", "-shm", "-journal"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        made.replace(target)
        sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{target}: cannot be written: {error}; the copy was given up") from error
    finally:
        made.unlink(missing_ok=True)


def verify(path: Path) -> None:
    """StoreError when a file that nobody else uses is no sound database."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = _soundness.faults(connection)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: no sound database: {error}") from error
    if found:
        raise StoreError(f"{path}: no sound database: {found[0]}")


def _fill(connection: sqlite3.Connection, made: Path, progress: Callable[[int, int], None]) -> None:
    with closing(sqlite3.connect(made, isolation_level=None)) as copied:
        copied.execute("PRAGMA synchronous = OFF")  # synced once, when it is whole
        # A reader that stays: without it SQLite begins anew whenever another process commits between two steps.
        connection.execute("BEGIN")
        try:
            connection.execute("SELECT 1 FROM sqlite_schema").fetchall()
            connection.backup(copied, pages=_STEP, progress=lambda _, left, total: progress(total - left, total))
        finally:
            connection.execute("ROLLBACK")
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, which also a read-only disk can show


def sync(path: Path) -> None:
    """Have a file or a folder on disk when it returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
