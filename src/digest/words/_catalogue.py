"""A translator's .po file -> its translations, and what is wrong with single ones; it is trusted with nothing."""

import gettext
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser

from digest.core.errors import TemplateError
from digest.core.text import line

SIZE_LIMIT = 1_000_000
_MOST_FORMS = 6  # Arabic's, the most of any language (CLDR 47)
_TRIED, _HUNDRED = 1_000, 100
_MESSAGE_LIMIT = 200
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_NUMBER = "number"

# What Babel's parser lets through when a file is not what it expects (found by feeding it random ones).
_PARSER_FAULTS = (PoFileError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """The forms of one translation, and which one a number takes."""

    forms: tuple[str, ...]
    plural: Callable[[int], int]

    def form(self, number: int) -> str:
        """The form for so many."""
        return self.forms[self.plural(number)]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Catalogue:
    """What one file says."""

    entries: Mapping[str, Entry]
    """By the English message, for a counted one its singular."""
    faults: tuple[str, ...]
    """One line for each translation that cannot be used: English stays in its place."""


class _BoundedCatalog(Catalog):
    """Babel's, which would make a list as long as a file's header says."""

    @property
    def num_plurals(self) -> int:
        """At most six."""
        if super().num_plurals not in range(1, _MOST_FORMS + 1):
            raise ValueError(f"nplurals={super().num_plurals}: allowed are 1 to {_MOST_FORMS}")
        return super().num_plurals


def read(path: Path) -> Catalogue:
    """What a .po file says, read once for each state of the file; TemplateError names file and line in one line."""
    try:
        seen = path.stat()
        return _read(path, seen.st_mtime_ns, seen.st_size)
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror or error}") from error


@lru_cache(maxsize=64)
def _read(path: Path, changed: int, size: int) -> Catalogue:
    del changed
    with path.open("rb") as file:
        data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise TemplateError(f"{path}: {max(size, len(data)):,} bytes, at most {SIZE_LIMIT:,}")
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        number = data[: error.start].count(b"\n") + 1
        raise TemplateError(f"{path}, line {number}: not UTF-8") from error
    catalog, rule = _parsed(path, lines)
    entries, faults = {}, []
    for message in catalog:
        fault = _fault(message)
        if fault:
            faults.append(f"{path}, line {message.lineno}: {line(fault, _MESSAGE_LIMIT)}")
        elif message.id and not message.context and not message.fuzzy and all(_forms(message)):
            entries[_ids(message)[0]] = Entry(_forms(message), rule if message.pluralizable else _the_only)
    return Catalogue(entries=entries, faults=tuple(faults))


def _parsed(path: Path, lines: list[str]) -> tuple[Catalog, Callable[[int], int]]:
    """The catalog, and the form that each number takes."""
    numbers = count(1)
    try:
        # The language is that of the file's name; a header may lack it.
        catalog = _BoundedCatalog(locale=path.stem.replace("-", "_"))
        PoFileParser(catalog, ignore_obsolete=True, abort_invalid=True).parse(
            text for text, _ in zip(lines, numbers, strict=False)
        )
        return catalog, _rule(catalog.plural_expr, catalog.num_plurals)
    except _PARSER_FAULTS as error:
        number = error.lineno + 1 if isinstance(error, PoFileError) else min(next(numbers) - 1, len(lines))
        cause = line(str(error), _MESSAGE_LIMIT) or type(error).__name__
        raise TemplateError(f"{path}, line {number}: {cause}") from error


def _rule(expression: str, forms: int) -> Callable[[int], int]:
    """The form each number takes: gettext's plural expression; ValueError when it leads to no form."""
    rule = gettext.c2py(expression)
    table = [rule(number) for number in range(_TRIED)]
    if not set(table) <= set(range(forms)):
        raise ValueError(f"Plural-Forms: {expression} is not 0 to {forms - 1} for every number")

    def of(number: int) -> int:
        # Beyond, the last two digits decide, as they do in all languages but for whole millions.
        return table[number if 0 <= number < _TRIED else _TRIED - _HUNDRED + abs(number) % _HUNDRED]

    return of


def _the_only(number: int) -> int:
    del number
    return 0


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _fault(message: Message) -> str:
    """Why a translation cannot be used; empty when it can."""
    ids = _ids(message)
    wanted = set(PLACEHOLDER.findall(ids[-1]))
    for form in _forms(message) if message.id else ():
        if not form:
            continue
        names = set(PLACEHOLDER.findall(form))
        # A language may say "one story" without the number.
        spare = {_NUMBER} if len(ids) > 1 else set()
        if names - wanted or wanted - names - spare:
            return f"{ids[0]!r}: has {_listed(names)}, the English has {_listed(wanted)}"
        if wanted and "%" in PLACEHOLDER.sub("", form).replace("%%", ""):
            return f"{ids[0]!r}: a per cent sign is written %% beside a placeholder"
        if set(_controls(form)) - set(_controls("".join(ids))):
            return f"{ids[0]!r}: has a control character"
    return ""


def _controls(text: str) -> Iterator[str]:
    return (char for char in text if unicodedata.category(char) in {"Cc", "Cs"})


def _listed(names: set[str]) -> str:
    return ", ".join(f"%({name})s" for name in sorted(names)) or "no placeholder"
