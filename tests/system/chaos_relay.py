"""SMTP on a loopback port -> a log of what was taken, refused for good and left without an answer; with eleven faults.

Usage: chaos_relay.py LOG TEMPER, a `Temper` as JSON; the port is the first line it prints. Lines of the log:
`accepted MESSAGE-ID ADDRESS`, `refused ADDRESS`, `silent ADDRESS`, each written before the peer can know.
"""

import json
import os
import random
import re
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
_END = b"\r\n.\r\n"
_INSIDE = 4096
"""So many bytes of a mail that is dropped inside are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """How a relay treats its clients."""

    chance: float = 0.0
    """Of each fault, each time it could happen.

    They are: 421 as greeting and to MAIL, 450 and 550 to RCPT, a close after 354 and inside the body, 451, 554 and 421
    at the end of a mail, and a close there instead of an answer, with the mail taken or not.
    """
    pipelining: bool = True
    """Whether it is announced; if not, whoever does not wait for an answer gets 503."""
    greylist: bool = False
    """Whether the first try of each address is put off."""
    delay: float = 0.0
    """At most so many seconds before a mail is taken, and again before that is said."""
    seed: int = 0


class Relay:
    """What all conversations share: the temper, the log, and who was put off."""

    def __init__(self, log: Path, temper: Temper) -> None:
        self.temper = temper
        self._log = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._known: set[str] = set()

    def note(self, *words: str) -> None:
        """Write a line of the log, at once."""
        os.write(self._log, f"{' '.join(words)}\n".encode())

    def puts_off(self, address: str) -> bool:
        """Whether an address is here for the first time and must come again."""
        new = self.temper.greylist and address not in self._known
        self._known.add(address)
        return new

    def serve(self, listener: socket.socket) -> None:
        """Answer connections for ever."""
        number = 0
        while True:
            connection, _ = listener.accept()
            # Several answers in a row would wait for the client's delayed acknowledgement, 40 ms a mail.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number += 1
            threading.Thread(target=self._attend, args=(connection, number), daemon=True).start()

    def _attend(self, connection: socket.socket, number: int) -> None:
        # A client that was killed or has gone is what this relay is for.
        with connection, suppress(ConnectionError, EOFError):
            Conversation(self, connection, number).hold()


class Wire:
    """A connection as lines."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.buffer = b""

    def say(self, reply: str) -> bool:
        """Send a reply; True."""
        self._connection.sendall(reply.encode() + b"\r\n")
        return True

    def until(self, mark: bytes) -> bytes:
        """What comes up to and with a mark."""
        while mark not in self.buffer:
            self.receive()
        data, found, self.buffer = self.buffer.partition(mark)
        return data + found

    def read(self, count: int) -> None:
        """Throw away so many bytes."""
        while len(self.buffer) < count:
            self.receive()
        self.buffer = self.buffer[count:]

    def receive(self) -> None:
        """Wait for more."""
        data = self._connection.recv(1 << 18)
        if not data:
            raise EOFError
        self.buffer += data


class Conversation:
    """One connection."""

    def __init__(self, relay: Relay, connection: socket.socket, number: int) -> None:
        self.relay, self.temper, self.wire = relay, relay.temper, Wire(connection)
        self.chance = random.Random(f"{relay.temper.seed}-{number}")  # noqa: S311  repeatable faults, no secret
        self.open = False
        self.recipients: list[str] = []

    def hold(self) -> None:
        """Talk until somebody has enough."""
        goes_on = not self.closing() and self.wire.say("220 chaos ESMTP")
        while goes_on:
            goes_on = self.obey(self.wire.until(b"\n").decode("latin-1").strip())

    def obey(self, line: str) -> bool:
        """Whether the conversation goes on after a command."""
        verb = line[:4].upper()
        # Nobody may send a mail before 354 has come, PIPELINING or not (RFC 2920 3.1).
        if self.wire.buffer and (verb == "DATA" or not self.temper.pipelining):
            return self.wire.say("503 5.5.0 wait for the answer") and False
        if verb == "EHLO":
            features = ["PIPELINING"] if self.temper.pipelining else []
            return self.wire.say(
                "\r\n".join(f"250-{each}" for each in ("chaos", *features, "8BITMIME")) + "\r\n250 SIZE"
            )
        if verb == "MAIL":
            return self.begin()
        if verb == "RCPT":
            return self.wire.say(self.verdict(line.partition("<")[2].partition(">")[0]))
        if verb == "DATA":
            return self.take() if self.recipients else self.wire.say("554 5.5.1 no valid recipients")
        if verb == "RSET":
            self.open, self.recipients = False, []
        return self.wire.say("221 2.0.0 bye") and False if verb == "QUIT" else self.wire.say("250 2.0.0 ok")

    def begin(self) -> bool:
        """An envelope's begin."""
        if self.open:
            return self.wire.say("503 5.5.1 nested MAIL")
        if self.closing():
            return False
        self.open, self.recipients = True, []
        return self.wire.say("250 2.1.0 ok")

    def verdict(self, address: str) -> str:
        """The answer to RCPT."""
        if self.relay.puts_off(address):
            return "450 4.7.1 greylisted"
        if self.hits():
            return "450 4.2.1 try later"
        if self.hits():
            self.relay.note("refused", address)
            return "550 5.1.1 no such user"
        self.recipients.append(address)
        return "250 2.1.5 ok"

    def take(self) -> bool:
        """Whether the conversation goes on after a mail."""
        self.wire.say("354 go ahead")
        if self.hits():
            return self.hush()
        if self.hits():
            self.wire.read(_INSIDE)
            return self.hush()
        found = _MESSAGE_ID.search(self.wire.until(_END))
        if self.wire.buffer and not self.temper.pipelining:
            return self.wire.say("503 5.5.0 wait for the answer") and False
        if found is None:
            return self.wire.say("554 5.6.0 no Message-ID")
        self.open = False
        return self.settle(found[1].decode())

    def settle(self, message_id: str) -> bool:
        """Say what becomes of a whole mail, or do not say it."""
        if self.hits():
            return self.hush()
        if self.hits():
            return self.wire.say("451 4.3.0 queue full")
        if self.hits():
            for address in self.recipients:
                self.relay.note("refused", address)
            return self.wire.say("554 5.7.1 refused")
        if self.closing():
            return False
        self.wait()
        for address in self.recipients:
            self.relay.note("accepted", message_id, address)
        if self.hits():
            return self.hush()
        self.wait()
        return self.wire.say("250 2.0.0 ok queued")

    def hush(self) -> bool:
        """The end of a connection whose client waits for the answer to a mail."""
        for address in self.recipients:
            self.relay.note("silent", address)
        return False

    def closing(self) -> bool:
        """Whether 421 was said."""
        return self.hits() and self.wire.say("421 4.3.2 closing")

    def hits(self) -> bool:
        """Whether a fault happens now."""
        return self.chance.random() < self.temper.chance

    def wait(self) -> None:
        """Take the time that a real relay takes."""
        time.sleep(self.chance.uniform(0, self.temper.delay))


if __name__ == "__main__":
    here = socket.create_server(("127.0.0.1", 0), backlog=512)
    sys.stdout.write(f"{here.getsockname()[1]}\n")
    sys.stdout.flush()
    Relay(Path(sys.argv[1]), Temper(**json.loads(sys.argv[2]))).serve(here)
