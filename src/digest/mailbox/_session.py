"""A server -> a connection that is logged in, with its folder open; what hinders it becomes one clear line."""

import os
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from digest.core.text import line
from digest.mailbox._answer import numbers, words
from digest.mailbox._letter import MailboxError
from digest.mailbox._server import VARIABLE, Server, quoted
from digest.mailbox._wire import Patience, Wire

KEYWORD = "$Digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a server says of the folder it opened."""

    validity: int
    """UIDVALIDITY: with another one, the folder's numbers begin anew."""
    count: int
    """Letters in it."""
    takes_keyword: bool
    """Whether our keyword can be set for good."""


@contextmanager
def connection(server: Server, patience: Patience) -> Iterator[Wire]:
    """A connection that is logged in, for as long as it is needed; MailboxError in one line."""
    password = os.environ.get(VARIABLE, "")
    if not password:
        raise MailboxError(f"{server}: no password for {server.user}: set {VARIABLE} in the environment")
    with hearing(server):
        wire = Wire(server, patience)
    try:
        with hearing(server):
            _log_in(wire, server, password)
        yield wire
        _leave(wire)
    finally:
        wire.shutdown()


@contextmanager
def hearing(server: Server) -> Iterator[None]:
    """Have whatever goes wrong with a connection said as a MailboxError."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message.rstrip(".")
        raise MailboxError(f"{server}: its certificate is not valid for {server.host}: {why}") from None
    except ssl.SSLError as error:
        raise MailboxError(f"{server}: no TLS: {error.reason or error}") from None
    except socket.gaierror as error:
        raise MailboxError(f"{server}: cannot find the host {server.host}: {error.strerror}") from None
    except OSError as error:
        raise MailboxError(f"{server}: {_reason(error)}") from None
    except (Wire.error, ValueError) as error:
        raise MailboxError(line(f"{server}: it does not answer as it should: {error}")) from None


def opened(wire: Wire, server: Server) -> Opened:
    """Open the folder for reading and flagging; MailboxError when that cannot be done."""
    wire.begin()
    with hearing(server):
        try:
            status, said = wire.select(quoted(server.folder))
        except Wire.readonly:
            why = f"{server.user} may not set flags in {server.folder}"
            raise MailboxError(f"{server}: {why}, without which letters cannot be marked as handled") from None
        if status != "OK":
            raise MailboxError(f"{server}: cannot open the folder {server.folder}: {words(said)}")
        flags = b" ".join(part for part in wire.response("PERMANENTFLAGS")[1] if isinstance(part, bytes)).lower()
        return Opened(
            validity=_number(wire.response("UIDVALIDITY")[1], "UIDVALIDITY"),
            count=0 if said == [b"0"] else _number(said, "EXISTS"),
            takes_keyword=b"\\*" in flags or KEYWORD.lower().encode() in flags.strip(b"()").split(),
        )


def _number(said: list[bytes | None], name: str) -> int:
    found = numbers(said[-1:])
    if len(found) != 1:
        raise ValueError(f"it names no {name}")
    return found[0]


def _log_in(wire: Wire, server: Server, password: str) -> None:
    """Log in by PLAIN (RFC 4616) or LOGIN, once: a server locks out those who hammer."""
    token = f"\0{server.user}\0{password}".encode("utf-8", "surrogateescape")
    wire.begin()
    try:
        if "AUTH=PLAIN" in wire.capabilities:
            wire.authenticate("PLAIN", lambda _challenge: token)
        elif "LOGINDISABLED" in wire.capabilities:
            raise MailboxError(f"{server}: offers no log-in by password")
        elif not (password.isascii() and password.isprintable()):
            raise MailboxError(f"{server}: takes only a password of ASCII characters ({VARIABLE}): no AUTH=PLAIN")
        else:
            wire.login(quoted(server.user), password)
    except (Wire.abort, ValueError):
        # What it said may hold what it was told.
        raise MailboxError(f"{server}: breaks off the log-in of {server.user}") from None
    except Wire.error as error:
        said = str(error)
        # Some servers repeat a line they do not like.
        for secret in (b64encode(token).decode(), password, password.replace("\\", "\\\\").replace('"', '\\"')):
            said = said.replace(secret, "***")
        raise MailboxError(line(f"{server}: wrong user or password for {server.user} ({VARIABLE}): {said}")) from None


def _leave(wire: Wire) -> None:
    """Say good-bye, but do not insist."""
    with suppress(OSError, ValueError, Wire.error):
        wire.begin(1)
        wire.logout()


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there (connection refused)"
    return line(error.strerror or str(error))
