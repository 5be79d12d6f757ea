"""A Maildir, an IMAP folder or standard input -> letters as bytes; what is handled is marked, all else left untouched.

One file is one kind, named by what stands before the first colon of a target, one of its `SCHEMES` (a bare path has
none, and `-` is a scheme of its own). `check_target(target)` raises ValueError for what it cannot read, and
`reading(target, home)` gives the mailbox for the time of one reading.

Which letters are new is told by two things. The mailbox leaves out what carries our mark: `$Digest` on IMAP, the flags
P and S in a Maildir. Whose letters lie there besides is the caller's memory: before anything of a letter is read, its
id is listed, which is cheap, and `known(id)` is asked. So a stranger's letter is read once, though it keeps no trace
of it; and where the caller stores an id together with what the letter said, no letter counts twice, wherever a reading
ends. A mark that could not be set costs nothing then.
"""

import re
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import cast

from digest.core import plug
from digest.mailbox._letter import DATA_LIMIT, LETTERS, Letter, Mailbox, MailboxError

__all__ = ["DATA_LIMIT", "LETTERS", "Letter", "Mailbox", "MailboxError", "check_target", "reading"]

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_ALLOWED = "allowed is imaps://user@host/INBOX, maildir:FOLDER, a Maildir's path or - (one letter from standard input)"


def check_target(target: str) -> None:
    """Nothing; ValueError, which says what is allowed, when a target names no mailbox."""
    _kind(target).check_target(target)


def reading(target: str, home: Path) -> AbstractContextManager[Mailbox]:
    """The mailbox that a target names, open; a path is one below `home` unless absolute.

    ValueError when it names none, MailboxError in one line when it cannot be opened.
    """
    return cast(AbstractContextManager[Mailbox], _kind(target).reading(target, home))


def _kind(target: str) -> ModuleType:
    found = _SCHEME.match(target)
    scheme = found[1].lower() if found else "-" if target == "-" else ""
    for name in plug.names(__name__):
        module = plug.load(__name__, name)
        if scheme in vars(module)["SCHEMES"]:
            return module
    raise ValueError(_ALLOWED)
