"""The dates of feeds, in the forms senders really use -> UTC."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from functools import lru_cache

_ISO = re.compile(
    r"([+-]?\d{4})(?:-?(\d\d)(?:-?(\d\d))?)?"
    r"(?:[T\s]+(\d\d?)(?::?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?)?)?"
    r"\s*(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d)?)?",
    re.IGNORECASE,
)
_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9},? )?(\d\d?) ([A-Za-z]{3})[A-Za-z]* (\d{4}) (\d\d?):(\d\d)(?::(\d\d))? ?"
    r"([+-]\d\d:?\d\d|[A-Za-z]{1,5})?"
)
_MONTHS = {
    month: number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
# Hours east of Greenwich; RFC 822 knows the American ones, senders write the others too.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "at": -4, "et": -5,
    "ct": -6, "mt": -7, "pt": -8, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3, "ist": 5.5,
    "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip
_OLDEST = 1970  # earlier is a null date written out
_FUTURE = timedelta(days=3653)
_LIMIT = 100


def parse(written: str, now: datetime) -> datetime | None:
    """The moment in UTC; None when it cannot be read, is before 1970 or more than ten years after `now`."""
    trimmed = written[:_LIMIT].strip()
    try:
        moment = _rfc822(trimmed) or _iso(trimmed) or _loose(" ".join(trimmed.split()))
    except (ValueError, OverflowError, TypeError, IndexError):  # email.utils raises each of them for some date
        return None
    return moment if moment and moment.year >= _OLDEST and moment - now <= _FUTURE else None


def _iso(written: str) -> datetime | None:
    """ISO 8601 in its W3C profile, and what comes near it; a time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(written).replace(microsecond=0)
    except ValueError:
        return _nearly_iso(written)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _nearly_iso(written: str) -> datetime | None:
    match = _ISO.fullmatch(written)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups()[:6])
    sign, hours, minutes = match.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    start = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
    # Added rather than passed: 24:00 and leap seconds are valid times.
    return start + timedelta(hours=hour or 0, minutes=minute or 0, seconds=min(59, second or 0)) - offset


def _rfc822(written: str) -> datetime | None:
    """RFC 822 and its successors, the weekday unread as it is often wrong."""
    match = _RFC822.fullmatch(written)
    month = _MONTHS.get(match[2].lower()) if match else None
    if not match or not month:
        return None
    day, _, year, hour, minute, second, zone = match.groups(default="0")
    # A leap second is a valid time.
    local = datetime(int(year), month, int(day), int(hour), int(minute), min(59, int(second)), tzinfo=UTC)
    return local - _offset(zone)


@lru_cache(maxsize=256)
def _offset(zone: str) -> timedelta:
    """East of Greenwich: "+0530", "-05:00", "EST"; zero when unknown."""
    if zone[0] not in "+-":
        return timedelta(hours=_ZONES.get(zone.lower(), 0))
    east = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -east if zone[0] == "-" else east


def _loose(written: str) -> datetime | None:
    """What is neither, such as two-digit years or asctime."""
    fields = parsedate_tz(written)
    if not fields or re.search(r"\b0001\b", written):
        return None
    year, month, day, hour, minute, second = fields[:6]
    named = _ZONES.get(written.rpartition(" ")[2].lower())
    offset = timedelta(hours=named) if named is not None else timedelta(seconds=fields[9] or 0)
    return datetime(year, month, day, min(hour, 23), min(minute, 59), min(second, 59), tzinfo=UTC) - offset
