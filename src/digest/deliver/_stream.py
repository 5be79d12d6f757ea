"""A connected socket, in the clear or under TLS -> bytes that leave and bytes that come, each in its time."""

import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import Final, Protocol, TypeAlias, TypeVar

from digest.deliver._loop import READ, WRITE, ready

Chunk: TypeAlias = bytes | memoryview
_Given = TypeVar("_Given")

_BLOCK: Final = 65_536
_CHUNKS: Final = 1_024
"""IOV_MAX of Linux and macOS: one call takes no more."""


class Stream(Protocol):
    """Bytes both ways; its coroutines raise OSError when the connection is lost or the time is up."""

    accepted: int
    """Bytes of the last chunks that may have left, whether or not all did."""

    @property
    def sock(self) -> socket.socket:
        """Where they go, to be closed by who has done with it."""

    async def send(self, chunks: Sequence[bytes], size: int, patience: float) -> None:
        """Send chunks of so many bytes as they are, at most so many seconds for each part that is taken."""

    async def receive(self, until: float) -> bytes:
        """Some bytes, none at the end, by that moment of `monotonic`."""


class Clear:
    """A `Stream` as it is."""

    __slots__ = ("accepted", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.accepted = 0

    async def send(self, chunks: Sequence[bytes], size: int, patience: float) -> None:
        """Send chunks; nothing is joined, and what the socket does not take at once follows."""
        self.accepted = 0
        rest: Sequence[Chunk] = chunks
        while True:
            try:
                taken = self.sock.sendmsg(rest[:_CHUNKS])
            except BlockingIOError:
                taken = 0
            self.accepted += taken
            if self.accepted >= size:
                return
            rest = _after(rest, taken)
            await ready(self.sock, WRITE, monotonic() + patience)

    async def receive(self, until: float) -> bytes:
        """Some bytes."""
        while True:
            await ready(self.sock, READ, until)
            try:
                return self.sock.recv(_BLOCK)
            except BlockingIOError:  # ready, and yet not (select(2), BUGS)
                continue


class Secured:
    """A `Stream` under TLS."""

    __slots__ = ("accepted", "sock")

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock = sock
        self.accepted = 0

    async def send(self, chunks: Sequence[bytes], size: int, patience: float) -> None:
        """Send chunks; of a block that fails nobody knows how much has left."""
        self.accepted = 0
        data = memoryview(b"".join(chunks))
        while self.accepted < size:
            block = data[self.accepted : self.accepted + _BLOCK]
            self.accepted += len(block)
            while block:
                block = block[await self._once(partial(self.sock.send, block), monotonic() + patience) :]

    async def receive(self, until: float) -> bytes:
        """Some bytes; TLS may have had them before anybody asked."""
        return await self._once(partial(self.sock.recv, _BLOCK), until)

    async def shake_hands(self, patience: float) -> None:
        """Begin TLS; ssl.SSLError when there can be none."""
        await self._once(self.sock.do_handshake, monotonic() + patience)

    async def _once(self, step: Callable[[], _Given], until: float) -> _Given:
        """What a step gives, once the socket is ready for it: TLS may have to read in order to write."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                events = READ
            except ssl.SSLWantWriteError:
                events = WRITE
            await ready(self.sock, events, until)


async def secured(sock: socket.socket, host: str, context: ssl.SSLContext, patience: float) -> Secured:
    """The socket under TLS, with a certificate for `host` that the context trusts; OSError otherwise."""
    stream = Secured(context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False))
    try:
        await stream.shake_hands(patience)
    except BaseException:
        stream.sock.close()
        raise
    return stream


def _after(chunks: Sequence[Chunk], taken: int) -> Sequence[Chunk]:
    """What is left of the chunks when so many bytes were taken."""
    for number, chunk in enumerate(chunks):
        if taken < len(chunk):
            return [memoryview(chunk)[taken:], *chunks[number + 1 :]]
        taken -= len(chunk)
    return ()
