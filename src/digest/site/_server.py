"""An application and an address -> a server that runs until it is told to stop, and waits for nobody too long."""

import asyncio
import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from digest.core.errors import DigestError
from digest.site._gate import HEADER
from digest.site._headers import headers

HEADER_SECONDS = 10.0
"""For the whole header, and for what is left of a body that was refused."""
STALL_SECONDS = 20.0
"""For somebody who takes nothing of an answer."""
_CONNECTIONS = 800
"""At once; a process may usually open 1,024 files."""
_IDLE_SECONDS = 5
_STOP_SECONDS = 10


class Server(uvicorn.Server):
    """uvicorn, which is told to stop by a function and leaves signals to whoever owns the process."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], bool], ready: Callable[[int], None]) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        """Begin to listen, and say at which port."""
        await super().startup(sockets)
        self._ready(self.servers[0].sockets[0].getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop, asked ten times a second."""
        return await super().on_tick(counter) or self._stopping()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them as they are."""
        yield


class Impatient(H11Protocol):
    """A connection that must bring a header in time: uvicorn itself waits for ever."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection unless there are too many."""
        if isinstance(transport, asyncio.Transport):
            super().connection_made(transport)
        if len(self.connections) > _CONNECTIONS:
            transport.close()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came; while no request is in work the time runs."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        _cancel(self._deadline, self._stall)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait with the answer, which its reader does not take, and not for ever."""
        super().pause_writing()
        self._stall = self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on with it."""
        _cancel(self._stall)
        self._stall = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End what was idle."""
        self._end()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP with the headers of every answer."""
        given = [(name.encode(), value.encode()) for name, value in headers("").items()]
        head = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"), *given]
        for event in (h11.Response(status_code=400, headers=head), h11.Data(data=msg.encode()), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            _cancel(self._deadline)
            self._deadline = None
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self._end)

    def _end(self) -> None:
        """Close, and a little later without what nobody takes."""
        self.transport.close()
        self._stall = self._stall or self.loop.call_later(STALL_SECONDS, self.transport.abort)


def _cancel(*timers: asyncio.TimerHandle | None) -> None:
    for timer in filter(None, timers):
        timer.cancel()


def run(made: Starlette, listen: str, stopping: Callable[[], bool], ready: Callable[[int], None]) -> None:
    """Serve until `stopping`; DigestError when nothing can listen there."""
    host, _, port = listen.rpartition(":")
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # it would tell of requests, and of what we told already
    config = uvicorn.Config(
        made,
        host=host.strip("[]"),
        port=int(port),
        http=Impatient,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=HEADER,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    try:
        Server(config, stopping, ready).run()
    except SystemExit as end:  # uvicorn's way to say that the system let it have no socket
        number = getattr(end.__context__, "errno", None) or errno.EADDRINUSE
        why = "is another `digest serve` running?" if number == errno.EADDRINUSE else os.strerror(number).lower()
        raise DigestError(f"{listen}: cannot listen there; {why}") from None
