"""Mails -> an SMTP relay, by a few connections at once, and the relay's word on each."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from digest.core.errors import DeliveryError
from digest.core.mail import Exchange, Wanted
from digest.core.runfile import Run
from digest.core.settings import Delivery
from digest.deliver._courier import Courier
from digest.deliver._crew import STOPPED, Crew
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
    close(connect(parse(delivery.to), Patience()))


def deliver(
    delivery: Delivery, home: Path, exchange: Exchange, wanted: Wanted, run: Run, stopping: Callable[[], bool]
) -> None:
    """Send every mail that `exchange` hands out; DeliveryError, with the rest given back, when the relay will not.

    `exchange` is called by this thread alone, `wanted` and `stopping` by any.
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
    crew = Crew(run, stopping, patience, connections)
    works: list[Future[None]] = []
    with ThreadPoolExecutor(connections, "courier") as threads:
        try:
            for idle in _fed(crew, exchange, run):
                couriers = [
                    Courier(crew, relay, patience, run, wanted) for _ in range(min(idle, connections - len(works)))
                ]
                works += [threads.submit(courier.work) for courier in couriers]
            crew.end()
            while wait(works, 1).not_done:
                _settle(crew, exchange)
        finally:
            crew.end()
    trouble = next((error for work in works if (error := work.exception())), None)
    crew.dismiss(str(trouble) if isinstance(trouble, DeliveryError) else STOPPED)
    _settle(crew, exchange)
    if trouble:
        raise trouble


def _fed(crew: Crew, exchange: Exchange, run: Run) -> Iterator[int]:
    """Claim and settle as long as there are mails; yields how many threads more would have something to do."""
    while not crew.is_over:
        results, room = crew.collect(), crew.room()
        # Read before the claim: what is stopped after it must be seen.
        changes = run.changes()
        if results or room:
            mails = exchange(results, room)
            if room and not mails and crew.finish():
                return
            if room:
                yield crew.hand_out(mails, changes, is_all=len(mails) < room)
        crew.wait()


def _settle(crew: Crew, exchange: Exchange) -> None:
    if results := crew.collect():
        exchange(results, 0)
