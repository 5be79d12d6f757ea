"""Pictures as they were fetched -> small JPEGs by content hash; what decodes them is a limited process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from threading import Timer
from typing import Final

from digest.core.mail import Image, Picture
from digest.pictures import _frames

__all__ = ["INPUT_LIMIT", "Limits", "shrink"]

INPUT_LIMIT: Final = 10_000_000
"""Bytes of a picture as it was fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What decoding one picture may take, before its process is killed."""

    cpu_seconds: int = 5
    wall_seconds: float = 20
    memory_bytes: int = 1 << 30


def shrink(many: Iterable[tuple[str, bytes]], limits: Limits | None = None) -> Iterator[tuple[str, Picture | str]]:
    """Each key with its picture, or with one line that says why there is none; lazily and in order.

    All are decoded in one child process; a picture that kills it costs no other, for the next one begins a new child.
    4000 x 2667 pixels take 0.15 s.
    """
    worker = _Worker(limits or Limits())
    try:
        for key, data in many:
            yield key, worker.shrink(data)
    finally:
        worker.stop()


class _Worker:
    """The child process, begun when it is first needed and whenever it has ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def shrink(self, data: bytes) -> Picture | str:
        if len(data) > INPUT_LIMIT:
            return f"it has more than {INPUT_LIMIT:,} bytes"
        process = self._running()
        overdue = Timer(self._limits.wall_seconds, process.kill)
        overdue.start()
        try:
            answer = _exchange(process, data)
        finally:
            overdue.cancel()
        if isinstance(answer, str):
            return answer
        if answer is None:
            return f"decoding it {self._end()}"
        return Picture(large=_image(answer[0]), thumb=_image(answer[1]))

    def stop(self) -> None:
        """End the child, which has nothing to lose."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.stop()
        if self._process is None:
            command = [sys.executable, "-P", "-m", "digest.pictures._worker"]
            self._process = subprocess.Popen(  # noqa: S603  our own module, no word of it from outside
                [*command, str(self._limits.cpu_seconds), str(self._limits.memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # None of our secrets: a picture may take the decoder over.
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        return self._process

    def _end(self) -> str:
        """Kill what has failed, and say how it ended."""
        process = self._process
        self.stop()
        code = process.returncode if process else 0
        if code == -signal.SIGXCPU:
            return f"took more than {self._limits.cpu_seconds} s"
        if code == -signal.SIGKILL:
            return f"took more than {self._limits.wall_seconds:g} s or was killed"
        return f"failed ({signal.Signals(-code).name if code < 0 else f'exit {code}'})"


def _exchange(process: subprocess.Popen[bytes], data: bytes) -> _frames.Answer | None:
    """The child's answer, None if it has none or makes no sense."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        _frames.write(process.stdin, data)
        return _frames.answer(_frames.read(process.stdout, _frames.ANSWER_LIMIT))
    except (OSError, EOFError, ValueError):
        return None


def _image(jpeg: _frames.Jpeg) -> Image:
    return Image(hash=sha256(jpeg.data).hexdigest(), data=jpeg.data, width=jpeg.width, height=jpeg.height)
