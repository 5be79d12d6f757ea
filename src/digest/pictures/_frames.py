"""Bytes and answers <-> length-prefixed frames on a pipe; no pickle, for the child that writes them is not trusted."""

import struct
from dataclasses import dataclass
from typing import IO, Final, TypeAlias

LARGE_LIMIT: Final = 80_000
"""Bytes of a large picture (facts/render.md section 6, row 6)."""
THUMB_LIMIT: Final = 12_000
ANSWER_LIMIT: Final = LARGE_LIMIT + THUMB_LIMIT + 1_000
_LENGTH = struct.Struct(">I")
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


def write(stream: IO[bytes], data: bytes) -> None:
    """One frame, flushed."""
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def read(stream: IO[bytes], limit: int) -> bytes:
    """One frame of at most `limit` bytes; EOFError when the stream ends, ValueError when the frame is too long."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > limit:
        raise ValueError(f"a frame of {length:,} bytes; at most {limit:,}")
    return _exactly(stream, length)


def packed(answer: Answer) -> bytes:
    """An answer as the bytes of a frame."""
    if isinstance(answer, str):
        return _REASON + answer.encode()
    large, thumb = answer
    sizes = (large.width, large.height, len(large.data), thumb.width, thumb.height, len(thumb.data))
    return _PICTURE + _SIZES.pack(*sizes) + large.data + thumb.data


def answer(frame: bytes) -> Answer:
    """The answer of a frame; ValueError when the frame is none."""
    kind, body = frame[:1], frame[1:]
    if kind == _REASON:
        text = " ".join(body.decode(errors="replace").split())
        return "".join(letter for letter in text if letter.isprintable())[:_LONGEST_REASON]
    if kind != _PICTURE or len(body) < _SIZES.size:
        raise ValueError("neither a reason nor a picture")
    width, height, length, thumb_width, thumb_height, thumb_length = _SIZES.unpack(body[: _SIZES.size])
    data = body[_SIZES.size :]
    if len(data) != length + thumb_length or min(width, height, thumb_width, thumb_height) == 0:
        raise ValueError("the sizes do not fit the bytes")
    return (
        Jpeg(data=data[:length], width=width, height=height),
        Jpeg(data=data[length:], width=thumb_width, height=thumb_height),
    )


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError("the stream has ended")
    return data
