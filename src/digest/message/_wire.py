"""The bytes of a frozen mail -> nothing, or why it must not leave."""

import re
from typing import Final

from digest.core.errors import DigestError
from digest.core.text import line
from digest.message._header import HEADER_NAMES, ONE_CLICK_NAMES, PERSONAL_NAMES

LONGEST: Final = 998
"""Bytes of a line without its end (RFC 5322 2.1.1)."""


def check(data: bytes) -> None:
    """DigestError, in one line, for a mail that a relay could read otherwise than we do.

    RFC 5321 2.3.8, CVE-2023-51764. The values that take the marks' places are looked at when a mail is made.
    """
    if not data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n") or not data.isascii():
        raise DigestError("the mail has a bare line end or a byte beyond ASCII")
    head, _, body = data.partition(b"\r\n\r\n")
    names = tuple(_name(field) for field in re.sub(r"\r\n[ \t]", " ", head.decode()).split("\r\n"))
    if names not in (HEADER_NAMES, ONE_CLICK_NAMES, PERSONAL_NAMES):
        raise DigestError(f"the mail's headers would be {line(', '.join(names))}: not as they should be")
    if not body.endswith(b"\r\n") or body.endswith(b"\r\n\r\n"):
        raise DigestError("the mail does not end with one whole line")
    if max(map(len, data.split(b"\r\n"))) > LONGEST:
        raise DigestError(f"the mail has a line of more than {LONGEST} bytes")
    if b"\r\n." in data:
        raise DigestError("the mail has a line that begins with a dot")


def _name(field: str) -> str:
    name, colon, _ = field.partition(":")
    return name if colon else "no name"
