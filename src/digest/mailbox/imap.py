r"""A folder of an IMAP server -> its letters; one that is handled is flagged \Seen and $Digest, no other is changed.

Only letters without $Digest are listed, whether a person has seen them or not; where a server keeps no keywords, only
those without \Seen. Nothing is moved or deleted, and reading a letter leaves it unseen (RFC 3501, BODY.PEEK).
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Final

from digest.core.text import line
from digest.mailbox._answer import Parts, body, numbers, words
from digest.mailbox._letter import DATA_LIMIT, LETTERS, Letter, Mailbox
from digest.mailbox._server import Security, Server, parse
from digest.mailbox._session import KEYWORD, Opened, connection, hearing, opened
from digest.mailbox._wire import Patience, Wire

SCHEMES: tuple[str, ...] = tuple(Security)

_WINDOW: Final = 20_000
"""Letters that one search looks at: its answer must stay short in a folder of a million."""
_LOG = logging.getLogger(__name__)


def check_target(target: str) -> None:
    """Nothing; ValueError, which says what is allowed, when `target` names no folder of a server."""
    parse(target)


@contextmanager
def reading(target: str, home: Path) -> Iterator[Mailbox]:
    """The folder that `target` names, open; MailboxError in one line when it cannot be opened."""
    del home  # a server is no folder of this machine
    with visit(parse(target), Patience()) as folder:
        yield folder


@contextmanager
def visit(server: Server, patience: Patience) -> Iterator[Mailbox]:
    """`reading` with the seconds to wait."""
    with connection(server, patience) as wire:
        yield _Folder(wire, server, opened(wire, server), monotonic() + patience.total)


class _Folder:
    """The open folder of a server."""

    __slots__ = ("_deadline", "_opened", "_server", "_wire")

    def __init__(self, wire: Wire, server: Server, found: Opened, deadline: float) -> None:
        self._wire = wire
        self._server = server
        self._opened = found
        self._deadline = deadline

    def letters(self, known: Callable[[str], bool]) -> Iterator[Letter]:
        """At most LETTERS letters without our mark that are not known, the oldest first; fewer when time is over."""
        return islice(self._read(known), LETTERS)

    def handled(self, letter: Letter) -> None:
        """Flag a letter of this folder."""
        flags = rf"(\Seen {KEYWORD})" if self._opened.takes_keyword else r"(\Seen)"
        status, said = self._ask("STORE", letter.id.rpartition(".")[2], "+FLAGS.SILENT", flags)
        if status != "OK":
            _LOG.warning("%s", line(f"{self._server}: letter {letter.id} cannot be marked: {words(said)}"))

    def _read(self, known: Callable[[str], bool]) -> Iterator[Letter]:
        for uid in self._listed():
            id_ = f"imap-{self._server.key}.{self._opened.validity}.{uid}"
            if known(id_):
                continue
            if monotonic() > self._deadline:
                return
            status, said = self._ask("FETCH", str(uid), f"(RFC822.SIZE BODY.PEEK[]<0.{DATA_LIMIT}>)")
            if status != "OK":
                _LOG.warning("%s", line(f"{self._server}: letter {id_} cannot be read: {words(said)}"))
            elif found := body(said, uid):
                yield Letter(id=id_, data=found.data[:DATA_LIMIT], size=found.size)

    def _listed(self) -> Iterator[int]:
        unmarked = ("UNKEYWORD", KEYWORD) if self._opened.takes_keyword else ("UNSEEN",)
        for first in range(1, self._opened.count + 1, _WINDOW):
            if monotonic() > self._deadline:
                return
            last = first + _WINDOW - 1
            # Somebody may delete letters meanwhile: a number beyond the last would be an error, a `*` is none.
            window = f"{first}:{last if last < self._opened.count else '*'}"
            status, said = self._ask("SEARCH", window, *unmarked, "UNDELETED")
            with hearing(self._server):
                if status != "OK":
                    raise ValueError(f"it refuses to search: {words(said)}")
                found = numbers(said)
            yield from found

    def _ask(self, command: str, *arguments: str) -> tuple[str, Parts]:
        self._wire.begin()
        with hearing(self._server):
            return self._wire.uid(command, *arguments)
