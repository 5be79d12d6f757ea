"""One connection to a relay: commands and mails -> bytes on their way and replies, which end in length and in time."""

import smtplib
import socket
import ssl
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

from digest.deliver._reply import Reply

Chunk: TypeAlias = bytes | memoryview

_REPLY_LIMIT = 16_384
_BLOCK = 65_536
_GROUP = 4  # the replies to MAIL, RCPT and DATA, and what follows
_CHUNKS = 1_024
"""IOV_MAX of Linux and macOS: one call takes no more."""
_TIMEVAL = struct.Struct("@ll")


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


class Session(smtplib.SMTP):
    """smtplib's commands on a socket of our own, mails as chunks, and replies that end."""

    sock: socket.socket

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        super().__init__(timeout=patience.command)
        self.sock = sock
        self.patience = patience
        self.accepted = 0
        """Bytes of the last chunks that may have left."""
        self.carried = 0
        """Mails that left by this connection."""
        self._unread = b""
        # The end of a mail would wait for the acknowledgement of what came before it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel counts the seconds: Python would ask it twice for each mail, and let go of its lock twice.
        sock.settimeout(None)
        self._waits = {socket.SO_SNDTIMEO: 0.0, socket.SO_RCVTIMEO: 0.0}
        self.wait_at_most(patience.block, socket.SO_SNDTIMEO)

    @property
    def is_ahead(self) -> bool:
        """The relay has said more than was read."""
        return bool(self._unread)

    def command(self, line: str) -> Reply:
        """The reply to one ASCII command; OSError when there is none."""
        return Reply.read(*self.docmd(line))

    def answer(self, patience: float) -> Reply:
        """The reply to what was sent, within so many seconds; OSError when there is none."""
        return Reply.read(*self.read(patience))

    def getreply(self) -> tuple[int, bytes]:
        """The code and the lines of the next reply, as smtplib's own."""
        return self.read(self.patience.command)

    def secure(self, host: str) -> None:
        """TLS from here on, with a certificate for `host` that the system trusts; OSError otherwise."""
        self.sock.settimeout(self.patience.command)
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=host)

    def send_chunks(self, chunks: Sequence[bytes], size: int) -> None:
        """Send chunks of so many bytes as they are; on an OSError `accepted` says how much of them may have left."""
        self.accepted = 0
        self.wait_at_most(self.patience.block, socket.SO_SNDTIMEO)
        if isinstance(self.sock, ssl.SSLSocket):
            self._send_joined(memoryview(b"".join(chunks)))
            return
        rest: Sequence[Chunk] = chunks
        while self.accepted < size:
            taken = self.sock.sendmsg(rest[:_CHUNKS])
            self.accepted += taken
            if self.accepted < size:
                rest = _after(rest, taken)

    def read(self, patience: float) -> tuple[int, bytes]:
        """The code and the lines of the next reply, within so many seconds; OSError when there is none."""
        started = monotonic()
        if not self._unread:
            self._receive(patience)
        line, ended, rest = self._unread.partition(b"\n")
        if ended and line[3:4] == b" " and line[:3].isdigit():
            self._unread = rest
            return int(line[:3]), line[4:].strip()
        return self._read_lines(started + patience)

    def read_go_ahead(self) -> bool:
        """Whether the replies to MAIL, RCPT and DATA are here and all say yes, as most do; else nothing is read."""
        rest = _after_go_ahead(self._unread)
        self._unread = self._unread if rest is None else rest
        return rest is not None

    def _send_joined(self, data: memoryview) -> None:
        for start in range(0, len(data), _BLOCK):
            block = data[start : start + _BLOCK]
            # Of a block that fails nobody knows how much has left.
            self.accepted += len(block)
            self.sock.sendall(block)

    def _read_lines(self, deadline: float) -> tuple[int, bytes]:
        lines: list[bytes] = []
        room = _REPLY_LIMIT
        while True:
            line = self._line(deadline, room)
            room -= len(line) + 1
            if not line[:3].isdigit() or line[3:4] not in {b"", b" ", b"-"}:
                raise smtplib.SMTPServerDisconnected(f"it does not speak SMTP: {line[:80]!r}")
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)

    def _line(self, deadline: float, limit: int) -> bytes:
        """The next line without its end."""
        while b"\n" not in self._unread:
            if len(self._unread) > limit:
                raise smtplib.SMTPServerDisconnected("its reply does not end")
            # Zero would mean not to wait at all, which is another error.
            self._receive(max(deadline - monotonic(), 0.001))
        line, _, self._unread = self._unread.partition(b"\n")
        if len(line) > limit:
            raise smtplib.SMTPServerDisconnected("its reply does not end")
        return line.rstrip(b"\r")

    def _receive(self, patience: float) -> None:
        self.wait_at_most(patience, socket.SO_RCVTIMEO)
        received = self.sock.recv(_BLOCK)
        if not received:
            raise smtplib.SMTPServerDisconnected("it closed the connection")
        self._unread += received

    def wait_at_most(self, seconds: float, kind: int) -> None:
        """Let the next calls that send (SO_SNDTIMEO) or receive (SO_RCVTIMEO) last so long at most."""
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(seconds)
        elif self._waits[kind] != seconds:
            whole, part = divmod(max(seconds, 0.001), 1)  # zero would be for ever
            self.sock.setsockopt(socket.SOL_SOCKET, kind, _TIMEVAL.pack(int(whole), int(part * 1e6)))
            self._waits[kind] = seconds


def reason(error: OSError) -> str:
    """What went wrong with a connection, in words."""
    if isinstance(error, TimeoutError | BlockingIOError):  # the second is how the kernel says it
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


def _after(chunks: Sequence[Chunk], taken: int) -> Sequence[Chunk]:
    """What is left of the chunks when so many bytes were taken."""
    for number, chunk in enumerate(chunks):
        if taken < len(chunk):
            return [memoryview(chunk)[taken:], *chunks[number + 1 :]]
        taken -= len(chunk)
    return ()
