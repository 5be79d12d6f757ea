"""The URL of an IMAP folder -> where its server listens, how the way there is secured, who logs in and what is read."""

import re
from base64 import b64encode
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import unquote, urlsplit

from digest.core import hosts

VARIABLE: Final = "DIGEST_IMAP_PASSWORD"

_ALLOWED = (
    "allowed is imaps://user@host:993/INBOX (TLS) or imap+plain://user@127.0.0.1:143/INBOX (no TLS, loopback only)"
)
_OTHERS = re.compile(r"&|[^ -~]+")


class Security(StrEnum):
    """How the way to a server is secured; the value is the scheme of its URL."""

    TLS = "imaps"
    NONE = "imap+plain"


_DEFAULT_PORT = {Security.TLS: 993, Security.NONE: 143}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A folder on an IMAP server; its password is never kept in a value."""

    security: Security
    host: str
    """A name as A-labels, or an IP address without brackets."""
    port: int
    user: str
    folder: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"mailbox {host}:{self.port}"

    @property
    def key(self) -> str:
        """What tells its letters' ids from another folder's: small servers give them the same numbers."""
        return sha256(f"{self.user}@{self.host}/{self.folder}".encode()).hexdigest()[:8]


def parse(target: str) -> Server:
    """The folder that a URL names; ValueError says what is allowed, and never repeats what may be a password."""
    # urlsplit drops tabs and line ends in silence.
    if not target.isprintable() or " " in target:
        raise ValueError(f"{_ALLOWED}, spaces and control characters as %20")
    try:
        parts = urlsplit(target)
        security = Security(parts.scheme)
        port = parts.port
        host = hosts.normalised(parts.hostname or "")
        user = unquote(parts.username or "", errors="strict")
        folder = unquote(parts.path.strip("/"), errors="strict") or "INBOX"
    except ValueError:
        raise ValueError(_ALLOWED) from None
    if parts.password is not None:
        raise ValueError(f"a password may not stand in the address: set {VARIABLE} in the environment")
    named_port = not parts.netloc.endswith(":") and port != 0
    if not named_port or "?" in target or "#" in target or not (user + folder).isprintable():
        raise ValueError(_ALLOWED)
    if not user:
        raise ValueError(f"{_ALLOWED}; the user before the @ is missing")
    if security is Security.NONE and not hosts.is_loopback(host):
        raise ValueError(f"imap+plain:// has no TLS, so {host} is refused: allowed are localhost, 127.0.0.1 and [::1]")
    if folder.upper() == "INBOX":  # the one name without case (RFC 3501 5.1)
        folder = "INBOX"
    return Server(security=security, host=host, port=port or _DEFAULT_PORT[security], user=user, folder=folder)


def quoted(text: str) -> str:
    """Text as a quoted string of a command, other letters than ASCII in modified UTF-7 (RFC 3501 5.1.3)."""
    escaped = _OTHERS.sub(_shifted, text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shifted(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    return f"&{b64encode(found[0].encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-"
