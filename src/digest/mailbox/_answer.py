"""An answer as imaplib gives it -> the numbers or the letter in it; ValueError where it is not what was asked for."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from digest.core.text import line

Parts: TypeAlias = Sequence[bytes | tuple[bytes, bytes] | None]
"""Lines, or a line that announces a literal together with it; what ends that line is a part of its own."""

_NUMBER = re.compile(rb"[1-9][0-9]{0,9}")
_UID = re.compile(rb"\bUID ([0-9]{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE ([0-9]{1,18})\b")
_BODY = re.compile(rb'\bBODY\[\](?:<0>)? (?:NIL|"((?:[^"\\]|\\.)*)"|\{[0-9]+\}$)', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The beginning of a letter, and how long it is."""

    data: bytes
    size: int


def numbers(parts: Parts) -> list[int]:
    """The numbers of a SEARCH, ascending, each once."""
    found = {number for part in parts if isinstance(part, bytes) for number in part.split()}
    if not all(_NUMBER.fullmatch(number) for number in found):
        raise ValueError("it answers a search with what are no numbers")
    return sorted(map(int, found))


def body(parts: Parts, uid: int) -> Body | None:
    """The body of one letter in the answer to a FETCH, between which others' flags may be told; None without it."""
    for text, literal in _responses(parts):
        found, number = _BODY.search(text), _UID.search(text)
        if found and number and int(number[1]) == uid:
            data = literal or re.sub(rb"\\(.)", rb"\1", found[1] or b"")
            size = _SIZE.search(text)
            return Body(data=data, size=max(len(data), int(size[1]) if size else 0))
    return None


def words(parts: Parts) -> str:
    """What a server says of itself, as one line."""
    return line(" ".join(part.decode("utf-8", "replace") for part in parts if isinstance(part, bytes)))


def _responses(parts: Parts) -> Iterator[tuple[bytes, bytes]]:
    """Each response without its literal, and the literal."""
    text, literal = b"", b""
    for part in parts:
        if isinstance(part, tuple):
            text, literal = part
        elif part is not None:
            # A literal's end must not be taken for the beginning of what follows it.
            yield text + b"\n" + part, literal
            text, literal = b"", b""
