"""A small SMTP server on loopback that says what a test tells it to, and keeps what it accepted."""

import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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
    held: int = 0
    """So many mails are answered only after the next one's DATA has come; MAIL and RCPT then are too."""
    pause: float = 0
    """Seconds before each reply to a command of a transaction."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Recipient -> the reply to RCPT."""
    room: int = 1_000
    """Connections at once; whoever comes later hears 421."""
    commands: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    crowd: list[int] = field(default_factory=list)
    """Connections that were open when each mail was taken."""
    port: int = 0

    def __post_init__(self) -> None:
        self._left = {command: list(replies) for command, replies in self.script.items()}
        self._over = threading.Event()
        self.lock = threading.Lock()

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
            # As relays do: a reply would wait for the acknowledgement of the one before it.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        """End every conversation."""
        self._over.set()

    def _attend(self, connection: socket.socket) -> None:
        with self.lock:
            if self.open >= self.room:
                with suppress(OSError), connection:
                    connection.sendall(b"421 4.7.0 too many connections\r\n")
                return
            self.open += 1
        try:
            if self.tls and self.implicit:
                connection = self.tls.wrap_socket(connection, server_side=True)
            _Conversation(self, connection).hold()
        except (OSError, ValueError):
            pass  # the client has gone, or was never going to trust us
        finally:
            connection.close()
            with self.lock:
                self.open -= 1

    def next_reply(self, command: str, usual: str) -> str:
        """What the script says now, or the usual reply."""
        with self.lock:
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
        self.sender: str | None = None
        self.recipient = self.last = ""
        self.unsaid = b""

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
        if self.relay.pause and command in {"MAIL", "RCPT", "DATA", "END"}:
            time.sleep(self.relay.pause)
        if command == "END" and self.recipient and (reply.startswith("2") or reply == TAKE_AND_CLOSE):
            self.relay.crowd.append(self.relay.open)
            self.relay.taken.append(Taken(self.sender or "", self.recipient, self.body))
        if reply == HANG:
            self.relay.wait_for_the_end()
        if reply in {CLOSE, HANG, TAKE_AND_CLOSE}:
            return False
        holds_back = self.holds_back(command)
        self.unsaid += reply.encode() + b"\r\n"
        self.last = reply
        if not holds_back:
            self.connection.sendall(self.unsaid)
            self.unsaid = b""
        return not reply.startswith(("421", "221"))

    def holds_back(self, command: str) -> bool:
        """Whether a reply waits for the next ones."""
        if command in {"MAIL", "RCPT"}:
            return bool(self.relay.held or self.unsaid)
        if command == "END" and self.relay.held:
            self.relay.held -= 1
            return True
        return False

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
        if verb in {"MAIL", "RCPT", "DATA", "RSET"}:
            return self.transact(command, verb)
        return self.say(verb, "221 2.0.0 bye" if verb == "QUIT" else "250 2.0.0 ok")

    def transact(self, command: str, verb: str) -> bool:
        """Keep what a transaction needs; without a recipient there is none."""
        address = command.partition("<")[2].partition(">")[0]
        if verb == "DATA":
            usual = "354 go ahead" if self.recipient else "554 5.5.1 no valid recipients"
            return self.say(verb, usual) and (not self.last.startswith("354") or self.take())
        usual = "503 5.5.1 MAIL first" if verb == "RCPT" and self.sender is None else "250 2.0.0 ok"
        going = self.say(verb, self.relay.refused.get(address, usual))
        if verb != "RCPT":
            self.sender = address if verb == "MAIL" and self.last.startswith("2") else None
        self.recipient = address if verb == "RCPT" and going and self.last.startswith("2") else ""
        return going

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
        usual = f"250 2.0.0 queued as {len(self.relay.taken) + 1}" if self.recipient else "554 5.5.1 for nobody"
        going = self.say("END", usual)
        self.sender, self.recipient = None, ""
        return going


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
