"""What a relay said -> its code, its enhanced code (RFC 3463) and one clean line."""

import re
from typing import Final, NamedTuple, Self

from digest.core.text import line

# RFC 5321 4.2.3 and RFC 4954 6.
GREETING: Final = 220
OK: Final = 250
MORE: Final = 334
LOGGED_IN: Final = 235
GO_AHEAD: Final = 354
CLOSING: Final = 421
LOGIN_NEEDED: Final = 530
WRONG_LOGIN: Final = 535

TEXT_LIMIT = 500
# Of an enhanced code.
_KINDS = frozenset("245")
_PARTS = _DIGITS = 3
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


class Reply(NamedTuple):
    """A relay's answer; code 0 where there was none."""

    code: int
    enhanced: str = ""
    text: str = ""
    """One clean line of at most 500 characters."""

    @classmethod
    def read(cls, code: int, message: bytes) -> Self:
        """A reply from its code and its lines, which all may begin with the enhanced code."""
        if quick := _one_line(message):
            return cls(code=code, enhanced=quick[0], text=quick[1])
        lines = message.decode("utf-8", "replace").split("\n")
        found = _ENHANCED.match(lines[0])
        words = " ".join(_ENHANCED.sub("", each, count=1) if _ENHANCED.match(each) else each for each in lines)
        return cls(code=code, enhanced=found[1] if found else "", text=line(words, TEXT_LIMIT))

    @property
    def codes(self) -> str:
        """Such as `550 5.1.1`; empty when there was no reply."""
        if not self.code:
            return ""
        return f"{self.code} {self.enhanced}" if self.enhanced else str(self.code)

    @property
    def kind(self) -> str:
        """The first digit: 2 is yes, 3 is go on, 4 is not now, 5 is no (RFC 5321 4.2.1); empty without a reply."""
        return str(self.code)[0] if self.code else ""

    def without(self, *secrets: str) -> Self:
        """The reply with each secret blotted out."""
        text = self.text
        for secret in secrets:
            text = text.replace(secret, "***")
        return self._replace(text=text)

    def __str__(self) -> str:
        return f"{self.codes} {self.text}".strip()


def _one_line(message: bytes) -> tuple[str, str] | None:
    """The enhanced code and the text of a reply that is one clean line already, as nearly all are."""
    if len(message) > TEXT_LIMIT or not message.isascii():
        return None
    text = message.decode("ascii")
    if not text.isprintable() or "  " in text:
        return None
    first, _, words = text.partition(" ")
    parts = first.split(".")
    if len(parts) == _PARTS and parts[0] in _KINDS and all(p.isdigit() and len(p) <= _DIGITS for p in parts):
        return first, words
    return "", text
