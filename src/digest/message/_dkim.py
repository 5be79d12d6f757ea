"""A newsletter's RSA key and a frozen mail -> the DKIM-Signature of each recipient's mail (RFC 6376).

rsa-sha256, relaxed/simple. What is equal in all mails of a variant is made canonical and hashed once.
"""

import os
import re
from base64 import b64encode
from calendar import timegm
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from textwrap import wrap
from typing import Final

from digest.core import plug
from digest.core.errors import DigestError, UsageError
from digest.message._marks import Frozen, cut_bytes

KEY_FILE: Final = "dkim.pem"
KEY_VARIABLE: Final = "DIGEST_DKIM_KEY"
_BITS = range(2048, 4097)  # what every verifier takes (RFC 8301 3.2), from what is safe
_SIGNED = (
    *("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"),
    *("Feedback-ID", "MIME-Version", "Content-Type"),
)
# Named once more than present, so that nobody adds one below the signature (RFC 6376 8.15).
_OVERSIGNED = (
    *("From", "To", "Subject", "Date", "Message-ID", "Cc", "Reply-To"),
    *("List-Unsubscribe", "List-Unsubscribe-Post"),
)
_HEADER = "DKIM-Signature: "
_COLUMNS = 76
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who answers for a mail: the public key stands in the DNS at `SELECTOR._domainkey.DOMAIN`."""

    selector: str
    domain: str
    sign: Callable[[bytes], bytes] = field(repr=False)
    """RSA with SHA-256, PKCS#1 v1.5: the same bytes give the same signature; 0.3 ms for 2048 bits."""


def load_signer(home: Path, selector: str, domain: str) -> Signer:
    """The signer with the key of DIGEST_DKIM_KEY or of HOME/dkim.pem; UsageError says why there is none."""
    for kind, name in (("selector", selector), ("domain", domain)):
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no {kind} to sign with; allowed is a name as in the DNS, such as digest2026")
    where, pem = _pem(home)
    try:
        bits, sign = plug.load("digest.message", "rsa").load(pem)
    except ImportError:
        raise UsageError("signing mails needs the package cryptography: pip install 'digest[dkim]'") from None
    except ValueError as error:
        raise UsageError(f"{where}: {error}; allowed is a private RSA key of 2048 bits or more") from None
    if bits not in _BITS:
        raise UsageError(f"{where}: the key has {bits} bits; allowed are {_BITS.start} to {_BITS.stop - 1}")
    return Signer(selector=selector, domain=domain, sign=sign)


def _pem(home: Path) -> tuple[str, bytes]:
    """Where the key was found, and the key."""
    pem = os.environb.get(KEY_VARIABLE.encode(), b"").strip()
    path = home / KEY_FILE
    if pem:
        return KEY_VARIABLE, pem
    if not path.is_file():
        raise UsageError(f"{path}: no such file; put the private RSA key there, or set {KEY_VARIABLE}")
    if path.stat().st_mode & 0o077:
        raise UsageError(f"{path}: others may read it; allowed is mode 0600: chmod 600 {path}")
    return str(path), path.read_bytes()


class Seal:
    """What the signatures of all mails made of one frozen mail have in common."""

    __slots__ = ("_body", "_fields", "_lines", "_places", "_sign", "_tail")

    def __init__(self, signer: Signer, frozen: Frozen) -> None:
        # The body is canonical as it is: `simple` only takes away empty lines at its end, and a frozen mail has none.
        head, _, body = frozen.data.partition(b"\r\n\r\n")
        fields = _relaxed(head)
        signed = [name for name in _SIGNED if name.lower() in fields]
        self._fields = cut_bytes(b"".join(fields[name.lower()] for name in signed), frozen.mark)
        self._places = tuple((place, self._fields[place].decode()) for place in range(1, len(self._fields), 2))
        first, *varying = cut_bytes(body, frozen.mark)
        self._body = sha256(first)
        self._tail = len(varying)
        self._sign = signer.sign
        tags = f"v=1; a=rsa-sha256; c=relaxed/simple; d={signer.domain}; s={signer.selector}; t={_moment(fields)};"
        listed = _folded(f"h={': '.join((*signed, *_OVERSIGNED))};", _COLUMNS)
        self._lines = [*_folded(tags, _COLUMNS - len(_HEADER)), *(line.replace(": ", ":") for line in listed)]

    def header(self, chunks: Sequence[bytes], values: Mapping[str, bytes]) -> bytes:
        """The DKIM-Signature of the mail in these chunks, its lines under 78 columns; the same for the same mail."""
        body = self._body.copy()
        for chunk in chunks[len(chunks) - self._tail :]:
            body.update(chunk)
        lines = [*self._lines, f"bh={b64encode(body.digest()).decode()};"]
        fields = self._fields.copy()
        for place, name in self._places:
            fields[place] = values[name]
        own = f"dkim-signature:{' '.join(lines)} b="
        signature = f"b={b64encode(self._sign(b''.join(fields) + own.encode())).decode()}"
        lines += [signature[start : start + _COLUMNS] for start in range(0, len(signature), _COLUMNS)]
        return (_HEADER + "\r\n ".join(lines) + "\r\n").encode()


def _folded(text: str, columns: int) -> list[str]:
    return wrap(text, columns, break_long_words=False, break_on_hyphens=False)


def _relaxed(head: bytes) -> dict[str, bytes]:
    """The header's fields by their names in small letters, each in its relaxed form (RFC 6376 3.4.2)."""
    fields = {}
    for raw in re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n"):
        name, _, value = raw.partition(b":")
        small = name.strip().lower()
        fields[small.decode()] = small + b":" + re.sub(rb"[ \t]+", b" ", value).strip(b" \t") + b"\r\n"
    return fields


def _moment(fields: Mapping[str, bytes]) -> int:
    """The Date in seconds since 1970: a mail that is made again gets the same signature."""
    try:
        return timegm(parsedate_to_datetime(fields["date"].partition(b":")[2].decode()).utctimetuple())
    except ValueError as error:
        raise DigestError(f"the mail's Date cannot be read: {error}") from None
