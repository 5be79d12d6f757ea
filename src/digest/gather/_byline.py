"""The first lines below a title -> who wrote the text and when, and how many of the lines say nothing else."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from digest.gather._dates import parse

# By month; in English, German, French, Spanish, Italian, Portuguese and Dutch.
_NAMED = (
    "january jan januar janvier enero gennaio janeiro januari",
    "february feb februar février febrero febbraio fevereiro februari",
    "march mar märz mars marzo março maart",
    "april apr avril abril aprile",
    "may mai mayo maggio maio mei",
    "june jun juni juin junio giugno junho",
    "july jul juli juillet julio luglio julho",
    "august aug août agosto augustus",
    "september sept sep septembre septiembre settembre setembro",
    "october oct oktober okt octobre octubre ottobre outubro",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre diciembre dicembre dezembro",
)
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: _ENGLISH[index] for index, names in enumerate(_NAMED) for name in names.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = (
    rf"(?:(?P<year>\d{{4}})-(?P<number>\d\d)-(?P<day>\d\d)"
    rf"|(?P<day2>\d\d?)(?:st|nd|rd|th|er|\.)?(?: de| of)? (?P<name2>{_MONTH})\.?,?(?: de)? (?P<year2>\d{{4}})"
    rf"|(?P<name3>{_MONTH})\.? (?P<day3>\d\d?)(?:st|nd|rd|th)?,? (?P<year3>\d{{4}})"
    r"|(?P<first>\d\d?)(?P<mark>[./])(?P<second>\d\d?)(?P=mark)(?P<year4>\d{4}))"
)
_TIME = (
    r"(?:T|[ ,|•·–—-]+(?:at |um |à )?)(?P<hour>\d\d?)[:.h](?P<minute>\d\d)(?::\d\d(?:\.\d+)?)?"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?(?: Uhr)?"
    r"(?:\s?(?P<zone>[+-]\d\d:?\d\d|(?-i:Z|UTC|GMT|[ECMP][SD]?T|BST|CES?T|EES?T|IST|JST|AE[SD]T))(?!\w))?"
)
_MOMENT = re.compile(rf"(?<![\w./-]){_DATE}(?!\d)(?:{_TIME})?(?![\w/-])", re.IGNORECASE)
_SEPARATOR = re.compile(r"[|•·–—/()]|\s-\s")
_LABEL = re.compile(
    r"(?:(?:published|posted|first|last|updated|modified|date|dated|on|veröffentlicht|aktualisiert|stand|datum|am|vom|"
    r"publié|mis à jour|le|publicado|actualizado|el|em|pubblicato|il|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"mon|tue|wed|thu|fri|sat|sun|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|\d+ min(?:ute)?s? read)[:,.]?\s*)*",
    re.IGNORECASE,
)
_NAME = r"(?:(?:de|del|der|den|di|da|la|le|van|von|bin|al|ter) ){0,2}[^\W\d_a-zß-ÿ][\w.’'-]*"
_NAMES = rf"{_NAME}(?: {_NAME}){{0,4}}"
_BYLINE = re.compile(
    rf"(?:[Ww]ritten |WRITTEN )?(?:[Bb]y|BY|[Vv]on|[Pp]ar|[Pp]or|[Dd]i)[: ] ?"
    rf"(?P<names>{_NAMES}(?:(?:, | and | und | et | y | e | & ){_NAMES}){{0,3}})(?:,? (?:on|am|le|el|il|em))?"
)
_PLACE = re.compile(rf"{_NAME}(?:,? {_NAME}){{0,3}}")
_WORDS, _LENGTH = 12, 120
_LINES = 2


class Byline(NamedTuple):
    """What the lines say."""

    author: str
    published: datetime
    """UTC; noon of the day where there is no time."""
    lines: frozenset[int]
    """Which of them say that and nothing else."""


def found(lines: Sequence[str], now: datetime) -> Byline | None:
    """What the first two lines below the title say, None where neither is a dateline with a full date."""
    author, published, told = "", None, set()
    for index, line in enumerate(lines[:_LINES]):
        named = _authors_of(line)
        if named is None:
            continue
        moment = _MOMENT.search(line)
        date = _moment(moment, now) if moment else None
        if moment and not date:
            continue
        author, published = author or named, published or date
        told.add(index)
    return Byline(author, published, frozenset(told)) if published else None


def _authors_of(line: str) -> str | None:
    """The names in a line that holds only names, dates, labels and places, often none; None for any other line."""
    if len(line) > _LENGTH or len(line.split()) > _WORDS:
        return None
    authors = ""
    parts = [part.strip() for part in _SEPARATOR.split(_MOMENT.sub("\0", line))]
    dated = any("\0" in part for part in parts)
    for part in parts:
        for index, piece in enumerate(part.split("\0")):
            bare = piece.strip(" ,:")
            byline = _BYLINE.fullmatch(bare)
            # A word beside a date is a sentence, one set apart from it a place or a desk.
            apart = dated and (piece == part or (piece.startswith(",") if index else piece.rstrip().endswith(",")))
            if byline:
                authors = authors or byline["names"]
            elif not _LABEL.fullmatch(bare) and not (apart and _PLACE.fullmatch(bare)):
                return None
    return authors if dated or authors else None


def _moment(match: re.Match[str], now: datetime) -> datetime | None:
    part = match.groupdict()
    month = _MONTHS.get((part["name2"] or part["name3"] or "").lower(), "")
    day = part["day"] or part["day2"] or part["day3"] or ""
    if part["number"]:
        month = _month(int(part["number"]))
    elif part["first"]:
        day, month = _numeric(int(part["first"]), int(part["second"]), part["mark"])
    if not month:
        return None
    year = part["year"] or part["year2"] or part["year3"] or part["year4"]
    hour, minute = int(part["hour"] or 12), part["minute"] or "00"
    if part["hour"] and part["half"]:
        hour = hour % 12 + (12 if part["half"].lower() == "p" else 0)
    return parse(f"{day} {month} {year} {hour:02}:{minute} {part['zone'] or ''}", now)


def _numeric(first: int, second: int, mark: str) -> tuple[str, str]:
    """Day and month of "20.11." and "20/11/", "11/20/"; nothing where a slash leaves open which is which."""
    american = mark == "/" and second > len(_ENGLISH)
    if mark == "/" and not american and first <= len(_ENGLISH) and first != second:
        return "", ""
    return (str(second), _month(first)) if american else (str(first), _month(second))


def _month(number: int) -> str:
    return _ENGLISH[number - 1] if 1 <= number <= len(_ENGLISH) else ""
