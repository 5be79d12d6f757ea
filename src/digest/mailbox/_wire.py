"""One connection to an IMAP server: commands -> answers, which end in length and in time."""

import imaplib
import socket
import ssl
from dataclasses import dataclass
from time import monotonic
from typing import Final

from digest.mailbox._letter import DATA_LIMIT
from digest.mailbox._server import Security, Server

_ANSWER_LIMIT: Final = DATA_LIMIT + (1 << 19)
"""Bytes of all that is said in answer to one command; a letter is the longest that is asked for."""
_LINES: Final = 20_000
"""Lines of it: each is kept as an object of its own."""
_BLOCK: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds to wait for a server."""

    connect: float = 30
    command: float = 60
    """For the whole answer to one command: what ends a server that drips."""
    total: float = 600
    """For all letters of one reading; the next one goes on where it ended."""


class Wire(imaplib.IMAP4):
    """imaplib's commands; its own way to read takes literals of any length and waits for ever."""

    sock: socket.socket

    def __init__(self, server: Server, patience: Patience) -> None:
        self._server = server
        self._patience = patience
        self._unread = bytearray()
        super().__init__(server.host, server.port, patience.connect)

    def begin(self, seconds: float = 0) -> None:
        """Give what comes next the time and the room of one answer, and forget what was said before."""
        seconds = seconds or self._patience.command
        self._deadline = monotonic() + seconds
        self._room = _ANSWER_LIMIT
        self._lines = _LINES
        self.untagged_responses = {}
        self.sock.settimeout(seconds)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """Connect; by TLS with a certificate for `host` that the system trusts. OSError otherwise."""
        self.sock = socket.create_connection((host, port), timeout)
        if self._server.security is Security.TLS:
            try:
                self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=host)
            except BaseException:
                self.sock.close()
                raise
        self.begin()

    def read(self, size: int) -> bytes:
        """The next so many bytes; OSError when they are more than an answer may have, or do not come in time."""
        if size > self._room + len(self._unread):
            raise OSError(f"it announces {size:,} bytes, for which no answer has room")
        while len(self._unread) < size:
            self._receive()
        return self._taken(size)

    def readline(self) -> bytes:
        """The next line with its end; OSError when it has none, or does not come in time."""
        self._lines -= 1
        if self._lines < 0:
            raise OSError("its answer does not end")
        searched = 0
        while (end := self._unread.find(b"\n", searched)) < 0:
            searched = len(self._unread)
            self._receive()
        return self._taken(end + 1)

    def shutdown(self) -> None:
        """Have no connection any more."""
        self.sock.close()

    def _receive(self) -> None:
        self.sock.settimeout(self._left())
        received = self.sock.recv(_BLOCK)
        if not received:
            raise ConnectionError("it closed the connection")
        self._room -= len(received)
        if self._room < 0:
            raise OSError("its answer does not end")
        self._unread += received

    def _left(self) -> float:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _taken(self, size: int) -> bytes:
        data = bytes(self._unread[:size])
        del self._unread[:size]
        return data
