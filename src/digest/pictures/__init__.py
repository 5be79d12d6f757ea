"""Pictures as they were fetched -> small JPEGs by content hash; what decodes them is a limited process of its own."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from digest.core.child import Child, ChildError, Limits
from digest.core.mail import Image, Picture
from digest.pictures import _answer

__all__ = ["INPUT_LIMIT", "LIMITS", "shrink"]

INPUT_LIMIT: Final = 10_000_000
"""Bytes of a picture as it was fetched."""
LIMITS: Final = Limits(cpu_seconds=5, wall_seconds=20, memory_bytes=1 << 30, answer_bytes=_answer.LIMIT)
"""What decoding one picture may take."""


def shrink(many: Iterable[tuple[str, bytes]], limits: Limits = LIMITS) -> Iterator[tuple[str, Picture | str]]:
    """Each key with its picture, or with one line that says why there is none; lazily and in order.

    All are decoded in one child process; a picture that kills it costs no other, for the next one begins a new child.
    4000 x 2667 pixels take 0.15 s.
    """
    child = Child("digest.pictures._worker", limits)
    try:
        for key, data in many:
            yield key, _shrunk(child, data)
    finally:
        child.stop()


def _shrunk(child: Child, data: bytes) -> Picture | str:
    if len(data) > INPUT_LIMIT:
        return f"it has more than {INPUT_LIMIT:,} bytes"
    try:
        answer = _answer.read(child.ask(data))
    except ChildError as error:
        return f"decoding it {error}"
    except ValueError:
        child.stop()
        return "decoding it failed (its process answered nonsense)"
    return answer if isinstance(answer, str) else Picture(large=_image(answer[0]), thumb=_image(answer[1]))


def _image(jpeg: _answer.Jpeg) -> Image:
    return Image(hash=sha256(jpeg.data).hexdigest(), data=jpeg.data, width=jpeg.width, height=jpeg.height)
