"""Cron text, zone and now -> the slot that is due and the time of the next one."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = 5
_DAY_PART = re.compile(r"(\*|\d|[a-z]{3})(?:-(\d|[a-z]{3}))?(?:/([1-9]))?")
# A newest firing is looked for in ever longer looks back: minutely and yearly schedules are both found fast.
_LOOKS_BACK = (timedelta(hours=2), timedelta(days=2), timedelta(days=9), timedelta(days=63), timedelta(days=3000))


def check(schedule: str) -> None:
    """Raise ValueError with what is wrong when the text is no cron schedule or never fires."""
    current(schedule, ZoneInfo("UTC"), datetime.now(UTC))


def current(schedule: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The newest scheduled time not after `now`, in `zone`; a job without schedule has a slot a day, at midnight."""
    if not schedule:
        return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    triggers = _triggers(schedule, zone)
    for back in _LOOKS_BACK:
        times = [last for t in triggers for last in list(_firings(t, now - back, now))[-1:]]
        if times:
            return max(times)
    raise ValueError(f"{schedule!r} never fires")


def following(schedule: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The first scheduled time after `now`, in `zone`; None for a job without schedule."""
    if not schedule:
        return None
    start = now.astimezone(UTC) + timedelta(seconds=1)
    times = [t.get_next_fire_time(None, start) for t in _triggers(schedule, zone)]
    return min((time for time in times if time), default=None)


def name(moment: datetime, schedule: str) -> str:
    """The slot as text: local date-time without offset, or the date for a job without schedule."""
    return moment.strftime("%Y-%m-%dT%H:%M" if schedule else "%Y-%m-%d")


def _firings(trigger: CronTrigger, start: datetime, end: datetime) -> Iterator[datetime]:
    """Firing times in a span; stepped in UTC, for a step in local time repeats an hour in autumn."""
    moment = trigger.get_next_fire_time(None, start.astimezone(UTC))
    while moment and moment <= end:
        yield moment
        moment = trigger.get_next_fire_time(None, moment.astimezone(UTC) + timedelta(seconds=1))


def _triggers(schedule: str, zone: ZoneInfo) -> tuple[CronTrigger, ...]:
    fields = schedule.lower().split()
    if len(fields) != _FIELDS:
        raise ValueError(f"{len(fields)} fields where cron has 5: minute hour day month weekday")
    minute, hour, day, month, weekday = fields
    days = _weekdays(weekday)
    # Where day and weekday are both given, cron fires on either; one trigger would ask for both.
    choices = [(day, "*"), ("*", days)] if day != "*" and weekday != "*" else [(day, days)]
    try:
        return tuple(
            CronTrigger(minute=minute, hour=hour, day=d, month=month, day_of_week=w, timezone=zone) for d, w in choices
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
        first, last = (0, 6) if match[1] == "*" else (_day(match[1]), _day(match[2] or match[1]))
        span = range(first, (last if last >= first else last + 7) + 1, int(match[3] or 1))
        chosen |= {number % 7 for number in span}
    return ",".join(_DAYS[number] for number in sorted(chosen))


def _day(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if text.isdigit() and int(text) <= 7:  # noqa: PLR2004  cron's second name for Sunday
        return int(text)
    raise ValueError(f"{text!r} is no weekday; allowed are 0-7 and sun-sat")
