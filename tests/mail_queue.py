"""Mails that wait in memory for a backend, and what it says of them."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from digest.core import runfile
from digest.core.mail import Batch, Claim, Outgoing, Result, SendState
from digest.core.runfile import Phase, Run
from digest.deliver import smtp
from digest.deliver._relay import Relay, Security
from digest.deliver._wire import Patience
from scripted_relay import ScriptedRelay

QUICK = Patience(connect=2, command=0.5, data=0.5, block=0.5, end=0.5, reconnect=(0, 0, 0), quiet=0.2)
BODY = b"Subject: x\r\n\r\nHello\r\n"
_PLACES = 64
"""Where the first mail stands in a run's file."""


@dataclass
class Queue:
    """A ledger of mails in memory: hands them out once and keeps what it is told of them."""

    waiting: list[Outgoing]
    results: list[Result] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    """What the run's file said of each mail in the end."""

    def exchange(self, results: Sequence[Result], want: int) -> Batch:
        """Settle and claim."""
        self.results += results
        batch, self.waiting = self.waiting[:want], self.waiting[want:]
        self.batches.append(len(batch))
        return Batch(batch)

    @property
    def states(self) -> list[SendState]:
        """What became of each mail that was handed out, in their order."""
        return [result.state for result in self.settled]

    @property
    def settled(self) -> list[Result]:
        """The results in the order of the mails."""
        return sorted(self.results, key=lambda result: result.claim.place)


def mail(number: int = 0, *chunks: bytes, email: str = "", sender: str = "bounces@example.org") -> Outgoing:
    claim = Claim(
        edition="e",
        subscriber=number,
        email=email or f"r{number}@example.org",
        message_id=f"<{number}@example.org>",
        place=_PLACES + number,
    )
    return Outgoing(claim=claim, chunks=chunks or (BODY,), return_path=sender)


def mails(count: int, *chunks: bytes) -> Queue:
    return Queue([mail(number, *chunks) for number in range(count)])


def all_of(claims: Sequence[Claim]) -> Sequence[Claim]:
    """Nothing was stopped."""
    return claims


@contextmanager
def begun(queue: Queue) -> Iterator[tuple[Run, Path]]:
    """A run that has a place for each mail, and the folder of its file; the phases are kept at the end."""
    with tempfile.TemporaryDirectory() as name, runfile.begin(Path(name) / "run") as run:
        folder = Path(name) / "run"
        places = [mail.claim.place for mail in queue.waiting]
        assert run.reserve(max(places, default=0) + 1) == _PLACES
        try:
            yield run, folder
        finally:
            with (folder / run.id).open("rb") as file:
                content = file.read(max(places, default=0) + 1)
            queue.phases = [Phase(content[place]) for place in places]


def deliver(
    relay: ScriptedRelay,
    queue: Queue,
    patience: Patience = QUICK,
    stopping: Callable[[], bool] = lambda: False,
    connections: int = 1,
) -> None:
    target = Relay(security=Security.NONE, host="127.0.0.1", port=relay.port)
    with begun(queue) as (run, _):
        smtp.send(target, queue.exchange, all_of, run, stopping, patience, connections)
