"""A relay -> a connection that is secured and logged in; what hinders it becomes one clear line."""

import os
import socket
import ssl
from base64 import b64encode
from functools import cache, partial
from threading import Lock

from digest.core import hosts
from digest.core.errors import DeliveryError
from digest.deliver._loop import in_thread
from digest.deliver._relay import Relay, Security
from digest.deliver._reply import GREETING, LOGGED_IN, MORE, OK, WRONG_LOGIN, Reply
from digest.deliver._wire import Patience, Session, reason

VARIABLE = "DIGEST_SMTP_PASSWORD"
_GOOD_BYE = 1.0
"""Seconds for the reply to QUIT."""


class UnreachableError(DeliveryError):
    """The relay cannot be reached now; in a moment it may be."""


class Trust:
    """The certificates that the system trusts, read once: that takes 17 ms, in which a loop would do nothing else."""

    __slots__ = ("_context", "_lock")

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._lock = Lock()

    def context(self) -> ssl.SSLContext:
        """What TLS begins with; any thread may ask."""
        with self._lock:
            self._context = self._context or ssl.create_default_context()
            return self._context


async def connect(relay: Relay, patience: Patience, trust: Trust) -> Session:
    """A session that may send mails; DeliveryError in one line, UnreachableError if it may pass."""
    password = os.environ.get(VARIABLE, "")
    if relay.user and not password:
        raise DeliveryError(f"{relay}: no password for {relay.user}: set {VARIABLE} in the environment")
    try:
        session = Session(await in_thread(partial(_dialled, relay, patience.connect, trust)), patience)
        try:
            await _greet(session, relay, trust)
            if relay.user:
                await _log_in(session, relay, password)
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


async def close(session: Session) -> None:
    """Say good-bye, but do not insist."""
    try:
        await session.send("QUIT")
        await session.answer(_GOOD_BYE)
    except OSError:
        pass
    finally:
        session.close()


async def _greet(session: Session, relay: Relay, trust: Trust) -> None:
    if relay.security is Security.IMPLICIT:
        await session.secure(relay.host, trust.context())
    _expect(await session.answer(session.patience.command), GREETING, f"{relay}: refuses to talk")
    await _hello(session, relay)
    if relay.security is Security.STARTTLS:
        if "starttls" not in session.offered:
            raise DeliveryError(
                f"{relay}: offers no STARTTLS, and nothing is sent in the clear (TLS at once: smtps://)"
            )
        _expect(await session.command("STARTTLS"), GREETING, f"{relay}: refuses STARTTLS")
        if session.is_ahead:
            # Replies that somebody slipped in before TLS (CVE-2021-38371 and its kin).
            raise DeliveryError(f"{relay}: no TLS: it says more than it was asked, before TLS begins")
        await session.secure(relay.host, trust.context())
        # What was announced in the clear may have been forged.
        await _hello(session, relay)


async def _hello(session: Session, relay: Relay) -> None:
    """Say who we are, and learn what the relay offers (RFC 5321 4.1.1.1)."""
    await session.send(f"EHLO {_own_name()}")
    code, lines = await session.read(session.patience.command)
    _expect(Reply.read(code, lines), OK, f"{relay}: refuses EHLO")
    offered = dict[str, str]()
    for line in lines.decode("ascii", "replace").lower().split("\n")[1:]:
        # Some relays still say AUTH=LOGIN, beside the right line or instead of it.
        name, *parameters = line.replace("auth=", "auth ", 1).split() or [""]
        offered[name] = " ".join([offered.get(name, ""), *parameters]).strip()
    session.offered = offered


def _dialled(relay: Relay, seconds: float, trust: Trust) -> socket.socket:
    """A connection, and all else known that is wanted next and blocks: our own name in the DNS, whom to trust."""
    _own_name()
    if relay.security is not Security.NONE:
        trust.context()
    return socket.create_connection((relay.host, relay.port), seconds)


@cache
def _own_name() -> str:
    """This machine's full name, else an address (RFC 5321 4.1.3)."""
    try:
        name = hosts.normalised(socket.getfqdn())
        return name if "." in name and name[-1].isalpha() else f"[{socket.gethostbyname(socket.gethostname())}]"
    except (OSError, ValueError):
        return "[127.0.0.1]"


async def _log_in(session: Session, relay: Relay, password: str) -> None:
    """Log in by PLAIN (RFC 4616) or LOGIN, once: a relay locks out those who hammer."""
    offered = session.offered.get("auth", "").upper().split()
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
        reply = await session.command(steps.pop(0))
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
