"""Coroutines that wait for sockets, for a moment or for a thread, all run by the thread that calls.

asyncio does more, and takes twice as long for a mail (facts/deliver.md 1.1).
"""

import math
import select
import socket
import types
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from threading import Thread
from time import monotonic
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

READ: Final = select.POLLIN
WRITE: Final = select.POLLOUT
_TURN: Final = 0.1
"""Seconds between looks at who has waited too long."""

Task: TypeAlias = Coroutine[Any, Any, None]
_Given = TypeVar("_Given")


class _Wait(NamedTuple):
    """What a task asks its loop for; it is told whether that came before the time was up."""

    until: float
    """A moment of `monotonic`."""
    descriptor: int = -1
    """Of a socket; none: the loop's bell."""
    events: int = 0


@types.coroutine
def ready(sock: socket.socket, events: int, until: float) -> Generator[_Wait, bool, None]:
    """Wait until a socket may be read or written; TimeoutError when it may not by that moment of `monotonic`."""
    if not (yield _Wait(until, sock.fileno(), events)):
        raise TimeoutError


@types.coroutine
def rung(until: float) -> Generator[_Wait, bool, None]:
    """Wait until the loop's bell is rung, or for that moment of `monotonic`."""
    yield _Wait(until)


async def in_thread(work: Callable[[], _Given]) -> _Given:
    """What a piece of work gives that blocks; the other tasks go on meanwhile."""
    near, far = socket.socketpair()
    given = Future[_Given]()

    def done() -> None:
        with far:  # closing it is the sign
            try:
                given.set_result(work())
            except BaseException as error:  # noqa: BLE001  raised where the result is asked for
                given.set_exception(error)

    # Nobody has to wait for it who leaves, as an executor's threads are waited for.
    Thread(target=done, name="opening", daemon=True).start()
    with near:
        await ready(near, READ, math.inf)
    return given.result()


class Loop:
    """Tasks, each of which goes on when what it waits for has come; its length is how many have not ended."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        """What ended tasks, in the order in which it did."""
        self._poll = select.poll()
        self._waiting: dict[int, tuple[Task, float]] = {}
        self._listening: list[tuple[Task, float]] = []
        self._is_rung = False
        self._looked_at = monotonic()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._listening)

    def start(self, task: Task) -> None:
        """Run a task until it first waits."""
        self._go_on(task, has_come=None)

    def ring(self) -> None:
        """Wake every task that waits for the bell, at the next turn."""
        self._is_rung = True

    def turn(self) -> None:
        """Go on with the tasks for which something has come, or whose time is up; returns within 0.1 s."""
        pause = self._pause()
        now = monotonic()
        for descriptor, _ in self._poll.poll(pause * 1000):
            task, _ = self._waiting.pop(descriptor)
            self._poll.unregister(descriptor)
            self._go_on(task, has_come=True)
        if self._listening or self._is_rung:
            self._wake(monotonic())
        if now - self._looked_at >= _TURN:
            self._looked_at = now
            self._give_up(now)

    def abandon(self) -> None:
        """End every task where it waits."""
        tasks = [task for task, _ in (*self._waiting.values(), *self._listening)]
        for descriptor in self._waiting:
            self._poll.unregister(descriptor)
        self._waiting.clear()
        self._listening.clear()
        for task in tasks:
            task.close()

    def _pause(self) -> float:
        """Seconds to wait for a socket at most."""
        if self._is_rung:
            return 0
        first = min((until for _, until in self._listening), default=math.inf)
        return min(max(first - monotonic(), 0.001), _TURN) if self._listening else _TURN

    def _wake(self, now: float) -> None:
        listening, self._listening = self._listening, []
        is_rung, self._is_rung = self._is_rung, False
        for task, until in listening:
            if is_rung or until <= now:
                self._go_on(task, has_come=is_rung)
            else:
                self._listening.append((task, until))

    def _give_up(self, now: float) -> None:
        """Who has waited too long by a moment after which it was looked what has come: a task may hold up the loop."""
        for descriptor in [each for each, (_, until) in self._waiting.items() if until <= now]:
            task, _ = self._waiting.pop(descriptor)
            self._poll.unregister(descriptor)
            self._go_on(task, has_come=False)

    def _go_on(self, task: Task, *, has_come: bool | None) -> None:
        try:
            wait: _Wait = task.send(has_come)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001  who runs the loop raises it when all have ended
            self.errors.append(error)
            return
        if wait.descriptor < 0:
            self._listening.append((task, wait.until))
        else:
            self._waiting[wait.descriptor] = task, wait.until
            self._poll.register(wait.descriptor, wait.events)


def run(work: Coroutine[Any, Any, _Given], stopping: Callable[[], bool] = lambda: False) -> _Given:
    """What one coroutine gives, on a loop of its own; InterruptedError when it was stopped before."""
    given: list[_Given] = []

    async def kept() -> None:
        given.append(await work)

    loop = Loop()
    loop.start(kept())
    while len(loop):
        loop.turn()
        if stopping():
            loop.abandon()
    for error in loop.errors:
        raise error
    if not given:
        raise InterruptedError
    return given[0]
