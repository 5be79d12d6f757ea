"""A piece of work on the database -> its answer, made in one of a few threads, each with a database of its own."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock, local
from typing import TypeVar

from digest.core import log
from digest.store import Store, connect

_READERS = 4
"""Threads that read: more than a machine has processors helps nobody."""
_WAITING = 1_000
"""Pieces of work that wait without anybody waiting for them; what comes beyond is dropped."""
_LAST_ERRANDS = 10.0
"""Seconds that errands still have when all ends."""
_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class Desk:
    """Threads for reading, and one for writing: two writers of one process would only wait for each other."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._mine = local()
        self._lock = Lock()
        self._opened = ExitStack()
        self._room = BoundedSemaphore(_WAITING)
        self._readers = ThreadPoolExecutor(_READERS, "site-reader")
        self._writer = ThreadPoolExecutor(1, "site-writer")
        self._clerk = ThreadPoolExecutor(1, "site-clerk")

    async def read(self, work: Callable[[Store], _Answer]) -> _Answer:
        """What `work` finds in the database."""
        return await self._wait(self._readers, work)

    async def write(self, work: Callable[[Store], _Answer]) -> _Answer:
        """What `work` answers, which writes in short transactions; in the order of the calls."""
        return await self._wait(self._writer, work)

    def later(self, work: Callable[[Store], object]) -> bool:
        """Have something written without waiting for it; False when so much waits that it is dropped."""
        if not self._room.acquire(blocking=False):
            _log.warning("too much waits to be written: one piece of work was dropped")
            return False
        written = self._writer.submit(lambda: work(self._store()))
        written.add_done_callback(lambda _: self._room.release())
        written.add_done_callback(_tell)
        return True

    def errand(self, work: Callable[[], object]) -> None:
        """Have something done that may take seconds and needs no database of ours, one after the other."""
        self._clerk.submit(work).add_done_callback(_tell)

    def wait(self) -> None:
        """Return when all that waits at this moment is done."""
        self._writer.submit(int).result()
        self._clerk.submit(int).result()

    def close(self) -> None:
        """End the threads when all that waits is written; errands have some seconds for it."""
        # In this order: what is written may send the clerk on an errand.
        self._readers.shutdown()
        self._writer.shutdown()
        with suppress(TimeoutError):
            self._clerk.submit(int).result(_LAST_ERRANDS)
        self._clerk.shutdown(cancel_futures=True)
        self._opened.close()

    async def _wait(self, threads: ThreadPoolExecutor, work: Callable[[Store], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(threads, lambda: work(self._store()))

    def _store(self) -> Store:
        """This thread's database, opened when it is first needed."""
        store: Store | None = getattr(self._mine, "store", None)
        if store is None:
            with self._lock:
                store = self._opened.enter_context(connect(self._database))
            self._mine.store = store
        return store


def _tell(work: Future[object]) -> None:
    if not work.cancelled() and (error := work.exception()):
        told = log.anonymous(f"{type(error).__name__}: {error}")
        _log.error("what a request left to be done failed", extra={"event": "errand-failed", "why": told})
