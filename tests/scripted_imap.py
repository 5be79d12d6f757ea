"""A small IMAP server on loopback that says what a test tells it to."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

Reply: TypeAlias = str | bytes | Callable[[str], Iterable[bytes]]
"""Text in which `{tag}` and `{uid}` are the command's, bytes as they are, or what makes them of tag and command."""

USUAL: Mapping[str, Reply] = {
    "greeting": "* OK ready\r\n",
    "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n",
    "AUTHENTICATE": "+ \r\n",
    "secret": "{tag} OK welcome\r\n",
    "SELECT": "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n{tag} OK done\r\n",
    "UID SEARCH": "* SEARCH 11 12 13\r\n{tag} OK done\r\n",
    "UID FETCH": "* 1 FETCH (UID {uid} RFC822.SIZE 2 BODY[]<0> {{2}}\r\nhi)\r\n{tag} OK done\r\n",
    "UID STORE": "{tag} OK stored\r\n",
    "LOGOUT": "* BYE\r\n{tag} OK done\r\n",
}


@dataclass
class ScriptedImap:
    """`replies` has what is said to a command instead of the usual."""

    replies: Mapping[str, Reply] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    port: int = 0
    _pending: str = ""
    """The tag of the log-in whose secret comes next."""

    @property
    def target(self) -> str:
        return f"imap+plain://me@127.0.0.1:{self.port}/INBOX"

    def of(self, verb: str) -> list[str]:
        """The commands that begin so."""
        return [command for command in self.commands if command.startswith(verb)]

    def serve(self, listener: socket.socket) -> None:
        """Talk with one client after the other until the listener is closed."""
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), connection, connection.makefile("rb") as lines:
                connection.settimeout(30)
                self._say(connection, "greeting", "", "")
                for line in lines:
                    self._hear(connection, line.decode().strip())

    def _hear(self, connection: socket.socket, line: str) -> None:
        tag, _, command = line.partition(" ")
        words = command.split(" ")
        self.commands.append(command or line)
        if command.startswith("AUTHENTICATE"):
            self._pending = tag
        if command:
            self._say(connection, " ".join(words[:2]) if words[0] == "UID" else words[0], tag, command)
        else:
            self._say(connection, "secret", self._pending, line)

    def _say(self, connection: socket.socket, verb: str, tag: str, command: str) -> None:
        reply = self.replies.get(verb, USUAL.get(verb, "{tag} OK done\r\n"))
        if isinstance(reply, str):
            uid = command.split(" ")[2] if verb == "UID FETCH" else ""
            reply = reply.format(tag=tag, uid=uid).encode()
        for part in [reply] if isinstance(reply, bytes) else reply(f"{tag} {command}"):
            connection.sendall(part)


@contextmanager
def running(replies: Mapping[str, Reply]) -> Iterator[ScriptedImap]:
    """The server, listening on a port of its own."""
    server = ScriptedImap(replies)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            # Closing alone does not wake accept().
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
