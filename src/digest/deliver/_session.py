"""A relay -> a connection that is secured and logged in; what hinders it becomes one clear line."""

import os
import smtplib
import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass
from time import monotonic

from digest.core.errors import DeliveryError
from digest.deliver._relay import Relay, Security
from digest.deliver._reply import GREETING, LOGGED_IN, MORE, OK, WRONG_LOGIN, Reply

VARIABLE = "DIGEST_SMTP_PASSWORD"
_REPLY_LIMIT = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds to wait for a relay (RFC 5321 4.5.3.2)."""

    connect: float = 30
    command: float = 300
    """For the greeting and for each reply but the last; for each block of a mail too."""
    end: float = 600
    """For the reply to a whole mail: giving up early is what makes doubles."""
    reconnect: tuple[float, ...] = (0, 1, 5)
    """Before each try after a lost connection; when they are spent, the run stops."""


class UnreachableError(DeliveryError):
    """The relay cannot be reached now; in a moment it may be."""


class Session(smtplib.SMTP):
    """smtplib's commands on a socket of our own, with replies that end: in length and in time."""

    sock: socket.socket

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        super().__init__(timeout=patience.command)
        self.sock = sock
        self.patience = patience
        self._unread = b""
        # The end of a mail would wait for the acknowledgement of what came before it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def is_ahead(self) -> bool:
        """The relay has said more than was read."""
        return bool(self._unread)

    def command(self, line: str) -> Reply:
        """The reply to one ASCII command; OSError when there is none."""
        return Reply.read(*self.docmd(line))

    def answer(self, patience: float) -> Reply:
        """The reply to what was sent, within so many seconds; OSError when there is none."""
        return Reply.read(*self._read(patience))

    def getreply(self) -> tuple[int, bytes]:
        """The code and the lines of the next reply, as smtplib's own."""
        return self._read(self.patience.command)

    def secure(self, host: str) -> None:
        """TLS from here on, with a certificate for `host` that the system trusts; OSError otherwise."""
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=host)

    def _read(self, patience: float) -> tuple[int, bytes]:
        deadline = monotonic() + patience
        lines: list[bytes] = []
        room = _REPLY_LIMIT
        while True:
            line = self._line(deadline, room)
            room -= len(line) + 1
            if not line[:3].isdigit() or line[3:4] not in {b"", b" ", b"-"}:
                raise smtplib.SMTPServerDisconnected(f"it does not speak SMTP: {line[:80]!r}")
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                self.sock.settimeout(self.patience.command)
                return int(line[:3]), b"\n".join(lines)

    def _line(self, deadline: float, limit: int) -> bytes:
        """The next line without its end."""
        while b"\n" not in self._unread:
            if len(self._unread) > limit:
                raise smtplib.SMTPServerDisconnected("its reply does not end")
            # Zero would mean not to wait at all, which is another error.
            self.sock.settimeout(max(deadline - monotonic(), 0.001))
            received = self.sock.recv(4096)
            if not received:
                raise smtplib.SMTPServerDisconnected("it closed the connection")
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        if len(line) > limit:
            raise smtplib.SMTPServerDisconnected("its reply does not end")
        return line.rstrip(b"\r")


def connect(relay: Relay, patience: Patience) -> Session:
    """A session that may send mails; DeliveryError in one line, UnreachableError if it may pass."""
    password = os.environ.get(VARIABLE, "")
    if relay.user and not password:
        raise DeliveryError(f"{relay}: no password for {relay.user}: set {VARIABLE} in the environment")
    try:
        session = Session(socket.create_connection((relay.host, relay.port), patience.connect), patience)
        try:
            _greet(session, relay)
            if relay.user:
                _log_in(session, relay, password)
        except BaseException:
            session.close()
            raise
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message.rstrip(".")
        raise DeliveryError(f"{relay}: its certificate is not valid for {relay.host}: {why}") from None
    except ssl.SSLError as error:
        hint = "; is it smtp:// (STARTTLS) instead?" if relay.security is Security.IMPLICIT else ""
        raise DeliveryError(f"{relay}: no TLS: {error.reason or error}{hint}") from None
    except socket.gaierror as error:
        raise UnreachableError(f"{relay}: cannot find the host {relay.host}: {error.strerror}") from None
    except OSError as error:
        raise UnreachableError(f"{relay}: {reason(error)}") from None
    return session


def close(session: Session) -> None:
    """Say good-bye, but do not insist."""
    try:
        session.sock.settimeout(1)
        session.send(b"QUIT\r\n")
        session.answer(1)
    except OSError:
        pass
    finally:
        session.close()


def reason(error: OSError) -> str:
    """What went wrong with a connection, in words."""
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there (connection refused)"
    return error.strerror or str(error)


def _greet(session: Session, relay: Relay) -> None:
    if relay.security is Security.IMPLICIT:
        session.secure(relay.host)
    _expect(session.answer(session.patience.command), GREETING, f"{relay}: refuses to talk")
    _hello(session, relay)
    if relay.security is Security.STARTTLS:
        if not session.has_extn("starttls"):
            raise DeliveryError(
                f"{relay}: offers no STARTTLS, and nothing is sent in the clear (TLS at once: smtps://)"
            )
        _expect(session.command("STARTTLS"), GREETING, f"{relay}: refuses STARTTLS")
        if session.is_ahead:
            # Replies that somebody slipped in before TLS (CVE-2021-38371 and its kin).
            raise DeliveryError(f"{relay}: no TLS: it says more than it was asked, before TLS begins")
        session.secure(relay.host)
        # What was announced in the clear may have been forged.
        _hello(session, relay)


def _hello(session: Session, relay: Relay) -> None:
    _expect(Reply.read(*session.ehlo()), OK, f"{relay}: refuses EHLO")


def _log_in(session: Session, relay: Relay, password: str) -> None:
    """Log in by PLAIN (RFC 4616) or LOGIN, once: a relay locks out those who hammer."""
    offered = session.esmtp_features.get("auth", "").upper().split()
    plain, user, secret = map(_base64, (f"\0{relay.user}\0{password}", relay.user, password))
    if "PLAIN" in offered:
        steps = [f"AUTH PLAIN {plain}"]
    elif "LOGIN" in offered:
        steps = ["AUTH LOGIN", user, secret]
    else:
        raise DeliveryError(
            f"{relay}: offers neither AUTH PLAIN nor LOGIN, but {', '.join(offered) or 'no AUTH at all'}"
        )
    reply = Reply(code=MORE)
    while steps and reply.code == MORE:
        reply = session.command(steps.pop(0))
    # Some relays repeat a line they do not like.
    reply = reply.without(plain, secret, password)
    wrong = "wrong user or password" if reply.code == WRONG_LOGIN else "refuses the log-in"
    _expect(reply, LOGGED_IN, f"{relay}: {wrong} for {relay.user} ({VARIABLE})")


def _base64(text: str) -> str:
    return b64encode(text.encode("utf-8", "surrogateescape")).decode()


def _expect(reply: Reply, code: int, trouble: str) -> None:
    if reply.code != code:
        kind = UnreachableError if reply.kind == "4" else DeliveryError
        raise kind(f"{trouble}: {reply}")
