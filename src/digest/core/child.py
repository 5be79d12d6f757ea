"""Bytes for a function that may hang, crash or bloat -> its answer, from one limited child process that serves many."""

import os
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from threading import Lock, Timer
from time import process_time
from typing import IO

_LENGTH = struct.Struct(">I")
_LONGEST = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one answer may take before its process is killed."""

    cpu_seconds: int = 5
    wall_seconds: float = 10
    memory_bytes: int = 1 << 30
    answer_bytes: int = 4_000_000


class ChildError(ValueError):
    """The child gave no answer; the message says how it ended."""


class Child:
    """`python -m MODULE`, begun when it is first needed and whenever it has ended; the module calls `serve`."""

    def __init__(self, module: str, limits: Limits | None = None) -> None:
        self._module = module
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    def ask(self, data: bytes) -> bytes:
        """The answer; ChildError when the child died or was killed over it, which costs no later question."""
        with self._lock:
            process = self._running()
            overdue = Timer(self._limits.wall_seconds, process.kill)
            overdue.start()
            try:
                return _exchange(process, data, self._limits.answer_bytes)
            except (OSError, EOFError):
                # It was over before this was asked if the pipe was broken, or it has died of it: the same to us.
                raise ChildError(self._end()) from None
            finally:
                overdue.cancel()

    def stop(self) -> None:
        """End the child, which has nothing to lose."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.stop()
        if self._process is None:
            command = [sys.executable, "-P", "-m", self._module]
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no word of it from outside
                [*command, str(self._limits.cpu_seconds), str(self._limits.memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # None of our secrets: what it reads may take it over.
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


def serve(answer: Callable[[bytes], bytes]) -> None:
    """In the child: answer until the input ends, under the limits on the command line; any exception ends it."""
    cpu_seconds, memory_bytes = map(int, sys.argv[1:3])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    for unused in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(unused, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    while True:
        try:
            data = _read(sys.stdin.buffer, _LONGEST)
        except EOFError:
            return
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(process_time()) + cpu_seconds, most))
        _write(sys.stdout.buffer, answer(data))


def _exchange(process: subprocess.Popen[bytes], data: bytes, limit: int) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    _write(process.stdin, data)
    return _read(process.stdout, limit)


def _write(stream: IO[bytes], data: bytes) -> None:
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def _read(stream: IO[bytes], limit: int) -> bytes:
    """One frame of at most `limit` bytes; EOFError when the stream ends or the frame is longer."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > limit:
        raise EOFError
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
