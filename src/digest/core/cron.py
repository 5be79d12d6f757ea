"""Cron text, zone and a span -> the moments at which it fires."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBERS = {name: number for number, name in enumerate(_DAYS)} | {str(number): number for number in range(8)}
_FIELDS = 5
_DAY_PART = re.compile(r"(?:\*|(\w+)-(\w+))(?:/([1-7]))?|(\w+)")
_LONGEST_JUMP = timedelta(hours=3)  # of a clock that is put forward or back: two hours at Troll, Antarctica


def times(schedule: str, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
    """The times (UTC) at which a schedule fires in a span.

    Cron's fields are about the clock on the wall, so the trigger is asked on a clock without zone. A wall time that
    autumn brings twice is the first of the two, one that spring leaves out is when the clock would have shown it.
    """
    start = after.astimezone(zone).replace(tzinfo=UTC) - _LONGEST_JUMP
    end = until.astimezone(zone).replace(tzinfo=UTC) + _LONGEST_JUMP
    walls = [wall for trigger in _triggers(schedule) for wall in _walls(trigger, start, end)]
    times = [wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls]
    return [time for time in times if after.astimezone(UTC) < time <= until.astimezone(UTC)]


def _walls(trigger: CronTrigger, start: datetime, end: datetime) -> Iterator[datetime]:
    wall = trigger.get_next_fire_time(None, start)
    while wall and wall <= end:
        yield wall
        wall = trigger.get_next_fire_time(None, wall + timedelta(seconds=1))


def _triggers(schedule: str) -> tuple[CronTrigger, ...]:
    fields = schedule.lower().split()
    if len(fields) != _FIELDS:
        raise ValueError(f"{len(fields)} fields where cron has 5: minute hour day month weekday")
    minute, hour, day, month, weekday = fields
    days = _weekdays(weekday)
    # Where neither day nor weekday begins with `*`, cron fires on either (crontab(5)); one trigger would ask for both.
    choices = [(day, days)] if "*" in (day[0], weekday[0]) else [(day, "*"), ("*", days)]
    try:
        return tuple(
            CronTrigger(minute=minute, hour=hour, day=d, month=month, day_of_week=w, timezone=UTC) for d, w in choices
        )
    except (ValueError, TypeError) as error:
        raise ValueError(str(error)) from None


def _weekdays(field: str) -> str:
    """The weekday field by name: cron counts Sunday as 0 and 7, APScheduler counts Monday as 0."""
    if field == "*":
        return field
    chosen: set[int] = set()
    for part in field.split(","):
        match = _DAY_PART.fullmatch(part)
        if not match:
            raise ValueError(f"{part!r} is no weekday; allowed are 0-7, sun-sat, ranges and lists")
        first, last = _day(match[1] or match[4] or "0"), _day(match[2] or match[4] or "6")
        span = range(first, (last if last >= first else last + 7) + 1, int(match[3] or 1))
        chosen |= {number % 7 for number in span}
    return ",".join(_DAYS[number] for number in sorted(chosen))


def _day(text: str) -> int:
    if text not in _NUMBERS:
        raise ValueError(f"{text!r} is no weekday; allowed are 0-7 and sun-sat")
    return _NUMBERS[text]
