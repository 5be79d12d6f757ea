"""A relay -> a connection that is secured and logged in; what hinders it becomes one clear line."""

import os
import socket
import ssl
from base64 import b64encode

from digest.core.errors import DeliveryError
from digest.deliver._relay import Relay, Security
from digest.deliver._reply import GREETING, LOGGED_IN, MORE, OK, WRONG_LOGIN, Reply
from digest.deliver._wire import Patience, Session, reason

VARIABLE = "DIGEST_SMTP_PASSWORD"


class UnreachableError(DeliveryError):
    """The relay cannot be reached now; in a moment it may be."""


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
        session.wait_at_most(1, socket.SO_SNDTIMEO)
        session.send(b"QUIT\r\n")
        session.answer(1)
    except OSError:
        pass
    finally:
        session.close()


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
