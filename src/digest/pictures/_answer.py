"""Answers about a picture <-> bytes; no pickle, for the child that writes them is not trusted."""

import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

LARGE_LIMIT: Final = 80_000
"""Bytes of a large picture (facts/render.md section 6, row 6)."""
THUMB_LIMIT: Final = 12_000
LIMIT: Final = LARGE_LIMIT + THUMB_LIMIT + 1_000
"""Bytes of any answer."""
_SIZES = struct.Struct(">6I")
_REASON, _PICTURE = b"r", b"p"
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """An encoded picture and its size in pixels."""

    data: bytes
    width: int
    height: int


Answer: TypeAlias = str | tuple[Jpeg, Jpeg]
"""Why there is no picture, or the large one and the thumb."""


def packed(answer: Answer) -> bytes:
    """An answer as bytes."""
    if isinstance(answer, str):
        return _REASON + answer.encode()
    large, thumb = answer
    sizes = (large.width, large.height, len(large.data), thumb.width, thumb.height, len(thumb.data))
    return _PICTURE + _SIZES.pack(*sizes) + large.data + thumb.data


def read(data: bytes) -> Answer:
    """The answer; ValueError when the bytes are none."""
    kind, body = data[:1], data[1:]
    if kind == _REASON:
        text = " ".join(body.decode(errors="replace").split())
        return "".join(letter for letter in text if letter.isprintable())[:_LONGEST_REASON]
    if kind != _PICTURE or len(body) < _SIZES.size:
        raise ValueError("neither a reason nor a picture")
    width, height, length, thumb_width, thumb_height, thumb_length = _SIZES.unpack(body[: _SIZES.size])
    files = body[_SIZES.size :]
    if len(files) != length + thumb_length or min(width, height, thumb_width, thumb_height) == 0:
        raise ValueError("the sizes do not fit the bytes")
    return (
        Jpeg(data=files[:length], width=width, height=height),
        Jpeg(data=files[length:], width=thumb_width, height=thumb_height),
    )
