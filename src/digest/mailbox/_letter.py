"""What a mailbox hands out, what it may cost, and what is said when it cannot be read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from digest.core.errors import DigestError

DATA_LIMIT: Final = 1 << 20
"""Bytes that are read of a letter: a report stands at its beginning, what was sent back behind it."""
LETTERS: Final = 1_000
"""Letters that one reading hands out at most; the next reading goes on where it ended."""


class MailboxError(DigestError):
    """The mailbox cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message as it lies in a mailbox."""

    id: str
    """The same for the same letter at each reading; printable ASCII of at most 255 characters."""
    data: bytes
    """As it came, headers first; its first DATA_LIMIT bytes when it has more."""
    size: int
    """Bytes of the whole letter, as far as the mailbox tells."""


class Mailbox(Protocol):
    """A mailbox while it is read."""

    def letters(self, known: Callable[[str], bool]) -> Iterator[Letter]:
        """At most LETTERS letters without our mark whose ids are not known, the oldest first; read one by one.

        MailboxError when it cannot go on; a letter that cannot be read, or has gone, is passed over.
        """
        ...

    def handled(self, letter: Letter) -> None:
        """Mark a letter of this reading, one that is ours, so that no reading hands it out again."""
        ...
