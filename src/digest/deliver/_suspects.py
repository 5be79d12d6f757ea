"""Mails at which a connection broke -> whose fault it was: a mail's, once another one went through after it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from digest.core.mail import Claim, Outgoing, SendState

_BREAKS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A mail that is set aside, and what becomes of it if it was its fault."""

    mail: Outgoing
    state: SendState
    why: str


class Suspects:
    """Counts breaks for each mail, and keeps the mails that broke too many connections."""

    __slots__ = ("_aside", "_breaks")

    def __init__(self) -> None:
        self._breaks = Counter[Claim]()
        self._aside: list[Suspect] = []

    def __len__(self) -> int:
        return len(self._aside)

    def set_aside(self, mail: Outgoing, why: str, *, is_closing: bool) -> bool:
        """Whether the connection broke at this mail once too often; a relay that closes with 421 asks to wait."""
        state = SendState.DEFERRED if is_closing else SendState.FAILED
        said = f"the connection broke at it {_BREAKS} times: {why}"
        self._breaks[mail.claim] += 1
        is_once_too_often = self._breaks[mail.claim] >= _BREAKS
        if is_once_too_often:
            self._aside.append(Suspect(mail=mail, state=state, why=said))
        return is_once_too_often

    def release(self) -> Sequence[Suspect]:
        """All that were set aside; none is left."""
        released, self._aside = self._aside, []
        for suspect in released:
            del self._breaks[suspect.mail.claim]
        return released
