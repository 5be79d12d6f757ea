"""Mails claimed -> the couriers that carry them, and the results that they bring back."""

import math
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from digest.core.mail import Batch, Outgoing, Result, SendState, Wanted
from digest.core.runfile import Run
from digest.deliver._loop import Loop, rung
from digest.deliver._session import Trust
from digest.deliver._standing import Standing
from digest.deliver._suspects import Suspects
from digest.deliver._tally import Tally
from digest.deliver._wire import Patience

BATCH: Final = 500
"""Mails claimed at once: a ledger's commit costs as much for one (facts/deliver.md 2.1)."""
_SETTLE: Final = 1.0
"""Seconds after which results are given back."""
_GRACE: Final = 2.0
"""Seconds in which couriers may end by themselves and say good-bye."""
STOPPED: Final = "stopped before it was begun"


class Crew:
    """What the couriers share: the mails that nobody has begun, what became of the others, and how the relay is."""

    def __init__(
        self, loop: Loop, run: Run, wanted: Wanted, stopping: Callable[[], bool], patience: Patience, connections: int
    ) -> None:
        self.standing = Standing(connections, patience)
        self.suspects = Suspects()
        self.tally = Tally(run)
        self.trust = Trust()
        self.changes = 0
        """What the run's counter said when it was last known that all who wait may be mailed."""
        self._loop, self._run, self._wanted, self._stopping = loop, run, wanted, stopping
        self._low = 2 * connections  # or the last mails would find none whose envelope can go with them
        self._mails = deque[Outgoing]()
        self._out = self._resting = 0
        self._has_ended = self._is_dry = False
        self._claim_at, self._settle_at, self._leave_at = -math.inf, monotonic() + _SETTLE, math.inf

    @property
    def is_over(self) -> bool:
        """No mail is begun any more."""
        return self._has_ended or self._stopping()

    @property
    def may_leave(self) -> bool:
        """Whether nothing is lost by ending all couriers where they are, such as before a relay that never greets."""
        return not self.tally.in_flight and monotonic() >= self._leave_at

    @property
    def lacks(self) -> int:
        """How many couriers more would have something to do."""
        return len(self._mails) - self._resting

    @property
    def has_news(self) -> bool:
        """Whether it is time to settle and claim: mails run out, results are enough or have waited long enough."""
        now = monotonic()
        is_idle = self._out == len(self.tally) + len(self.suspects)
        is_low = len(self._mails) < self._low and not self._is_dry
        is_due = (is_idle or is_low) and now >= self._claim_at and not self.is_over
        return is_due or len(self.tally) >= BATCH or now >= self._settle_at

    def collect(self) -> tuple[Sequence[Result], int]:
        """The results since the last time, and how many mails to claim."""
        taken = self.tally.take()
        self._out -= len(taken)
        self._settle_at = monotonic() + _SETTLE
        is_full = len(self._mails) >= self._low or monotonic() < self._claim_at
        return taken, 0 if is_full or self.is_over else BATCH

    def hand_out(self, batch: Batch, room: int, changes: int) -> None:
        """Give mails to the couriers; `changes` is what the run's counter said before they were claimed."""
        if not room:
            return
        if not batch.mails and not batch.wait and self._is_finished():
            self.end()
        self.changes = min(self.changes, changes) if self._mails else changes
        self._mails.extend(batch.mails)
        self._out += len(batch.mails)
        self._is_dry, self._claim_at = len(batch.mails) < room, monotonic() + batch.wait
        self._loop.ring()

    def end(self) -> None:
        """No mail is begun any more; who waits need wait no longer."""
        if not self._has_ended:
            self._has_ended = True
            self._leave_at = monotonic() + _GRACE
            self._loop.ring()

    def take(self, *, is_placed: bool) -> Outgoing | None:
        """A mail, and a place for a connection for who has none, if there are both now."""
        if self._mails and self._run.changes() != self.changes:
            self._sift()
        may = self._mails and not self.is_over and (is_placed or self.standing.open())
        return self._mails.popleft() if may else None

    async def rest(self) -> None:
        """Until there may be more to take."""
        self._resting += 1
        await rung(monotonic() + self.standing.pause() if self._mails else math.inf)
        self._resting -= 1

    def give_back(self, mails: Sequence[Outgoing], changes: int) -> None:
        """Mails that somebody else may carry; who waits for a place may look again too."""
        if mails:
            self.changes = min(self.changes, changes)
            self._mails.extendleft(reversed(mails))
        self._loop.ring()

    def succeed(self) -> None:
        """The relay has answered a mail as it should: now the mails set aside were to blame."""
        if not (self.standing.is_troubled or self.suspects):
            return
        self.standing.succeed()
        self._release()

    def dismiss(self, why: str) -> None:
        """Give back what nobody has begun; the couriers have gone."""
        self._release(SendState.QUEUED)
        while self._mails:
            self.tally.settle(self._mails.popleft().claim, SendState.QUEUED, why)

    def _is_finished(self) -> bool:
        """Whether every mail was given back; what no other mail can prove guilty is to be tried again later."""
        if self._out == len(self.suspects):
            self._release(SendState.DEFERRED)
        return self._out == 0

    def _release(self, state: SendState | None = None) -> None:
        for suspect in self.suspects.release():
            self.tally.settle(suspect.mail.claim, state or suspect.state, suspect.why)

    def _sift(self) -> None:
        """Something was stopped: leave out who may be mailed no more."""
        changes, mails = self._run.changes(), self._mails
        wanted = set(self._wanted([mail.claim for mail in mails]))
        self.changes, self._mails = changes, deque(mail for mail in mails if mail.claim in wanted)
        for claim in [mail.claim for mail in mails if mail.claim not in wanted]:
            self.tally.settle(claim, SendState.QUEUED, "no longer wanted")
