"""The bytes of a CSV file of subscribers, ours or another program's -> its rows; rows -> CSV for a spreadsheet."""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO
from zoneinfo import available_timezones

from digest.core import address, text

HEADS = ("email", "name", "topics", "language", "timezone")
# How listmonk, Mailchimp, Substack and others head the columns; case, `_` and `-` do not count.
_SPELLED = {
    "email": ("email", "email address", "e mail", "e mail address", "subscriber email"),
    "name": ("name", "full name", "subscriber name"),
    "first": ("first name", "fname", "given name"),
    "last": ("last name", "lname", "surname", "family name"),
    "topics": ("topics",),
    "language": ("language", "lang", "locale"),
    "timezone": ("timezone", "time zone"),
    "status": ("status",),
    "subscription": ("subscription status", "email marketing status", "subscriber status"),
    "left": ("unsub time", "unsubscribe time", "unsubscribed at", "clean time"),
    "disabled": ("email disabled",),
}
_COLUMNS = {spelled: column for column, names in _SPELLED.items() for spelled in names}
_SUBSCRIBED = {"", "subscribed", "enabled", "active", "confirmed"}
_DELIMITERS = ",;\t"
# A cell that a spreadsheet would run, and one that looks as if it had been kept from it.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_NAME_LIMIT = 100
_MOST_BREAKS = 10
_PIECE = 1 << 20
"""Bytes, or characters of one line, that are looked at together: no file needs more memory than a few of these."""
_HEAD = 10_000
_WRITTEN = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Somebody to subscribe."""

    line: int
    email: str
    name: str
    topics: tuple[str, ...]
    language: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that cannot be taken."""

    line: int
    why: str


def read(file: BinaryIO, topics: Collection[str]) -> Iterator[Row | Rejected]:
    """The rows in order, from a file that can be read twice; `topics` are the job's.

    ValueError when there is no column of addresses. The file is never held as a whole.
    """
    written = io.TextIOWrapper(file, _encoding(file), "replace", newline="")
    start = written.read(_HEAD)
    written.seek(0)
    delimiter = max(_DELIMITERS, key=lambda each: _known_columns(start, each))
    numbered = _numbered(written, delimiter)
    heads = _columns(next(numbered, (1, []))[1])
    if "email" not in heads:
        written.detach()
        raise ValueError(f"the first line names no column `email`; known are {', '.join(HEADS)}")
    return _released(written, _rows(numbered, heads, topics))


def write(rows: Iterable[Sequence[str]], heads: Sequence[str] = HEADS) -> Iterator[str]:
    """CSV of rows in the order of the heads, in pieces; no cell begins like a formula (facts/trust.md U22)."""
    piece = io.StringIO(newline="")
    writer = csv.writer(piece, lineterminator="\r\n")  # RFC 4180 2.1
    writer.writerow(heads)
    for number, row in enumerate(rows, 1):
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in row])
        if not number % _WRITTEN:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()


def chosen(written: str, topics: Collection[str]) -> tuple[str, ...]:
    """Topics as somebody wrote them, each once; ValueError names what is none of the job's."""
    names = tuple(dict.fromkeys(filter(None, re.split(r"[|;,\s]+", written))))
    if strange := [name for name in names if name not in topics]:
        raise ValueError(f"{', '.join(map(repr, strange))}: no such topic; allowed are {', '.join(topics) or 'none'}")
    return names


def _released(written: io.TextIOWrapper, rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    """The rows; the file stays open for whom it belongs to."""
    try:
        yield from rows
    finally:
        written.detach()


def _rows(
    reader: Iterator[tuple[int, list[str]]], heads: Mapping[str, int], topics: Collection[str]
) -> Iterator[Row | Rejected]:
    for line, cells in reader:
        if any(cell.count("\n") >= _MOST_BREAKS for cell in cells):
            yield Rejected(line=line, why=f"a cell has {_MOST_BREAKS} lines or more; is a quotation mark not closed?")
        elif any(cell.strip() for cell in cells):
            try:
                yield _row(line, {column: _cell(cells, place) for column, place in heads.items()}, topics)
            except ValueError as error:
                yield Rejected(line=line, why=str(error))


def _numbered(written: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of the line it begins on; a cell may hold several lines."""
    reader = csv.reader(iter(lambda: written.readline(_PIECE), ""), delimiter=delimiter)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:  # a cell of more than 128 KB
            cells = ["\n" * _MOST_BREAKS]
        if cells is None:
            return
        yield line, cells
        line = reader.line_num + 1


def _row(line: int, cells: Mapping[str, str], topics: Collection[str]) -> Row:
    email = address.normalised(cells["email"])
    for column in ("status", "subscription"):
        status = cells.get(column, "")
        if status.casefold() not in _SUBSCRIBED:
            raise ValueError(f"{email} is not subscribed: its status is {status!r}")
    if cells.get("left") or cells.get("disabled", "").casefold() in {"true", "yes", "1"}:
        raise ValueError(f"{email} is not subscribed: it left or gets no mail")
    language, timezone = cells.get("language", ""), cells.get("timezone", "")
    if language and not _LANGUAGE.fullmatch(language):
        raise ValueError(f'language: found {language!r}; allowed is a tag such as "en" or "de-AT"')
    if timezone and timezone not in _timezones():
        raise ValueError(f'timezone: found {timezone!r}; allowed is an IANA time zone, such as "Europe/Berlin"')
    name = cells.get("name") or f"{cells.get('first', '')} {cells.get('last', '')}"
    return Row(
        line=line,
        email=email,
        name=text.line(name, _NAME_LIMIT),
        topics=chosen(cells.get("topics", ""), topics),
        language=language.replace("_", "-"),
        timezone=timezone,
    )


def _cell(cells: Sequence[str], place: int) -> str:
    cell = cells[place].strip() if place < len(cells) else ""
    # What `write` put before a formula is no part of the text.
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _columns(heads: Sequence[str]) -> dict[str, int]:
    """Column -> its place; the first of several wins."""
    places: dict[str, int] = {}
    for place, head in enumerate(heads):
        column = _COLUMNS.get(" ".join(re.split(r"[\s_-]+", head.strip().casefold())))
        if column:
            places.setdefault(column, place)
    return places


def _known_columns(start: str, delimiter: str) -> int:
    with io.StringIO(start, newline="") as opened:
        try:
            return len(_columns(next(csv.reader(opened, delimiter=delimiter), [])))
        except csv.Error:
            return 0


def _encoding(file: BinaryIO) -> str:
    """UTF-8, what spreadsheets call Unicode (UTF-16 with its mark), else what old ones write; looks at all of it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    piece = file.read(_PIECE)
    if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        file.seek(0)
        return "utf-16"
    try:
        while piece:
            decoder.decode(piece)
            piece = file.read(_PIECE)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    else:
        return "utf-8-sig"
    finally:
        file.seek(0)


@cache
def _timezones() -> frozenset[str]:
    """Asked once: the library reads its folders each time."""
    return frozenset(available_timezones())
