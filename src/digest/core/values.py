"""A value as TOML gives it -> the value an option holds; ValueError says what is allowed."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from digest.core import text
from digest.core.settings import Review

_ENDLESS = 1e6  # no weight is that big; it shuts out inf and nan
_NO_ZONES = frozenset({"posix", "right", "posixrules", "localtime", "Factory"})
"""What a zone database holds besides: copies, zones with leap seconds, the rules of no place, and this machine."""
_UNITS = {"m": 1, "h": 60, "d": 1440, "w": 10080}


def _text(value: object) -> str:
    if isinstance(value, str) and len(value.splitlines()) <= 1:
        # Composing letters and joining words, which `line` does as well, is no reason to refuse a name.
        harmless = " ".join(unicodedata.normalize("NFC", value).split())
        if text.line(value, 10_000) == harmless:
            return value.strip()
    raise ValueError("allowed is one line of text without control characters")


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError("allowed is a whole number from 0")


def _number(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _ENDLESS:
        return float(value)
    raise ValueError("allowed is a number")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(_text(item) for item in value)
    raise ValueError('allowed is a list of texts, such as ["one", "two"]')


def _weights(value: object) -> Mapping[str, float]:
    if isinstance(value, dict):
        return {_text(phrase): _number(weight) for phrase, weight in value.items()}
    raise ValueError('allowed are lines such as "electric vehicle" = 3.0')


def _zone(value: object) -> ZoneInfo:
    # Not asked whether it is in `available_timezones()`: that opens 600 files.
    if isinstance(value, str) and value.partition("/")[0] not in _NO_ZONES:
        with suppress(KeyError, ValueError, OSError):
            return ZoneInfo(value)
    raise ValueError('allowed is an IANA time zone, such as "Europe/Berlin"')


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("allowed is true or false")


def _window(value: object) -> timedelta | None:
    if value == "any":
        return None
    try:
        return duration(value)
    except ValueError as error:
        raise ValueError(str(error).replace("allowed is", 'allowed is "any" or')) from None


def _review(value: object) -> Review:
    if value == "hold":
        return "hold"
    try:
        return duration(value)
    except ValueError as error:
        raise ValueError(str(error).replace("allowed is", 'allowed is "hold" or')) from None


def duration(value: object) -> timedelta:
    """A number and a unit, such as `36h`; ValueError says what is allowed."""
    match = re.fullmatch(r"(\d{1,4})([mhdw])", value) if isinstance(value, str) else None
    if not match:
        raise ValueError('allowed is a number and m, h, d or w, such as "36h"')
    return timedelta(minutes=int(match[1]) * _UNITS[match[2]])


def _rate(value: object) -> float | None:
    """Mails a second."""
    if value == "unlimited":
        return None
    match = re.fullmatch(r"([1-9]\d{0,5})/(s|min)", value) if isinstance(value, str) else None
    if not match:
        raise ValueError('allowed is "unlimited" or a number and /s or /min, such as "50/s"')
    return int(match[1]) / (1 if match[2] == "s" else 60)


READERS: Final[Mapping[Any, Callable[[object], object]]] = {
    str: _text,
    int: _whole,
    float: _number,
    tuple[str, ...]: _texts,
    Mapping[str, float]: _weights,
    ZoneInfo: _zone,
    bool: _truth,
    float | None: _rate,
    timedelta: duration,
    Review: _review,
    timedelta | None: _window,
}
"""The type of an option -> the reader of its value."""
