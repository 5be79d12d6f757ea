"""Mails claimed by one thread -> slices for the threads that carry them, and the results they bring back."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Lock
from typing import Final

from digest.core.mail import Claim, Outgoing, Result, SendState
from digest.core.runfile import Phase, Run
from digest.deliver._standing import Standing
from digest.deliver._suspects import Suspects
from digest.deliver._wire import Patience

BATCH: Final = 500
"""Mails claimed at once: a ledger's commit costs as much for one (facts/deliver.md 2.1)."""
_LOW: Final = BATCH // 2
_SLICE: Final = 16
"""Handing mails over one by one costs more than sending them (facts/deliver.md 1.3)."""
STOPPED: Final = "stopped before it was begun"
_PHASES: Final = {SendState.SENT: Phase.SENT, SendState.DEFERRED: Phase.DEFERRED, SendState.FAILED: Phase.REFUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Mails for one thread."""

    mails: Sequence[Outgoing]
    changes: int
    """What the run's counter said before they were claimed."""


class Crew:
    """What the thread that claims and the threads that send share; a lock for each slice, none for each mail."""

    def __init__(self, run: Run, stopping: Callable[[], bool], patience: Patience, connections: int) -> None:
        self.standing = Standing(connections, patience)
        self.suspects = Suspects()
        self._run, self._stopping, self._connections = run, stopping, connections
        lock = Lock()
        self._work, self._news = Condition(lock), Condition(lock)
        self._slices = deque[Slice]()
        self._results: list[Result] = []
        self._out = self._waiting = self._idle = 0
        self._has_ended = self._is_dry = False

    @property
    def is_over(self) -> bool:
        """No mail is begun any more."""
        return self._has_ended or self._stopping()

    def finish(self) -> bool:
        """Whether every mail was given back; what no other mail can prove guilty is to be tried again later."""
        if self._out == len(self.suspects):
            self._release(SendState.DEFERRED)
        return self._out == 0

    def room(self) -> int:
        """How many mails to claim now."""
        return BATCH if self._waiting < _LOW else 0

    def hand_out(self, mails: Sequence[Outgoing], changes: int, *, is_all: bool) -> int:
        """Give mails to the threads; how many threads more would have something to do."""
        length = max(1, min(_SLICE, len(mails) // (2 * self._connections)))
        with self._work:
            for start in range(0, len(mails), length):
                self._slices.append(Slice(mails=mails[start : start + length], changes=changes))
            self._out += len(mails)
            self._waiting += len(mails)
            self._is_dry = is_all
            self._work.notify_all()
            return len(self._slices) - self._idle

    def collect(self) -> Sequence[Result]:
        """The results since the last time; the threads go on adding some meanwhile."""
        count = len(self._results)
        taken = self._results[:count]
        del self._results[:count]
        self._out -= count
        return taken

    def wait(self) -> None:
        """Until there are mails to claim or results enough, at most a second."""
        with self._news:
            for _ in range(10):
                # A signal wakes nobody.
                if self._news.wait_for(self._has_news, 0.1):
                    return

    def end(self) -> None:
        """No mail is begun any more; who waits need wait no longer."""
        with self._work:
            self._has_ended = True
            self._work.notify_all()
            self._news.notify()

    def take(self, *, is_placed: bool, wait: bool) -> Slice | None:
        """A slice, and a place for a connection for who has none; None at the end, or when there is no slice now."""
        with self._work:
            while not self.is_over:
                if not wait and self.standing.is_crowded:
                    return None
                if self._slices and (is_placed or self.standing.open()):
                    part = self._slices.popleft()
                    self._waiting -= len(part.mails)
                    if self._waiting < _LOW:
                        self._news.notify()
                    return part
                if not wait:
                    return None
                self._news.notify()
                self._idle += 1
                self._work.wait(self.standing.pause() if self._slices else None)
                self._idle -= 1
        return None

    def give_back(self, mails: Sequence[Outgoing], changes: int) -> None:
        """Mails that somebody else may carry; who waits for a place may look again too."""
        with self._work:
            if mails:
                self._slices.appendleft(Slice(mails=mails, changes=changes))
                self._waiting += len(mails)
            self._work.notify_all()

    def succeed(self) -> None:
        """The relay has answered a mail as it should: now the mails set aside were to blame."""
        if not (self.standing.is_troubled or self.suspects):
            return
        self.standing.succeed()
        self._release()

    def dismiss(self, why: str) -> None:
        """Give back what nobody has begun; the threads have ended."""
        self._release(SendState.QUEUED)
        for mail in [mail for part in self._slices for mail in part.mails]:
            self.settle(mail.claim, SendState.QUEUED, why)

    def settle(self, claim: Claim, state: SendState, reply: str, code: str = "") -> None:
        """Say what became of a mail, in the run file first."""
        if state in _PHASES:
            self._run.mark(claim.place, _PHASES[state])
        self._results.append(Result(claim=claim, state=state, code=code, reply=reply))

    def _release(self, state: SendState | None = None) -> None:
        for suspect in self.suspects.release():
            self.settle(suspect.mail.claim, state or suspect.state, suspect.why)

    def _has_news(self) -> bool:
        is_idle = self._out == len(self._results) + len(self.suspects)
        is_low = self._waiting < _LOW and not self._is_dry
        return is_idle or is_low or len(self._results) >= BATCH or self.is_over
