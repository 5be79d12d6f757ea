"""Mails that wait in memory for a backend, and what it says of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from digest.core.mail import Claim, Outgoing, Result, SendState
from digest.deliver import smtp
from digest.deliver._relay import Relay, Security
from digest.deliver._session import Patience
from scripted_relay import ScriptedRelay

QUICK = Patience(connect=2, command=0.5, end=0.5, reconnect=(0, 0, 0))
BODY = b"Subject: x\r\n\r\nHello\r\n"


@dataclass
class Queue:
    """A ledger of mails in memory: hands them out once and keeps what it is told of them."""

    waiting: list[Outgoing]
    results: list[Result] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def exchange(self, results: Sequence[Result], want: int) -> Sequence[Outgoing]:
        """Settle and claim."""
        self.results += results
        batch, self.waiting = self.waiting[:want], self.waiting[want:]
        self.batches.append(len(batch))
        return batch

    @property
    def states(self) -> list[SendState]:
        """What became of each mail that was handed out."""
        return [result.state for result in self.results]


def mail(number: int = 0, *chunks: bytes, email: str = "", sender: str = "bounces@example.org") -> Outgoing:
    claim = Claim(
        edition="e",
        subscriber=number,
        email=email or f"r{number}@example.org",
        message_id=f"<{number}@example.org>",
    )
    return Outgoing(claim=claim, chunks=chunks or (BODY,), return_path=sender)


def mails(count: int) -> Queue:
    return Queue([mail(number) for number in range(count)])


def deliver(
    relay: ScriptedRelay, queue: Queue, patience: Patience = QUICK, stopping: Callable[[], bool] = lambda: False
) -> None:
    target = Relay(security=Security.NONE, host="127.0.0.1", port=relay.port)
    smtp.run(target, queue.exchange, stopping, patience)
