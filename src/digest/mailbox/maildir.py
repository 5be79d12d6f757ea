"""A Maildir -> the letters of its `new` and `cur`; one that is handled moves to `cur` with the flags P and S.

See https://cr.yp.to/proto/maildir.html. S (seen) alone would be too little: it is also set when a person looks in. P
(passed, "the user has resent, forwarded or bounced this message to someone else") is nobody's by looking.
"""

import logging
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final

from digest.core.text import counted, line
from digest.mailbox._letter import DATA_LIMIT, LETTERS, Letter, Mailbox, MailboxError

SCHEMES: tuple[str, ...] = ("maildir", "")

_MARK: Final = "PS"
_CLOSED: Final = {"P", "T"}
"""Ours, or thrown away by a person."""
_INFO: Final = ":2,"
_NAME_LIMIT: Final = 255
_LOG = logging.getLogger(__name__)


def check_target(target: str) -> None:
    """Nothing; ValueError, which says what is allowed, when `target` names no folder."""
    if not _path(target) or "\0" in target:
        raise ValueError("allowed is maildir:FOLDER, below the newsletter's folder unless absolute")


@contextmanager
def reading(target: str, home: Path) -> Iterator[Mailbox]:
    """The Maildir that `target` names; MailboxError when it is none, or nobody may read it."""
    check_target(target)
    path = home / _path(target)
    with ExitStack() as stack:
        folders = {}
        for name in ("cur", "new"):
            folders[name] = _opened(path, name)
            stack.callback(os.close, folders[name])
        yield _Maildir(path, folders)


def _path(target: str) -> str:
    return target.removeprefix("maildir:")


def _opened(path: Path, name: str) -> int:
    try:
        # By number: who writes there cannot put another folder in its place while we read.
        return os.open(path / name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except PermissionError:
        raise MailboxError(f"Maildir {path}: {name}/ may not be read by this user") from None
    except OSError as error:
        if not path.is_dir():
            raise MailboxError(f"Maildir {path}: there is no such folder") from None
        why = "is no folder" if os.path.lexists(path / name) else "is missing"
        raise MailboxError(f"Maildir {path}: {name}/ {why} ({error.strerror}); a Maildir has new/ and cur/") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a letter lies."""

    folder: str
    name: str

    @property
    def unique(self) -> str:
        """The part of its name that never changes."""
        return self.name.partition(_INFO)[0]

    @property
    def flags(self) -> str:
        return self.name.partition(_INFO)[2]

    @property
    def id(self) -> str:
        """Its unique name, or a hash of one that is not printable ASCII."""
        if self.unique.isascii() and self.unique.isprintable() and len(self.unique) <= _NAME_LIMIT:
            return self.unique
        return f"maildir.{sha256(os.fsencode(self.unique)).hexdigest()}"

    def __str__(self) -> str:
        return ascii(f"{self.folder}/{self.name}")


class _Maildir:
    """The open folders of a Maildir."""

    __slots__ = ("_folders", "_path", "_places", "_trouble")

    def __init__(self, path: Path, folders: dict[str, int]) -> None:
        self._path = path
        self._folders = folders
        self._places: dict[str, _Place] = {}
        """Where the letters of this reading lie, by id."""
        self._trouble: list[str] = []

    def letters(self, known: Callable[[str], bool]) -> Iterator[Letter]:
        """At most LETTERS letters without our mark that are not known, ordered by name, which begins with the time."""
        try:
            yield from islice(self._read(known), LETTERS)
        finally:
            if self._trouble:
                # One line, not one a letter: of a folder with other rights there may be many.
                first, letters = self._trouble[0], counted(len(self._trouble), "letter")
                _LOG.warning("%s", f"Maildir {self._path}: {letters} cannot be read, the first: {first}")
                self._trouble.clear()

    def handled(self, letter: Letter) -> None:
        """Move a letter of this reading to `cur` with our mark, unless somebody took it away."""
        place = self._places[letter.id]
        flags = "".join(sorted({*place.flags, *_MARK}))
        name = f"{place.unique}{_INFO}{flags}"
        try:
            with suppress(FileNotFoundError):
                os.stat(name, dir_fd=self._folders["cur"], follow_symlinks=False)
                raise FileExistsError(0, "another letter has its name")
            source, target = self._folders[place.folder], self._folders["cur"]
            os.rename(place.name, name, src_dir_fd=source, dst_dir_fd=target)
        except FileNotFoundError:
            return
        except OSError as error:
            _LOG.warning("%s", line(f"Maildir {self._path}: {place} cannot be marked: {error.strerror}"))
        else:
            self._places[letter.id] = _Place(folder="cur", name=name)

    def _read(self, known: Callable[[str], bool]) -> Iterator[Letter]:
        for place in self._listed():
            # A letter that a crash of the mail system left twice is one.
            if place.id in self._places or known(place.id):
                continue
            try:
                letter = self._letter(place)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._trouble.append(line(f"{place}: {error.strerror}"))
                continue
            self._places[place.id] = place
            yield letter

    def _listed(self) -> list[_Place]:
        try:
            places = []
            for folder, number in self._folders.items():
                with os.scandir(number) as entries:
                    places += [_Place(folder=folder, name=each.name) for each in entries]
        except OSError as error:
            raise MailboxError(f"Maildir {self._path}: cannot be listed: {error.strerror}") from None
        left = [each for each in places if not each.name.startswith(".") and not _CLOSED & {*each.flags}]
        return sorted(left, key=lambda each: each.name)

    def _letter(self, place: _Place) -> Letter:
        # Without waiting: what lies there may be a pipe.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        number = os.open(place.name, flags, dir_fd=self._folders[place.folder])
        with open(number, "rb") as file:  # noqa: PTH123  a number has no path
            found = os.fstat(number)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(0, "is no file")
            return Letter(id=place.id, data=file.read(DATA_LIMIT), size=found.st_size)
