"""A daemon in this process, with a clock that can be set and a short beat."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic, sleep

import pytest

from digest import schedule
from support import Folder

PATIENCE = 20.0


class Clock:
    """The time, as a clock shows it that somebody sets."""

    def __init__(self, shown: str) -> None:
        self.set(shown)

    def set(self, shown: str) -> None:
        self._ahead = datetime.fromisoformat(shown).replace(tzinfo=UTC) - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


@contextmanager
def daemon(folder: Folder, clock: Clock) -> Iterator[Thread]:
    """A daemon with a short beat, in a thread of this process."""
    stop = Event()
    around = schedule.Surroundings(stop=stop, now=clock.now, beat=0.02)
    thread = Thread(target=schedule.run, args=(folder.path, around))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def wait_for(condition: Callable[[], object]) -> None:
    give_up = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < give_up
        sleep(0.02)


def first_round(folder: Folder) -> None:
    """Wait until the daemon has looked at the job once: earlier slots are none of its business."""
    connection = sqlite3.connect(folder.path / "digest.db")

    def is_known() -> bool:
        with suppress(sqlite3.OperationalError):  # the daemon makes the tables
            return bool(connection.execute("SELECT count(*) FROM jobs").fetchone()[0])
        return False

    with closing(connection):
        wait_for(is_known)


def told(caplog: pytest.LogCaptureFixture, event: str, **fields: object) -> int:
    """How many records of the log say this."""
    said = [vars(record) | {"event": record.getMessage()} for record in caplog.records]
    wanted = {"event": event, **fields}
    return sum(all(str(wanted[name]) in str(each.get(name)) for name in wanted) for each in said)
