"""What becomes of each mail -> its byte in the run file at once, and results for the ledger by and by."""

from collections.abc import Sequence
from typing import Final

from digest.core.mail import Claim, Result, SendState
from digest.core.runfile import Phase, Run

_PHASES: Final = {SendState.SENT: Phase.SENT, SendState.DEFERRED: Phase.DEFERRED, SendState.FAILED: Phase.REFUSED}


class Tally:
    """Its length is how many results wait to be taken."""

    __slots__ = ("_leaving", "_results", "_run")

    def __init__(self, run: Run) -> None:
        self._run = run
        self._results: list[Result] = []
        self._leaving = set[int]()

    def __len__(self) -> int:
        return len(self._results)

    @property
    def in_flight(self) -> int:
        """How many mails' ends may have left and have no answer yet."""
        return len(self._leaving)

    def leave(self, claim: Claim) -> None:
        """Say that the end of a mail may leave now."""
        self._run.mark(claim.place, Phase.LEAVING)
        self._leaving.add(claim.place)

    def stay(self, claim: Claim) -> None:
        """Say that the end of a mail has not left."""
        self._run.mark(claim.place, Phase.NOT_BEGUN)
        self._leaving.discard(claim.place)

    def settle(self, claim: Claim, state: SendState, reply: str, code: str = "") -> None:
        """Say what became of a mail, in the run file first."""
        if state in _PHASES:
            self._run.mark(claim.place, _PHASES[state])
        self._leaving.discard(claim.place)
        self._results.append(Result(claim, state, code, reply))

    def take(self) -> Sequence[Result]:
        """The results since the last time."""
        taken, self._results = self._results, []
        return taken
