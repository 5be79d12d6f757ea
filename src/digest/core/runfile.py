"""One locked file per sending process: whose its mails are while it lives, and how far each was when it died.

The kernel drops a `flock` with the process, so there is no heartbeat and no clock: a paused process keeps its mails
(facts/deliver.md 3). The file is mapped, and a byte for each claimed mail says how far it is: what kill -9 leaves
unknown is what was in flight, not what was claimed. Never on a network file system.
"""

import fcntl
import mmap
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import Final

from digest.core.errors import StoreError

_FIRST_PLACE: Final = 64  # the boot id stands before it
_PLACES: Final = 1 << 28
"""A sparse file as long as this costs no disk; no run claims as many mails."""
_GROWTH: Final = 1 << 16
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CHANGES = "changes"
_COUNTER_BYTES: Final = 8


class Phase(IntEnum):
    """How far a claimed mail is; the value is its byte in the run file (design 5.4)."""

    NOT_BEGUN = 0
    LEAVING = 1
    """Its end may have left, and no answer was read."""
    SENT = 2
    DEFERRED = 4
    REFUSED = 5


class Run:
    """A sending process: its id, the phase of each mail it claimed, and the counter of changes it looks at."""

    __slots__ = ("_changes", "_descriptor", "_end", "_map", "_next", "id")

    def __init__(self, descriptor: int, run: str, changes: mmap.mmap) -> None:
        self.id = run
        self._descriptor = descriptor
        self._changes = changes
        self._map = mmap.mmap(descriptor, _PLACES)
        self._next = self._end = _FIRST_PLACE

    def reserve(self, count: int) -> int:
        """The first of so many places in a row, never used before; StoreError when the disk has no room for them."""
        first, self._next = self._next, self._next + count
        try:
            while self._next > self._end:
                # Written, not left sparse: a full disk says so here, where a store through the map would kill us.
                self._end += os.pwrite(self._descriptor, bytes(_GROWTH), self._end)
        except OSError as error:
            raise StoreError(f"run file of {self.id}: {error.strerror}") from error
        return first

    def mark(self, place: int, phase: Phase) -> None:
        """Say how far the mail at a place is; no system call, 0.1 us."""
        self._map[place] = phase

    def changes(self) -> int:
        """How often something was stopped or suppressed so far; equal counts say that nothing was."""
        return int.from_bytes(self._changes[:_COUNTER_BYTES], "little")


class Leftover:
    """What a dead run says of its mails."""

    __slots__ = ("_descriptor", "_trusted")

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        # After a power cut the file may be older than the mails that left.
        boot = _boot_id()
        self._trusted = descriptor is not None and boot != b"" and os.pread(descriptor, len(boot), 0) == boot

    def phase(self, place: int) -> Phase:
        """How far a mail was; LEAVING where nobody can know."""
        if self._descriptor is None or not self._trusted or place < _FIRST_PLACE:
            return Phase.LEAVING
        with suppress(ValueError, IndexError):
            return Phase(os.pread(self._descriptor, 1, place)[0])
        return Phase.LEAVING


def folder(database: Path) -> Path:
    """Where the run files of a database lie."""
    return database.with_name(database.name + ".run")


@contextmanager
def begin(runs: Path) -> Iterator[Run]:
    """Hold a new run's file locked; gives the run, and removes the file at the end."""
    runs.mkdir(exist_ok=True)
    run = f"{os.getpid()}-{secrets.token_hex(6)}"
    hidden = runs / f".{run}"
    descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, _PLACES)
        os.pwrite(descriptor, _boot_id(), 0)
        # Visible only once it is locked, or another process could take it for a dead one.
        hidden.rename(runs / run)
        yield Run(descriptor, run, _counter(runs))
        (runs / run).unlink(missing_ok=True)
    finally:
        # The map holds the file open, and with it the lock, for as long as anything refers to the run.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


@contextmanager
def taken_over(runs: Path, run: str) -> Iterator[Leftover | None]:
    """What a dead run left, None while it lives; nobody else settles it meanwhile, and its file goes at the end."""
    try:
        descriptor = os.open(runs / run, os.O_RDWR)
    except FileNotFoundError:
        yield Leftover(None)
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
    else:
        yield Leftover(descriptor)
        (runs / run).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def lives(runs: Path, run: str) -> bool:
    """Whether the process of a run is alive; its file stays as it is."""
    try:
        descriptor = os.open(runs / run, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def listed(runs: Path) -> tuple[str, ...]:
    """The ids of all runs that left a file, living or dead."""
    return tuple(sorted(p.name for p in runs.glob("[!.]*-*"))) if runs.is_dir() else ()


def changed(runs: Path) -> None:
    """Count a stop or suppression, after its commit: every sending process looks again before its next mail."""
    runs.mkdir(exist_ok=True)
    descriptor = os.open(runs / _CHANGES, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        count = int.from_bytes(os.pread(descriptor, _COUNTER_BYTES, 0), "little") + 1
        os.pwrite(descriptor, count.to_bytes(_COUNTER_BYTES, "little"), 0)
    finally:
        os.close(descriptor)


def _counter(runs: Path) -> mmap.mmap:
    """The mapped counter of changes, made when there is none."""
    descriptor = os.open(runs / _CHANGES, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_size < _COUNTER_BYTES:
            os.truncate(descriptor, _COUNTER_BYTES)
        return mmap.mmap(descriptor, _COUNTER_BYTES, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)


def _boot_id() -> bytes:
    """What tells this start of the machine from every other, empty where the system has none."""
    try:
        return _BOOT_ID.read_bytes().strip()
    except OSError:
        return b""
