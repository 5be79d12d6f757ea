"""Standard input, such as an MTA's alias pipes it -> one letter."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from digest.mailbox._letter import DATA_LIMIT, Letter, Mailbox, MailboxError

SCHEMES: tuple[str, ...] = ("-",)

PIPED: Final = "stdin."
"""How the id of a letter begins that nobody keeps."""
_DRAINED: Final = 64 << 20
"""Bytes read in all: an MTA whose pipe closes early takes the letter for lost, and one that never ends is none."""
_BLOCK: Final = 1 << 16


def check_target(target: str) -> None:
    """Nothing; ValueError when `target` is not `-`."""
    if target != "-":
        raise ValueError("allowed is - for standard input")


@contextmanager
def reading(target: str, home: Path) -> Iterator[Mailbox]:
    """Standard input as a mailbox of one letter."""
    check_target(target)
    del home  # standard input lies nowhere
    if sys.stdin is None or sys.stdin.closed:
        raise MailboxError("standard input is closed")
    yield _Pipe(sys.stdin.buffer)


class _Pipe:
    """What somebody pipes in."""

    __slots__ = ("_stream",)

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def letters(self, known: Callable[[str], bool]) -> Iterator[Letter]:
        """The letter, unless nothing was piped in or it is known; its id is the hash of what was read."""
        try:
            data = self._stream.read(DATA_LIMIT)
            size = len(data)
            while size < _DRAINED and (block := self._stream.read(_BLOCK)):
                size += len(block)
        except OSError as error:
            raise MailboxError(f"standard input cannot be read: {error.strerror}") from None
        letter = Letter(id=f"{PIPED}{sha256(data).hexdigest()}", data=data, size=size)
        if data and not known(letter.id):
            yield letter

    def handled(self, letter: Letter) -> None:
        """Nothing: what was piped in is gone."""
