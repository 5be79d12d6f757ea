"""A CSV file of subscribers -> the store, and a line for each row that is not taken, as it is read."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from digest.cli import _desk, _screen
from digest.core.errors import UsageError
from digest.core.log import Progress
from digest.core.settings import Job
from digest.formats import subscriber_list
from digest.formats.subscriber_list import Rejected
from digest.store import Store, subscribers
from digest.store.subscribers import Entry, Proof, Taken
from digest.store.suppressions import Tag

_PIECE: Final = 1 << 20
_TOLD: Final = 1_000
_WHY = {
    Taken.LEFT: "left or must not be mailed, and is not added again",
    Taken.SUPPRESSED: "is suppressed: nobody may mail it, and it is not added",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """For which job, and by which right."""

    job: Job
    tag: Tag
    words: str
    """What the proof of each row says."""
    dry_run: bool


def take_over(store: Store, file: Path, terms: Terms, progress: Progress) -> str:
    """What became of the rows, in a line; UsageError when it is no list."""
    counts: Counter[str] = Counter()
    with _opened(file) as data:
        lines = _lines(data)
        try:
            rows = subscriber_list.read(data, terms.job.topics)
        except ValueError as error:
            raise UsageError(f"{file}: {error}") from None
        results = subscribers.take_over(
            store,
            terms.job.name,
            _entries(rows, counts),
            _desk.now(),
            tag=terms.tag,
            proof=Proof(how="import", text=terms.words),
            dry_run=terms.dry_run,
        )
        for number, (entry, taken) in enumerate(results, 1):
            counts[taken] += 1
            if taken in _WHY:
                _screen.warn(f"line {entry.line}: {entry.email} {_WHY[taken]}")
            if not number % _TOLD:
                progress("import", number, max(number + 1, lines - counts["rejected"]))
    done = counts.total() - counts["rejected"]
    progress("import", done, done)
    return (
        f"{counts[Taken.ADDED]} {'would be added' if terms.dry_run else 'added'}, {counts[Taken.KNOWN]} known, "
        f"{counts[Taken.LEFT] + counts[Taken.SUPPRESSED]} skipped, {counts['rejected']} rejected"
    )


def _entries(rows: Iterator[subscriber_list.Row | Rejected], counts: Counter[str]) -> Iterator[Entry]:
    """The sound rows; the others are told and counted."""
    for row in rows:
        if isinstance(row, Rejected):
            counts["rejected"] += 1
            _screen.warn(f"line {row.line}: {row.why}")
        else:
            yield Entry(
                email=row.email,
                name=row.name,
                topics=row.topics,
                language=row.language,
                timezone=row.timezone,
                line=row.line,
            )


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """The file, or a copy on disk of what comes through a pipe: it is looked at twice."""
    with file.open("rb") as data:
        if data.seekable():
            yield data
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(data, copy)
            copy.seek(0)
            yield copy


def _lines(data: BinaryIO) -> int:
    """How many lines there are, about as many as rows."""
    lines = 0
    while piece := data.read(_PIECE):
        lines += piece.count(b"\n")
    data.seek(0)
    return lines
