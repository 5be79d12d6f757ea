"""A job's schedule -> when its newsletter comes, in a reader's words; nothing for an unusual schedule."""

import re
from zoneinfo import ZoneInfo

from digest.core.settings import Job
from digest.words import Words

_FIELDS = 5
_MINUTE = re.compile(r"[0-5]?[0-9]")
_DAY_OF_EVERY_MONTH = re.compile(r"0?[1-9]|1[0-9]|2[0-8]")
_PART = re.compile(r"(?:\*|([0-9]{1,2})-([0-9]{1,2}))(?:/([1-9][0-9]?))?|([0-9]{1,2})")
_WEEKDAYS = {name: str(number) for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_NOON = 12
_LISTED = 4
"""More times a day than these are counted, not listed."""
_UTC = frozenset(["Etc/UTC", "UTC"])
# `Etc/GMT+5` is five hours west, and `EST` and `US/Eastern` are names that not every reader knows.
_CITY = re.compile(r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[\w/-]+")


def told(job: Job, spoken: Words) -> str:
    """Such as `Monday to Friday at 7:00 am (Berlin time)`; empty without a schedule and for an unusual one."""
    fields = job.schedule.lower().split()
    if len(fields) != _FIELDS:
        return ""
    minute, hour, day, month, weekday = fields
    days, hours = _days(day, weekday, spoken), _chosen(hour, 24)
    if month != "*" or not _MINUTE.fullmatch(minute) or not days or not hours:
        return ""
    if len(hours) > _LISTED:
        often = spoken.counted("%(number)s time a day", "%(number)s times a day", len(hours))
        return often if days == spoken.text("daily") else spoken.text("%(days)s, %(often)s", days=days, often=often)
    times = _listed([_clock(each, int(minute), spoken) for each in hours], spoken)
    return _placed(days, times, job.timezone, spoken)


def _days(day: str, weekday: str, spoken: Words) -> str:
    """Which days those are, empty for any that are hard to say; from the 29th on not every month has the day."""
    if weekday == "*" and _DAY_OF_EVERY_MONTH.fullmatch(day):
        return spoken.text("on day %(day)s of every month", day=int(day))
    if day != "*":
        return ""
    chosen = _chosen(re.sub(r"[a-z]+", lambda name: _WEEKDAYS.get(name[0], name[0]), weekday), 7)
    names = {
        1: spoken.text("Mondays"),
        2: spoken.text("Tuesdays"),
        3: spoken.text("Wednesdays"),
        4: spoken.text("Thursdays"),
        5: spoken.text("Fridays"),
        6: spoken.text("Saturdays"),
        0: spoken.text("Sundays"),
    }
    left = [name for number, name in names.items() if number not in chosen]
    if not left:
        return spoken.text("daily")
    if chosen == [1, 2, 3, 4, 5]:
        return spoken.text("Monday to Friday")
    if len(left) == 1:
        return spoken.text("daily except %(days)s", days=left[0])
    days = [name for number, name in names.items() if number in chosen]
    return spoken.text("on %(days)s", days=_listed(days, spoken)) if days else ""


def _chosen(field: str, size: int) -> list[int]:
    """The numbers that a field with numbers, ranges and steps chooses, in order; none for any other text."""
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if not match:
            return []
        first, last = int(match[1] or match[4] or 0), int(match[2] or match[4] or size - 1)
        span = range(first, (last if last >= first else last + size) + 1, int(match[3] or 1))
        found |= {number % size for number in span}
    return sorted(found)


def _clock(hour: int, minute: int, spoken: Words) -> str:
    if not minute and hour in {0, _NOON}:
        return spoken.text("noon") if hour else spoken.text("midnight")
    # Words: 12 where people say 7:00 am and 7:00 pm, 24 where they say 7:00 and 19:00 (the next two are then the same)
    shown = hour if spoken.text("12") == "24" else (hour - 1) % _NOON + 1
    time = f"{shown}:{minute:02}"
    return spoken.text("%(time)s am", time=time) if hour < _NOON else spoken.text("%(time)s pm", time=time)


def _placed(days: str, times: str, zone: ZoneInfo, spoken: Words) -> str:
    """The days with their times and whose clock shows them; the days alone where few would know whose."""
    if zone.key in _UTC:
        return spoken.text("%(days)s at %(times)s (UTC)", days=days, times=times)
    if not _CITY.fullmatch(zone.key):
        return days
    return spoken.text("%(days)s at %(times)s (%(city)s time)", days=days, times=times, city=spoken.city(zone.key))


def _listed(names: list[str], spoken: Words) -> str:
    *first, last = names
    return spoken.text("%(names)s and %(last)s", names=spoken.text(", ").join(first), last=last) if first else last
