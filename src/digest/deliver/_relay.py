"""`[delivery] to` of an SMTP relay -> where it listens, how the way there is secured, and who logs in."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from digest.core import hosts

ALLOWED = (
    "allowed is smtp://user@relay:587 (STARTTLS), smtps://user@relay:465 (TLS) "
    "or smtp+plain://127.0.0.1:1025 (no TLS, loopback only), without a path"
)


class Security(StrEnum):
    """How the way to a relay is secured; the value is the scheme of its URL."""

    STARTTLS = "smtp"
    IMPLICIT = "smtps"
    """TLS from the first byte (RFC 8314)."""
    NONE = "smtp+plain"


_DEFAULT_PORT = {Security.STARTTLS: 587, Security.IMPLICIT: 465, Security.NONE: 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """An SMTP server that takes mails for the rest of the world; its password is never kept in a value."""

    security: Security
    host: str
    """A name as A-labels, or an IP address without brackets."""
    port: int
    user: str = ""
    """Empty: nobody logs in."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"relay {host}:{self.port}"


def parse(to: str) -> Relay:
    """The relay that a URL names; ValueError says what is allowed, and never repeats what may be a password."""
    # urlsplit drops tabs and line ends in silence.
    if not to.isprintable() or " " in to:
        raise ValueError(f"{ALLOWED}, spaces and control characters")
    try:
        parts = urlsplit(to)
        security = Security(parts.scheme)
        port = parts.port
        host = hosts.normalised(parts.hostname or "")
        user = unquote(parts.username or "", errors="strict")
    except ValueError:
        raise ValueError(ALLOWED) from None
    if parts.password is not None:
        raise ValueError("a password may not stand in the address: set DIGEST_SMTP_PASSWORD in the environment")
    named_port = not parts.netloc.endswith(":") and port != 0
    if not named_port or parts.path.strip("/") or "?" in to or "#" in to or not user.isprintable():
        raise ValueError(ALLOWED)
    if "@" in parts.netloc and not user:
        raise ValueError(f"{ALLOWED}; the user before the @ is missing")
    if security is Security.NONE and not hosts.is_loopback(host):
        raise ValueError(f"smtp+plain:// has no TLS, so {host} is refused: allowed are localhost, 127.0.0.1 and [::1]")
    return Relay(security=security, host=host, port=port or _DEFAULT_PORT[security], user=user)
