"""Mails -> an SMTP relay, by a few connections at once, and the relay's word on each."""

from collections.abc import Callable
from pathlib import Path

from digest.core.errors import DeliveryError
from digest.core.mail import Exchange, Wanted, never
from digest.core.runfile import Run
from digest.core.settings import Delivery
from digest.deliver._courier import Courier
from digest.deliver._crew import STOPPED, Crew
from digest.deliver._loop import Loop
from digest.deliver._loop import run as run_alone
from digest.deliver._relay import Relay, Security, parse
from digest.deliver._session import Trust, close, connect
from digest.deliver._wire import Patience

SCHEMES: tuple[str, ...] = tuple(Security)


def check_target(to: str) -> None:
    """Nothing; ValueError, which says what is allowed, when `to` names no relay."""
    parse(to)


def check(delivery: Delivery, home: Path, stopping: Callable[[], bool] = never) -> None:
    """Connect, secure, log in and leave; DeliveryError in one line when that cannot be done, or was stopped."""
    del home  # a relay is no folder

    relay = parse(delivery.to)

    async def looked_at() -> None:
        await close(await connect(relay, Patience(), Trust()))

    try:
        run_alone(looked_at(), stopping)
    except InterruptedError:
        raise DeliveryError(f"{relay}: stopped while it was asked") from None


def deliver(
    delivery: Delivery, home: Path, exchange: Exchange, wanted: Wanted, run: Run, stopping: Callable[[], bool]
) -> None:
    """Send every mail that `exchange` hands out; DeliveryError, with the rest given back, when the relay will not.

    The thread that calls serves all connections, and calls `exchange` and `wanted`.
    """
    del home  # a relay is no folder
    send(parse(delivery.to), exchange, wanted, run, stopping, Patience(), delivery.connections)


def send(
    relay: Relay,
    exchange: Exchange,
    wanted: Wanted,
    run: Run,
    stopping: Callable[[], bool],
    patience: Patience,
    connections: int,
) -> None:
    """`deliver` with the seconds to wait."""
    loop = Loop()
    crew = Crew(loop, run, wanted, stopping, patience, connections)
    couriers = [Courier(crew, relay, patience, run, wanted) for _ in range(connections)]
    try:
        while len(loop) or not crew.is_over:
            if crew.has_news:
                _exchange(crew, exchange, run)
            for _ in range(min(crew.lacks, len(couriers))):
                loop.start(couriers.pop().work())
            _turn(loop, crew)
    finally:
        # Even when the ledger fails, what is in flight has to be known of.
        crew.end()
        while len(loop):
            _turn(loop, crew)
    trouble = next(iter(loop.errors), None)
    crew.dismiss(str(trouble) if isinstance(trouble, DeliveryError) else STOPPED)
    _exchange(crew, exchange, run)
    if trouble:
        raise trouble


def _turn(loop: Loop, crew: Crew) -> None:
    loop.turn()
    if crew.is_over:
        crew.end()
    if crew.may_leave:
        loop.abandon()


def _exchange(crew: Crew, exchange: Exchange, run: Run) -> None:
    """Settle and claim; the couriers wait meanwhile, and would for the interpreter's lock if another thread did it."""
    results, room = crew.collect()
    # Read before the claim: what is stopped after it must be seen.
    changes = run.changes()
    if results or room:
        crew.hand_out(exchange(results, room), room, changes)
