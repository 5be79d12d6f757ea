"""One locked file per sending process: while the lock is held its mails are its own, and kill -9 lets go of it.

The kernel drops a `flock` with the process, so there is no heartbeat and no clock: a paused process keeps its mails
(facts/deliver.md 3). Never on a network file system.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def folder(database: Path) -> Path:
    """Where the run files of a database lie."""
    return database.with_name(database.name + ".run")


@contextmanager
def begin(runs: Path) -> Iterator[str]:
    """Hold a new run's file locked; gives the run's id, and removes the file at the end."""
    runs.mkdir(exist_ok=True)
    run = f"{os.getpid()}-{secrets.token_hex(6)}"
    hidden = runs / f".{run}"
    descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Visible only once it is locked, or another process could take it for a dead one.
        hidden.rename(runs / run)
        yield run
        (runs / run).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


@contextmanager
def taken_over(runs: Path, run: str) -> Iterator[bool]:
    """Whether the run is dead; if so nobody else settles it meanwhile, and its file is removed at the end."""
    try:
        descriptor = os.open(runs / run, os.O_RDWR)
    except FileNotFoundError:
        yield True
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
        (runs / run).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def listed(runs: Path) -> tuple[str, ...]:
    """The ids of all runs that left a file, living or dead."""
    return tuple(sorted(p.name for p in runs.glob("[!.]*"))) if runs.is_dir() else ()
