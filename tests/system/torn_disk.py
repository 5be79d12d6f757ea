"""Writes and syncs -> what a disk may hold after a power cut.

What was synced is there. Of what was written since, any 512-byte sector may be there or not, in any order; the file is
as long as before, as after, or anything a write in between made it; a file made or removed since its folder was synced
may be gone or back.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Event:
    """A system call that matters: what was done, to which file, with what."""

    kind: str
    """`write`, `resize`, `sync`, `make`, `remove`, or `told` for a line on stdout."""
    path: str = ""
    data: bytes = b""
    number: int = 0
    """The offset of a write, or the new size."""


@dataclass(slots=True, eq=False)
class File:
    """A file's synced bytes, and what was done to it since."""

    synced: bytes = b""
    pending: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Disk:
    """What a folder's files are, and what of them is sure."""

    folder: str
    files: dict[str, File]
    sure: dict[str, File]

    def apply(self, event: Event) -> None:
        """Let a system call happen."""
        match event.kind:
            case "make":
                self.files[event.path] = File()
            case "remove":
                self.files.pop(event.path, None)
            case "write" | "resize":
                self.files[event.path].pending.append(event)
            case "sync" if event.path == self.folder:
                self.sure = dict(self.files)
            case "sync":
                file = self.files[event.path]
                file.synced, file.pending = _applied(file.synced, file.pending), []

    def cut(self, chance: random.Random) -> Mapping[str, bytes]:
        """Path -> bytes of every file that is there when the power is back."""
        kept = chance.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        found = {path: chance.choice([self.files.get(path), self.sure.get(path)]) for path in self.files | self.sure}
        return {path: _torn(file, kept, chance) for path, file in found.items() if file}


def _applied(before: bytes, events: Sequence[Event]) -> bytes:
    content = bytearray(before)
    for event in events:
        end = event.number + (len(event.data) if event.kind == "write" else 0)
        content.extend(bytes(max(0, end - len(content))))
        if event.kind == "write":
            content[event.number : end] = event.data
        else:
            del content[event.number :]
    return bytes(content)


def _torn(file: File, kept: float, chance: random.Random) -> bytes:
    """A file of whose unsynced sectors some are kept, in any order."""
    sizes = [len(file.synced)]
    pieces = []
    for event in file.pending:
        if event.kind == "resize":
            sizes.append(event.number)
            continue
        sizes.append(max(sizes[-1], event.number + len(event.data)))
        pieces += [piece for piece in _sectors(event) if chance.random() < kept]
    if chance.random() < 0.5:
        chance.shuffle(pieces)
    size = chance.choice(sizes)
    content = _applied(file.synced, pieces)[:size]
    return content + bytes(size - len(content))


def _sectors(event: Event) -> Iterator[Event]:
    """A write, cut where sectors end."""
    at, end = event.number, event.number + len(event.data)
    while at < end:
        next_ = min(end, (at // SECTOR + 1) * SECTOR)
        yield Event("write", event.path, event.data[at - event.number : next_ - event.number], at)
        at = next_
