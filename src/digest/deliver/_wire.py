"""One connection to a relay: commands and mails -> bytes on their way and replies, which end in length and in time."""

import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from digest.deliver._reply import Reply
from digest.deliver._stream import Clear, Stream, secured

_REPLY_LIMIT = 16_384
_GROUP = 4  # the replies to MAIL, RCPT and DATA, and what follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds to wait for a relay (RFC 5321 4.5.3.2)."""

    connect: float = 30
    command: float = 300
    """For the greeting and for each reply but the next two."""
    data: float = 120
    block: float = 180
    """For the relay to take some more of a mail."""
    end: float = 600
    """For the reply to a whole mail: giving up early is what makes doubles."""
    reconnect: tuple[float, ...] = (0, 1, 5)
    """Before each try after losses in a row; when they are spent, the run stops."""
    quiet: float = 30
    """After the relay had enough of us, until it gets one connection more."""


class Session:
    """A conversation with a relay; its coroutines raise OSError when the connection is lost or the time is up."""

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        # The end of a mail would wait for the acknowledgement of what came before it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(0)
        self.patience = patience
        self.offered: Mapping[str, str] = {}
        """Extensions that the relay announced, in lower case, with their parameters."""
        self.carried = 0
        """Mails that left by this connection."""
        self._stream: Stream = Clear(sock)
        self._unread = b""

    @property
    def is_ahead(self) -> bool:
        """The relay has said more than was read."""
        return bool(self._unread)

    @property
    def accepted(self) -> int:
        """Bytes of what was sent last that may have left."""
        return self._stream.accepted

    async def secure(self, host: str, context: ssl.SSLContext) -> None:
        """TLS from here on, with a certificate for `host` that the context trusts."""
        self._stream = await secured(self._stream.sock, host, context, self.patience.command)

    async def command(self, line: str) -> Reply:
        """The reply to one ASCII command."""
        await self.send(line)
        return await self.answer(self.patience.command)

    async def send(self, line: str) -> None:
        """Send one ASCII command, or several with line ends between them."""
        data = f"{line}\r\n".encode("ascii")
        await self.send_chunks((data,), len(data))

    async def send_chunks(self, chunks: Sequence[bytes], size: int) -> None:
        """Send chunks of so many bytes as they are; on an OSError `accepted` says how much of them may have left."""
        await self._stream.send(chunks, size, self.patience.block)

    async def answer(self, patience: float) -> Reply:
        """The reply to what was sent, within so many seconds."""
        return Reply.read(*await self.read(patience))

    async def read(self, patience: float) -> tuple[int, bytes]:
        """The code and the lines of the next reply, within so many seconds."""
        until = monotonic() + patience
        if not self._unread:
            await self._receive(until)
        line, ended, rest = self._unread.partition(b"\n")
        if ended and line[3:4] == b" " and line[:3].isdigit():
            self._unread = rest
            return int(line[:3]), line[4:].strip()
        return await self._read_lines(until)

    def read_go_ahead(self) -> bool:
        """Whether the replies to MAIL, RCPT and DATA are here and all say yes, as most do; else nothing is read."""
        rest = _after_go_ahead(self._unread)
        self._unread = self._unread if rest is None else rest
        return rest is not None

    def close(self) -> None:
        """Say nothing more."""
        self._stream.sock.close()

    async def _read_lines(self, until: float) -> tuple[int, bytes]:
        lines: list[bytes] = []
        room = _REPLY_LIMIT
        while True:
            line = await self._line(until, room)
            room -= len(line) + 1
            if not line[:3].isdigit() or line[3:4] not in {b"", b" ", b"-"}:
                raise ConnectionResetError(f"it does not speak SMTP: {line[:80]!r}")
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)

    async def _line(self, until: float, limit: int) -> bytes:
        """The next line without its end."""
        while b"\n" not in self._unread:
            if len(self._unread) > limit:
                raise ConnectionResetError("its reply does not end")
            await self._receive(until)
        line, _, self._unread = self._unread.partition(b"\n")
        if len(line) > limit:
            raise ConnectionResetError("its reply does not end")
        return line.rstrip(b"\r")

    async def _receive(self, until: float) -> None:
        received = await self._stream.receive(until)
        if not received:
            raise ConnectionResetError("it closed the connection")
        self._unread += received


def reason(error: OSError) -> str:
    """What went wrong with a connection, in words."""
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there (connection refused)"
    return error.strerror or str(error)


def _after_go_ahead(unread: bytes) -> bytes | None:
    """What follows the replies to MAIL, RCPT and DATA, if all three are here and say yes."""
    replies = unread.split(b"\n", 3)
    if len(replies) != _GROUP or not replies[2].startswith(b"354 "):
        return None
    sender, recipient = replies[0], replies[1]
    is_yes = sender[:1] + sender[3:4] + recipient[:1] + recipient[3:4] == b"2 2 "
    return replies[3] if is_yes and (sender[:3] + recipient[:3]).isdigit() else None
