"""Cron text, zone and now -> the slot that is due and the time of the next one."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

LATE = timedelta(minutes=15)
"""A slot that came so long ago was missed where a job says `catch_up = "none"`."""

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBERS = {name: number for number, name in enumerate(_DAYS)} | {str(number): number for number in range(8)}
_FIELDS = 5
_DAY_PART = re.compile(r"(?:\*|(\w+)-(\w+))(?:/([1-7]))?|(\w+)")
_LONGEST_JUMP = timedelta(hours=3)  # of a clock that is put forward or back: two hours at Troll, Antarctica
# Searched in ever longer spans: minutely and yearly schedules are both found fast.
_SPANS = (timedelta(hours=2), timedelta(days=2), timedelta(days=9), timedelta(days=63), timedelta(days=3000))


def check(schedule: str) -> str:
    """The schedule; ValueError with what is wrong when it is no cron schedule or never fires."""
    current(schedule, ZoneInfo("UTC"), datetime.now(UTC))
    return schedule


def current(schedule: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The newest scheduled time not after `now`, in `zone`; a job without schedule has a slot a day, at midnight."""
    if not schedule:
        return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    for span in _SPANS:
        times = _times(schedule, zone, now - span, now)
        if times:
            return max(times).astimezone(zone)
    raise ValueError(f"{schedule!r} never fires")


def following(schedule: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The first scheduled time after `now`, in `zone`; None for a job without schedule."""
    if not schedule:
        return None
    for span in _SPANS:
        times = _times(schedule, zone, now, now + span)
        if times:
            return min(times).astimezone(zone)
    raise ValueError(f"{schedule!r} never fires")


def name(moment: datetime, schedule: str) -> str:
    """The slot as text: local date-time without offset, or the date for a job without schedule."""
    return moment.strftime("%Y-%m-%dT%H:%M" if schedule else "%Y-%m-%d")


def _times(schedule: str, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
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
