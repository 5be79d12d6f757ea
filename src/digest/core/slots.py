"""Cron text, zone and now -> the slot that is due and the time of the next one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.core import plug

LATE = timedelta(minutes=15)
"""A slot that came so long ago was missed where a job says `catch_up = "none"`."""

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
    """The times (UTC) at which a schedule fires in a span."""
    # Loading APScheduler takes 23 ms: a newsletter without schedules does not pay for it.
    found: list[datetime] = plug.load("digest.core", "cron").times(schedule, zone, after, until)
    return found
