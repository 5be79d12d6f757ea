"""`[delivery] to` of an SMTP relay -> where it listens, how the way there is secured, and who logs in."""

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

ALLOWED = (
    "allowed is smtp://user@relay:587 (STARTTLS), smtps://user@relay:465 (TLS) "
    "or smtp+plain://127.0.0.1:1025 (no TLS, loopback only), without a path"
)
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?")


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
        host = _host(parts.hostname or "")
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
    if security is Security.NONE and not _is_loopback(host):
        raise ValueError(f"smtp+plain:// has no TLS, so {host} is refused: allowed are localhost, 127.0.0.1 and [::1]")
    return Relay(security=security, host=host, port=port or _DEFAULT_PORT[security], user=user)


def _host(text: str) -> str:
    """An IP address, or a name as A-labels; ValueError for anything else."""
    if "%" in text:
        raise ValueError("a zone names an interface of this machine, no relay")
    try:
        return str(ip_address(text))
    except ValueError:
        host = text.encode("idna").decode()
        if not _HOST.fullmatch(host):
            raise
        return host


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
