"""A newsletter's limits -> the door by which everything from the web comes in."""

from collections.abc import Iterable, Iterator
from functools import partial

from digest.core import plug
from digest.core.settings import Limits
from digest.core.web import Fetch, Request, Response
from digest.fetch.limits import DEFAULT, Bounds


def open_door(limits: Limits, bounds: Bounds = DEFAULT) -> Fetch:
    """A `Fetch` that reaches public http(s) hosts and `limits.allow` alone, and never raises for what a server does."""
    return partial(_fetch, limits, bounds)


def _fetch(limits: Limits, bounds: Bounds, requests: Iterable[Request]) -> Iterator[Response]:
    # Loading curl takes 11 ms, and many a run asks for nothing.
    answers: Iterator[Response] = plug.load("digest.fetch", "transfers").fetch(limits, bounds, requests)
    return answers
