"""A secret key and parts -> short tags that nobody else can make, each good for one purpose only."""

import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from digest.core.errors import KeyMissingError, UsageError

KEY_FILE = "digest.key"
FORMER_KEYS = "digest.key.old"
_LEAST_KEY = 32  # hex digits: 128 bit
_LONGEST_KEY = 4_096
_HASH_BLOCK = 64  # of SHA-256


@dataclass(frozen=True, slots=True)
class Key:
    """A secret to sign with; its `id` names it in a tag, so that keys can be changed."""

    secret: bytes
    former: tuple[bytes, ...] = ()
    """Secrets that signed before it, the oldest last: what they signed still holds."""

    @property
    def id(self) -> str:
        """Four hex digits that say which key made a tag."""
        return _begun(self.secret)[0]

    def __repr__(self) -> str:
        return f"Key({self.id})"

    def tag(self, purpose: str, *parts: str) -> str:
        """Key id and 128 bits of HMAC-SHA256 over purpose and parts: hex digits, fit for an address; 2 us."""
        return _tag(self.secret, purpose, parts)

    def lasting_tag(self, purpose: str, *parts: str) -> str:
        """The same by the oldest key: for what is stored and looked up, and may not change with the key."""
        return _tag((self.secret, *self.former)[-1], purpose, parts)

    def log_tag(self, address: str) -> str:
        """Eight hex digits that stand for an address in the log."""
        return self.lasting_tag("log", address)[4:12]

    def made(self, tag: str, purpose: str, *parts: str) -> bool:
        """Whether one of the keys made a tag for this purpose and these parts; takes the same time for any tag."""
        wanted = tag.encode("utf-8", "replace")
        found = [hmac.compare_digest(_tag(s, purpose, parts).encode(), wanted) for s in (self.secret, *self.former)]
        return any(found)


def _tag(secret: bytes, purpose: str, parts: Sequence[str]) -> str:
    name, inner, outer = _begun(secret)
    said, made = inner.copy(), outer.copy()
    # With their lengths, because no two lists of parts look alike then.
    said.update("".join([f"{len(part)}:{part}" for part in (purpose, *parts)]).encode())
    made.update(said.digest())
    digits: str = made.hexdigest()
    return name + digits[:32]


@cache
def _begun(secret: bytes) -> tuple[str, Any, Any]:
    """A key's id, and the two hashes of its HMAC (RFC 2104) before anything was said.

    Three tags are made for each mail: to begin anew takes most of the time, and copies of `hmac.HMAC` twice these.
    """
    padded = (sha256(secret).digest() if len(secret) > _HASH_BLOCK else secret).ljust(_HASH_BLOCK, b"\0")
    inner, outer = (sha256(bytes(byte ^ mask for byte in padded)) for mask in (0x36, 0x5C))
    return sha256(b"key id" + secret).hexdigest()[:4], inner, outer


def load_key(home: Path) -> Key:
    """The key of DIGEST_KEY or of HOME/digest.key; KeyMissingError when there is none.

    HOME/digest.key.old may hold those that were in use before, one a line, the oldest last.
    """
    secret = os.environb.get(b"DIGEST_KEY", b"").strip()
    path = home / KEY_FILE
    if not secret and not path.is_file():
        raise KeyMissingError(
            f"{path}: no such file; put your copy back or set DIGEST_KEY; `digest init` makes one in a new folder"
        )
    former = home / FORMER_KEYS
    earlier = _private(former).split() if former.exists() else []
    return Key(_checked(secret or _private(path)), tuple(map(_checked, earlier)))


def _private(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise UsageError(f"{path}: others may read it; allowed is mode 0600: chmod 600 {path}")
    return path.read_bytes().strip()


def _checked(secret: bytes) -> bytes:
    if len(secret) > _LONGEST_KEY:
        raise UsageError(f"the key has {len(secret):,} bytes: something else took its place; put your copy of it back")
    if len(secret) < _LEAST_KEY:
        raise UsageError(f"the key has {len(secret)} characters; allowed are {_LEAST_KEY} or more")
    return secret


def make_key(home: Path) -> Path:
    """Write a new secret to HOME/digest.key, mode 0600, unless there is one; return its path."""
    path = home / KEY_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    return path
