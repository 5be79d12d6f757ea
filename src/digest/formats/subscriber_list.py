"""The bytes of a CSV file of subscribers, ours or another program's -> its rows; rows -> CSV for a spreadsheet."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_NAME_LIMIT = 100
_MOST_BREAKS = 10


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


def read(data: bytes, topics: Collection[str]) -> Iterator[Row | Rejected]:
    """The rows in order; `topics` are the job's. ValueError when there is no column of addresses."""
    written = _decoded(data)
    delimiter = max(_DELIMITERS, key=lambda each: _known_columns(written, each))
    numbered = _numbered(written, delimiter)
    heads = _columns(next(numbered, (1, []))[1])
    if "email" not in heads:
        raise ValueError(f"the first line names no column `email`; known are {', '.join(HEADS)}")
    return _rows(numbered, heads, topics)


def write(rows: Iterable[Sequence[str]]) -> str:
    """CSV of rows in the order of HEADS; no cell begins like a formula (facts/trust.md U22)."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")  # RFC 4180 2.1
    writer.writerow(HEADS)
    writer.writerows([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows)
    return written.getvalue()


def chosen(written: str, topics: Collection[str]) -> tuple[str, ...]:
    """Topics as somebody wrote them, each once; ValueError names what is none of the job's."""
    names = tuple(dict.fromkeys(filter(None, re.split(r"[|;,\s]+", written))))
    if strange := [name for name in names if name not in topics]:
        raise ValueError(f"{', '.join(map(repr, strange))}: no such topic; allowed are {', '.join(topics) or 'none'}")
    return names


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


def _numbered(written: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of the line it begins on; a cell may hold several lines."""
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
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
    if timezone and timezone not in available_timezones():
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
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _columns(heads: Sequence[str]) -> dict[str, int]:
    """Column -> its place; the first of several wins."""
    places: dict[str, int] = {}
    for place, head in enumerate(heads):
        column = _COLUMNS.get(" ".join(re.split(r"[\s_-]+", head.strip().casefold())))
        if column:
            places.setdefault(column, place)
    return places


def _known_columns(written: str, delimiter: str) -> int:
    with io.StringIO(written[:10_000], newline="") as opened:
        try:
            return len(_columns(next(csv.reader(opened, delimiter=delimiter), [])))
        except csv.Error:
            return 0


def _decoded(data: bytes) -> str:
    """UTF-8, what spreadsheets call Unicode (UTF-16 with its mark), else what old ones write."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
