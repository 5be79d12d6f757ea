"""Mails -> an SMTP relay, by a few connections at once, and the relay's word on each."""

from collections.abc import Callable
from pathlib import Path

from digest.core.errors import DeliveryError
from digest.core.mail import Exchange, Wanted
from digest.core.runfile import Run
from digest.core.settings import Delivery
from digest.deliver._courier import Courier
from digest.deliver._crew import STOPPED, Crew
from digest.deliver._loop import Loop
from digest.deliver._loop import run as run_alone
from digest.deliver._relay import Relay, Security, parse
from digest.deliver._session import close, connect
from digest.deliver._wire import Patience

SCHEMES: tuple[str, ...] = tuple(Security)


def check_target(to: str) -> None:
    """Nothing; ValueError, which says what is allowed, when `to` names no relay."""
    parse(to)


def check(delivery: Delivery, home: Path) -> None:
    """Connect, secure, log in and leave; DeliveryError in one line when that cannot be done."""
    del home  # a relay is no folder

    async def looked_at() -> None:
        await close(await connect(parse(delivery.to), Patience()))

    run_alone(looked_at())


def deliver(
    delivery: Delivery, home: Path, exchange: Exchange, wanted: Wanted, run: Run, stopping: Callable[[], bool]
) -> None:
    """Send every mail that `exchange` hands out; DeliveryError, with the rest given back, when the relay will not.

    Its connections are served by the thread that calls, as `exchange` and `wanted` are called by it.
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
    try:
        while not crew.is_over:
            if crew.has_news and not _exchanged(crew, exchange, run):
                break
            for _ in range(min(crew.lacks, connections - len(loop))):
                loop.start(Courier(crew, relay, patience, run, wanted).work())
            loop.turn()
        crew.end()
        while len(loop):
            loop.turn()
            if crew.has_news:
                _exchanged(crew, exchange, run)
    finally:
        # Even when the ledger fails, what is in flight has to be known of.
        crew.end()
        while len(loop):
            loop.turn()
    trouble = next(iter(loop.errors), None)
    crew.dismiss(str(trouble) if isinstance(trouble, DeliveryError) else STOPPED)
    _exchanged(crew, exchange, run)
    if trouble:
        raise trouble


def _exchanged(crew: Crew, exchange: Exchange, run: Run) -> bool:
    """Settle and claim; whether there is anything left to do."""
    results, room = crew.collect(), crew.room()
    # Read before the claim: what is stopped after it must be seen.
    changes = run.changes()
    if not results and not room:
        return True
    batch = exchange(results, room)
    if room and not batch.mails and not batch.wait and crew.finish():
        return False
    if room:
        crew.hand_out(batch, changes, is_all=len(batch.mails) < room)
    return True
