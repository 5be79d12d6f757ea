"""Losses, refusals and successes in a row -> how many connections a relay bears, and when it is no use going on."""

from time import monotonic
from typing import Final

from digest.deliver._wire import Patience

_REFUSALS: Final = 3
"""So many refusals of the sender in a row are no accident."""


class Standing:
    """How we stand with a relay, over all connections."""

    __slots__ = (
        "_allowed",
        "_changed_at",
        "_connections",
        "_most",
        "_patience",
        "_refusals",
        "_retry_at",
        "_yieldings",
        "losses",
    )

    def __init__(self, most: int, patience: Patience) -> None:
        self.losses = 0
        """In a row."""
        self._refusals = 0
        self._connections = 0
        self._yieldings = 0
        self._most = self._allowed = most
        self._patience = patience
        self._retry_at = self._changed_at = monotonic()

    @property
    def is_troubled(self) -> bool:
        """Something went wrong since the last success."""
        return bool(self.losses or self._refusals)

    @property
    def is_crowded(self) -> bool:
        """There are more connections than the relay bears."""
        return self._connections > self._allowed

    def open(self) -> bool:
        """Whether one connection more may be opened now; then it counts."""
        now = monotonic()
        if self._allowed < self._most and now - self._changed_at >= self._patience.quiet:
            self._allowed += 1
            self._changed_at = now
        may = self._connections < self._allowed and now >= self._retry_at
        self._connections += may
        return may

    def close(self) -> None:
        """One connection less."""
        self._connections -= 1

    def close_surplus(self) -> bool:
        """Whether this connection is one too many; then it no longer counts."""
        is_surplus = self.is_crowded
        self._connections -= is_surplus
        return is_surplus

    def pause(self) -> float:
        """Seconds until it may be worth asking for a connection again."""
        until = self._retry_at if self._connections < self._allowed else self._changed_at + self._patience.quiet
        return max(until - monotonic(), 0.001)

    def known(self) -> tuple[int, int]:
        """What a loss is told with: the losses and the yieldings there were when the work began."""
        return self.losses, self._yieldings

    def lose(self, known: tuple[int, int], *, is_crowded: bool) -> bool:
        """Count a lost connection; False says that there were too many in a row."""
        losses, yieldings = known
        # What breaks at the same moment is one loss, whatever the number of connections.
        if is_crowded and yieldings == self._yieldings:
            self._yield_connections()
        if losses == self.losses:
            pauses = self._patience.reconnect
            self._retry_at = monotonic() + (pauses[losses] if losses < len(pauses) else 0)
            self.losses += 1
        return self.losses <= len(self._patience.reconnect)

    def refuse(self) -> bool:
        """Count a refusal of the sender; False says that there were too many."""
        self._refusals += 1
        return self._refusals < _REFUSALS

    def succeed(self) -> None:
        """The relay has answered a mail as it should."""
        self.losses = self._refusals = 0
        self._retry_at = 0

    def _yield_connections(self) -> None:
        """Half as many; one more after each quiet while (RFC 5681)."""
        self._allowed = max(1, min(self._allowed, self._connections) // 2)
        self._yieldings += 1
        self._changed_at = monotonic()
