"""Requests -> responses: curl's multi interface in one thread, answers as they complete, each failure a value."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import chain

import pycurl

from digest.core import text
from digest.core.settings import Limits
from digest.core.web import Request, Response
from digest.fetch._transfer import Hop, Transfer, failure
from digest.fetch.guard import place
from digest.fetch.limits import Bounds


def fetch(limits: Limits, bounds: Bounds, requests: Iterable[Request]) -> Iterator[Response]:
    """The answer to each request, in the order they come."""
    queue = _Queue(bounds)
    multi = pycurl.CurlMulti()
    running: dict[pycurl.Curl, Transfer] = {}
    try:
        for request in requests:
            first = _first_hop(request)
            if isinstance(first, Response):
                yield first
            else:
                queue.add(first)
        while running or queue.ready:
            while queue.ready and len(running) < bounds.connections:
                transfer = Transfer(queue.ready.popleft(), limits, bounds)
                running[transfer.curl] = transfer
                multi.add_handle(transfer.curl)
            for curl, code, message in _completed(multi):
                transfer = running.pop(curl)
                outcome = transfer.outcome(code, message)
                multi.remove_handle(curl)
                transfer.close()
                queue.release(transfer.hop)
                if isinstance(outcome, Response):
                    yield outcome
                else:
                    queue.add(outcome)
    finally:
        for curl, transfer in running.items():
            multi.remove_handle(curl)
            transfer.close()
        multi.close()


def _completed(multi: pycurl.CurlMulti) -> Iterator[tuple[pycurl.Curl, int, str]]:
    """Transfers that ended, after waiting up to a second for one."""
    _, active = multi.perform()
    _, done, failed = multi.info_read()
    if active and not done and not failed:
        due = multi.timeout()
        multi.select(min(1.0, due / 1000) if due >= 0 else 1.0)
        return
    for curl, code, message in chain(((curl, pycurl.E_OK, "") for curl in done), failed):
        yield curl, code, message
        # Whoever takes the answers may be slow: the others move on between two of them.
        multi.perform()


def _first_hop(request: Request) -> Hop | Response:
    # One reading of a URL: what `link` made is what the guard compares and what curl is given.
    url = text.link(request.url)
    if url is None:
        return failure(request, request.url, "refused: not an http or https URL")
    return Hop(request=request, url=url.partition("#")[0])


class _Queue:
    """Hops in the order they came, never more than `per_host` of one host taken at a time.

    The queue is ours rather than curl's because curl's clock runs while it lets a transfer wait.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.ready: deque[Hop] = deque()
        self._free: defaultdict[str, int] = defaultdict(lambda: bounds.per_host)
        self._parked: defaultdict[str, deque[Hop]] = defaultdict(deque)

    def add(self, hop: Hop) -> None:
        """Take a hop in; it becomes ready when its host has a free place."""
        host = place(hop.url)
        if self._free[host]:
            self._free[host] -= 1
            self.ready.append(hop)
        else:
            self._parked[host].append(hop)

    def release(self, hop: Hop) -> None:
        """Give back the place of a hop that was ready."""
        host = place(hop.url)
        if self._parked[host]:
            self.ready.append(self._parked[host].popleft())
        else:
            self._free[host] += 1
