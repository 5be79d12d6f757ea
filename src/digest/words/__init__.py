"""A language tag -> the words of the house in that language: what mails and pages say beside their articles.

The English words stand where they are said, in templates (`{{ _("The brief") }}`) and in code
(`words.text("yesterday")`), and are the message ids. One file is one language: `de.po` here, or in a newsletter's own
folder `words/`, which wins entry by entry; it is read as it is, nothing is compiled.

A room adds words by saying them, as literal texts: `words.text("...")` and `words.counted("...", "...", number)` in
any module of the package, `_("...")` and `ngettext(...)` in any `*.j2` of it or of `templates/`. A room with templates
of its own hands them `_=words.text, ngettext=words.counted`, and Jinja escapes what they give. `make words` collects
all of it, and a test holds that each shipped language has it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from digest.words._catalogue import PLACEHOLDER, Catalogue, Entry, read
from digest.words._dates import Style, city, grouped, written
from digest.words._tags import direction, fallbacks, preferred

__all__ = [
    "ENGLISH",
    "PLACEHOLDER",
    "Style",
    "Words",
    "direction",
    "faults",
    "formatted",
    "languages",
    "preferred",
    "words",
]

_SHIPPED = {path.stem: (path,) for path in Path(__file__).parent.glob("*.po")}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Words:
    """The words of one language."""

    language: str
    """BCP 47: what was asked for, whose words may be those of a wider tag, or `en`."""
    direction: str
    """`ltr` or `rtl`."""
    entries: Mapping[str, Entry] = field(repr=False)

    def text(self, message: str, /, **values: str | int) -> str:
        """The message in this language with `values` in the place of its %(name)s; nothing is escaped."""
        return formatted(self.pattern(message), values)

    def counted(self, one: str, many: str, number: int, /, **values: str | int) -> str:
        """The message in the form that `number` takes; %(number)s is written as the language groups digits."""
        return formatted(self.form(one, many, number), {"number": self.number(number), **values})

    def pattern(self, message: str) -> str:
        """The translation with its placeholders, or else the message."""
        entry = self.entries.get(message)
        return entry.forms[0] if entry else message

    def form(self, one: str, many: str, number: int) -> str:
        """The translation for so many, with its placeholders."""
        entry = self.entries.get(one)
        if entry:
            return entry.form(number)
        return one if number == 1 else many

    def number(self, number: int) -> str:
        """A whole number, such as `1,234`."""
        return grouped(number, self.language)

    def date(self, day: dt.date, style: Style = "full") -> str:
        """A day such as `Sunday 22 November 2026`, of a moment the day in its own zone."""
        return written(dt.date(day.year, day.month, day.day), style, self.language)

    def city(self, zone: str) -> str:
        """The city that an IANA time zone is named after, such as `Vienna` for `Europe/Vienna`."""
        return city(zone, self.language)

    def age(self, day: dt.date, today: dt.date) -> str:
        """`yesterday` or such as `19 November`; empty for today and what is to come."""
        if day >= today:
            return ""
        return self.text("yesterday") if today - day == dt.timedelta(days=1) else self.date(day, "day")


ENGLISH = Words(language="en", direction="ltr", entries={})
"""The words as they stand in templates and code."""


def words(language: str, folders: Sequence[Path] = ()) -> Words:
    """The words of a BCP 47 tag, those of files in `folders` first: `de-AT` falls back on `de`.

    A language without any file speaks English, its dates too, so that no mail is mixed.
    TemplateError names file and line of one that cannot be read. 20 us while its files stay as they are, else 2 ms.
    """
    for tag, candidates in _places(language, tuple(folders)):
        paths = [path for path in candidates if path.is_file()]
        if paths:
            return _merged(tag, tuple(read(path) for path in paths))
    return ENGLISH


def languages(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """The tags there are words for, sorted; English always."""
    stems = {path.stem for folder in folders for path in folder.glob("*.po")}
    return tuple(sorted({ENGLISH.language, *_SHIPPED, *(stem for stem in stems if fallbacks(stem)[:1] == (stem,))}))


def faults(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """One line for each translation in the folders' files that cannot be used, and each file that no language finds.

    TemplateError as `words`.
    """
    found = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.po"))):
        usual = next(iter(fallbacks(path.stem)), "")
        if usual != path.stem:
            found.append(f"{path}: is not found by any language: name it {usual or 'by one, such as de'}.po")
        else:
            found += read(path).faults
    return tuple(found)


def formatted(pattern: str, values: Mapping[str, str | int]) -> str:
    """The pattern with the values in place of its %(name)s; KeyError for a name without value, ValueError else."""
    return _sound(pattern) % values if values else pattern


@lru_cache(maxsize=1_024)
def _sound(pattern: str) -> str:
    """The pattern: a `%(name)999999s` of a template would fill the memory."""
    if "%" in PLACEHOLDER.sub("", pattern).replace("%%", ""):
        raise ValueError(f"{pattern[:60]!r}: beside %(name)s a per cent sign is written %%")
    return pattern


@lru_cache(maxsize=64)
def _places(language: str, folders: tuple[Path, ...]) -> tuple[tuple[str, tuple[Path, ...]], ...]:
    """A language to speak and the files that may have its words, the most fitting first; English where none has."""
    tried = dict.fromkeys((fallbacks(language), fallbacks(ENGLISH.language)))
    return tuple(
        (tags[0], tuple(path for tag in tags for path in (*(f / f"{tag}.po" for f in folders), *_SHIPPED.get(tag, ()))))
        for tags in tried
        if tags
    )


@lru_cache(maxsize=64)
def _merged(language: str, layers: tuple[Catalogue, ...]) -> Words:
    entries = {message: entry for layer in reversed(layers) for message, entry in layer.entries.items()}
    return Words(language=language, direction=direction(language), entries=entries)
