"""What is asked of the web and what comes back, as frozen values."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server asked to be shown again (RFC 9110 8.8); empty strings when it gave none."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One URL to fetch, with the validators of the last answer."""

    url: str
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back for a request; a failure is a value with `error` set and an empty body."""

    request: Request
    url: str
    """Where redirects ended."""
    status: int
    """HTTP status, 0 when no answer came."""
    content_type: str
    body: bytes
    validators: Validators
    error: str = ""
    """One clear line, empty when the fetch succeeded (304 included)."""


Fetch: TypeAlias = Callable[[Iterable[Request]], Iterator[Response]]
"""Fetches many at once; answers come in the order they are complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Bytes of one feed, page or text with what is known about them from outside."""

    data: bytes
    location: str
    """The URL it came from, or the path of the file."""
    content_type: str = ""
    """The HTTP Content-Type, empty for a file."""
