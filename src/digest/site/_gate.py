"""Any request -> an answer with the site's headers, within its limits; one line of log without anything personal."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.site._headers import headers

HEADER = 16_384
"""Bytes of a request's address and header."""
BODY = 65_536
"""Bytes of a request's body: a form has a hundred."""
BODY_SECONDS = 10.0
"""From a request's first line to the end of its body."""
_SECONDS = 45.0
"""For a whole request: a database that others hold is waited for up to 30."""
_AT_ONCE = 200
"""Requests in work; four threads answer them within a second."""
_CLOSING = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""After these nothing more is heard on the connection: what comes is the rest of a body that nobody wants."""
_LENGTH = re.compile(r"[0-9]{1,9}")
_log = logging.getLogger(__name__)

Refuse = Callable[[Request, int], Response]
"""Request and status -> the page that says so."""


@dataclass(slots=True, eq=False)
class _Visit:
    """One request while it is answered."""

    scope: Scope
    receive: Receive
    send: Send
    given: dict[str, str]
    """Headers of an answer that has none of its own."""
    started: float = field(default_factory=monotonic)
    status: int = 0
    size: int = 0
    is_read: bool = False

    async def hear(self) -> Message:
        """The next piece of the body; HTTPException when it grows too long or comes too slowly."""
        left = self.started + BODY_SECONDS - monotonic()
        try:
            async with asyncio.timeout(None if self.is_read else left):
                message = await self.receive()
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
        self.size += len(message.get("body", b""))
        if self.size > BODY:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self.is_read = not message.get("more_body", False)
        return message

    async def say(self, message: Message) -> None:
        """Send a piece of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            told = MutableHeaders(scope=message)
            for name, value in self.given.items():
                told.setdefault(name, value)
            if self.status in _CLOSING:
                told["connection"] = "close"
        await self.send(message)


class Gate:
    """Stands around all pages."""

    def __init__(self, app: ASGIApp, *, url: str, refuse: Refuse) -> None:
        self._app = app
        self._given = dict(headers(url))
        self._refuse = refuse
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; whatever fails inside is a page without details."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = _Visit(scope, receive, send, self._given)
        self._inside += 1
        try:
            await self._answered(visit)
        except ClientDisconnect:
            pass
        finally:
            self._inside -= 1
            _tell(visit)

    async def _answered(self, visit: _Visit) -> None:
        length = Headers(scope=visit.scope).get("content-length", "0")
        if _head(visit.scope) > HEADER:
            await self._refused(visit, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._inside > _AT_ONCE:
            await self._refused(visit, HTTPStatus.SERVICE_UNAVAILABLE)
        elif not _LENGTH.fullmatch(length) or int(length) > BODY:
            await self._refused(visit, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            await self._guarded(visit, self._app(visit.scope, visit.hear, visit.say))

    async def _guarded(self, visit: _Visit, answering: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                await answering
        except ClientDisconnect:
            raise
        except Exception as error:
            # Not the request's words: a token may stand in them.
            _log.exception("a page failed", extra={"event": "page-failed", "route": _route(visit.scope)})
            if visit.status:
                raise  # the server closes the connection: half an answer is none
            is_late = isinstance(error, TimeoutError)
            status = HTTPStatus.SERVICE_UNAVAILABLE if is_late else HTTPStatus.INTERNAL_SERVER_ERROR
            await self._refused(visit, status)

    async def _refused(self, visit: _Visit, status: HTTPStatus) -> None:
        response = self._refuse(Request(visit.scope), status)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["retry-after"] = "10"
        await response(visit.scope, visit.hear, visit.say)


def _head(scope: Scope) -> int:
    """Bytes of a request's address and header."""
    fields = sum(len(name) + len(value) for name, value in scope["headers"])
    return fields + len(scope["path"]) + len(scope["query_string"])


def _route(scope: Scope) -> str:
    """The name of what answered, `-` when there is no such page: an address may be a token."""
    return str(getattr(scope.get("endpoint"), "__name__", "-"))


def _tell(visit: _Visit) -> None:
    done = {"route": _route(visit.scope), "status": visit.status, "ms": round((monotonic() - visit.started) * 1_000)}
    _log.info("request", extra={"event": "request"} | done)
