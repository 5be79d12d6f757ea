"""A small SMTP server on loopback that says what a test tells it to, and keeps what it accepted."""

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

CLOSE = "close"
"""Instead of a reply: the connection ends."""
HANG = "hang"
"""Instead of a reply: silence."""
TAKE_AND_CLOSE = "take and close"
"""At the end of a mail: it is accepted, and nobody is told."""


@dataclass(frozen=True)
class Taken:
    """A mail that the relay accepted."""

    sender: str
    recipient: str
    data: bytes
    """Without the dots that were added for the way."""


@dataclass
class ScriptedRelay:
    """`script` has the replies to each command, in order; then the usual ones. `END` is the final dot."""

    script: Mapping[str, Sequence[str]] = field(default_factory=dict)
    features: Sequence[str] = ("PIPELINING", "8BITMIME", "SIZE 10240000")
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    user: str = ""
    password: str = ""
    drops_inside: int = 0
    """So many mails are cut off after their first line."""
    commands: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._left = {command: list(replies) for command, replies in self.script.items()}
        self._over = threading.Event()
        self._open: list[socket.socket] = []

    @property
    def recipients(self) -> list[str]:
        """Who got a mail, in order."""
        return [taken.recipient for taken in self.taken]

    def count(self, command: str) -> int:
        """How often a command came."""
        return sum(line.upper().startswith(command.upper()) for line in self.commands)

    def serve(self, listener: socket.socket) -> None:
        """Answer connections until the listener is closed."""
        while not self._over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        """End every conversation."""
        self._over.set()

    def _attend(self, connection: socket.socket) -> None:
        try:
            if self.tls and self.implicit:
                connection = self.tls.wrap_socket(connection, server_side=True)
            _Conversation(self, connection).hold()
        except (OSError, ValueError):
            pass  # the client has gone, or was never going to trust us
        finally:
            connection.close()

    def next_reply(self, command: str, usual: str) -> str:
        """What the script says now, or the usual reply."""
        left = self._left.get(command, [])
        return left.pop(0) if left else usual

    def wait_for_the_end(self) -> None:
        """Say nothing until the test is over."""
        self._over.wait(30)


class _Conversation:
    """One connection."""

    def __init__(self, relay: ScriptedRelay, connection: socket.socket) -> None:
        self.relay = relay
        self.connection = connection
        self.lines: BinaryIO = connection.makefile("rb")
        self.secured = relay.implicit
        self.sender = self.recipient = ""

    def hold(self) -> None:
        """Talk until somebody has enough."""
        try:
            alive = self.say("greeting", "220 scripted ESMTP")
            while alive and (line := self.lines.readline()):
                command = line.decode("latin-1").strip()
                self.relay.commands.append(command)
                alive = self.obey(command, command.split(" ")[0].upper())
        finally:
            self.lines.close()
            self.connection.close()

    def say(self, command: str, usual: str) -> bool:
        """Whether the connection goes on after the reply."""
        reply = self.relay.next_reply(command, usual)
        if command == "END" and (reply.startswith("2") or reply == TAKE_AND_CLOSE):
            self.relay.taken.append(Taken(self.sender, self.recipient, self.body))
        if reply == HANG:
            self.relay.wait_for_the_end()
        if reply in {CLOSE, HANG, TAKE_AND_CLOSE}:
            return False
        self.connection.sendall(reply.encode() + b"\r\n")
        self.last = reply
        return not reply.startswith(("421", "221"))

    def obey(self, command: str, verb: str) -> bool:
        """Do what a command asks for."""
        if verb == "EHLO":
            features = [*self.relay.features]
            if self.relay.tls and not self.secured:
                features.append("STARTTLS")
            if self.relay.user:
                features.append("AUTH PLAIN")
            return self.say(verb, "\r\n".join(f"250-{each}" for each in ("scripted", *features)) + "\r\n250 HELP")
        if verb == "STARTTLS":
            return self.start_tls()
        if verb == "AUTH":
            expected = b64encode(f"\0{self.relay.user}\0{self.relay.password}".encode()).decode()
            right = command == f"AUTH PLAIN {expected}"
            return self.say(verb, "235 2.7.0 welcome" if right else "535 5.7.8 authentication failed")
        if verb == "DATA":
            return self.say(verb, "354 go ahead") and (not self.last.startswith("354") or self.take())
        if verb == "MAIL":
            self.sender = command.partition("<")[2].partition(">")[0]
        if verb == "RCPT":
            self.recipient = command.partition("<")[2].partition(">")[0]
        return self.say(verb, "221 2.0.0 bye" if verb == "QUIT" else "250 2.0.0 ok")

    def start_tls(self) -> bool:
        """Go on in secret."""
        going = self.say("STARTTLS", "220 2.0.0 ready")
        if going and self.last.startswith("220") and self.relay.tls:
            self.lines.close()
            self.connection = self.relay.tls.wrap_socket(self.connection, server_side=True)
            self.lines = self.connection.makefile("rb")
            self.secured = True
        return going

    def take(self) -> bool:
        """Read a mail up to its dot, and answer."""
        lines = []
        while (line := self.lines.readline()) != b".\r\n":
            if self.relay.drops_inside and line:
                self.relay.drops_inside -= 1
                return False
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        self.body = b"".join(lines)
        return self.say("END", f"250 2.0.0 queued as {len(self.relay.taken) + 1}")


@contextmanager
def running(relay: ScriptedRelay, address: str = "127.0.0.1") -> Iterator[ScriptedRelay]:
    """The relay, listening on a port of its own."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family, backlog=64) as listener:
        relay.port = listener.getsockname()[1]
        thread = threading.Thread(target=relay.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            relay.stop()
            # Closing alone does not wake accept().
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
