"""A day -> how a language writes it, by Unicode's CLDR."""

from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal, TypeAlias

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_timezone, get_timezone_location
from babel.numbers import format_decimal

from digest.words._tags import fallbacks

Style: TypeAlias = Literal["full", "day", "short"]
"""`Sunday 22 November 2026`, `22 November`, `22 Nov`."""
_SKELETONS = {"day": "MMMMd", "short": "MMMd"}
_GROUPED_FROM = 1_000


@lru_cache(maxsize=1_024)
def written(day: date, style: Style, tag: str) -> str:
    """The day in words; ISO 8601 in a language that CLDR does not know."""
    if fallbacks(tag)[-1:] == ("en",):
        # One form for all of English, and months of three letters: CLDR's Britain has `Sept`.
        return {
            "full": f"{day:%A} {day.day} {day:%B %Y}",
            "day": f"{day.day} {day:%B}",
            "short": f"{day.day} {day:%b}",
        }[style]
    locale = _locale(tag)
    if locale is None:
        return day.isoformat()
    if style == "full":
        return format_date(day, "full", locale)
    # A line may not end between day and month; English does as it always did.
    return format_skeleton(_SKELETONS[style], datetime.combine(day, time()), locale=locale).replace(" ", "\u00a0")


def grouped(number: int, tag: str) -> str:
    """A whole number as the language writes it, such as `1.234`."""
    return str(number) if abs(number) < _GROUPED_FROM else format_decimal(number, locale=_locale(tag) or "en")


@lru_cache(maxsize=64)
def city(zone: str, tag: str) -> str:
    """The city that an IANA zone is named after, such as `Wien` for `Europe/Vienna`."""
    named = get_timezone_location(get_timezone(zone), locale=_locale(tag) or "en", return_city=True)
    return named.rpartition("/")[2]  # where CLDR has no name, Babel says `Argentina/Buenos Aires`


@lru_cache(maxsize=64)
def _locale(tag: str) -> Locale | None:
    for wide in fallbacks(tag):
        try:
            return Locale.parse(wide, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None
