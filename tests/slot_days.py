"""Days of a newsletter lived through with cron and two daemons, which are switched off and killed at random."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from digest import config, issues, sending
from digest.core import runfile, tokens
from digest.core.settings import Job, Settings
from digest.mailroom import Sender
from digest.store import Store, connect, editions
from stored import set_edition
from support import Folder

# The year before the first day: Brazil gave summer time up in 2019, and its clocks changed at midnight.
STARTS: Mapping[str, date] = {
    "Europe/Berlin": date(2026, 2, 1),
    "America/New_York": date(2026, 2, 1),
    "Australia/Lord_Howe": date(2026, 2, 1),
    "Asia/Kolkata": date(2026, 2, 1),
    "America/Sao_Paulo": date(2017, 9, 1),
    "Antarctica/Troll": date(2026, 2, 1),
}
LATE = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Timetable:
    """A schedule, and the same in plain words for those who check it."""

    schedule: str
    times: Sequence[tuple[int, int]]
    weekdays: frozenset[int] = frozenset(range(7))
    """Monday is 0."""
    catch_up: str = "latest"


JOBS = {
    "night": Timetable(schedule="15,45 2 * * *", times=[(2, 15), (2, 45)]),
    "midnight": Timetable(schedule="0 0 * * *", times=[(0, 0)], catch_up="none"),
    "sunday": Timetable(schedule="30 1 * * 7", times=[(1, 30)], weekdays=frozenset({6})),
    "morning": Timetable(
        schedule="0 7 * * mon-5", times=[(7, 0)], weekdays=frozenset({0, 1, 2, 3, 4}), catch_up="none"
    ),
}


@dataclass(kw_only=True)
class Life:
    """What happened: who sent what when."""

    started: datetime
    awake: list[datetime] = field(default_factory=list)
    sent: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    tried: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)


def dice(seed: str) -> random.Random:
    """Chance that can be repeated."""
    return random.Random(seed)  # noqa: S311  repeatable days, no secret


def settings(folder: Folder, zone: ZoneInfo) -> Settings:
    """The newsletter with the jobs of the table, in a zone."""
    news = config.load(folder.path)
    (like,) = news.jobs.values()
    jobs = {
        name: replace(like, name=name, schedule=table.schedule, catch_up=table.catch_up, timezone=zone)
        for name, table in JOBS.items()
    }
    return replace(news, jobs=jobs)


def wake_times(zone: ZoneInfo, first: date, days: int, chance: random.Random) -> Iterator[datetime]:
    """When cron or a daemon looks: near each slot, now and then in between, and not at all while the machine is off."""
    off = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    for day in (first + timedelta(days=number) for number in range(days)):
        for table in JOBS.values():
            for hour, minute in table.times:
                slot = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
                near = [slot + chance.choice((-1, 0, 0, 1, 5, 14, 15, 16, 40, 60, 90, 200)) * MINUTE for _ in range(2)]
                yield from (moment for moment in near if moment >= off)
        if chance.random() < 1 / 12:
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
            off = midnight + timedelta(hours=chance.choice((3, 9, 30, 80)))


def live(news: Settings, moments: Sequence[datetime], chance: random.Random) -> Life:
    """Go through the moments; at each, two or three look at once, and one may be killed in the middle of its work."""
    life = Life(started=moments[0])
    with connect(news.database) as store:
        for now in moments:
            life.awake.append(now)
            with ExitStack() as stack:
                runs = [
                    stack.enter_context(runfile.begin(runfile.folder(store.path))) for _ in range(chance.choice((2, 3)))
                ]
                senders = [_sender(news, store, run, now) for run in runs]
                found = [list(sending.due(sender)) for sender in senders]
                for sender, jobs in zip(senders, found, strict=True):
                    _work(sender, jobs, life, chance)
    return life


def _sender(news: Settings, store: Store, run: runfile.Run, now: datetime) -> Sender:
    return Sender(
        news=news,
        store=store,
        key=tokens.load_key(news.home),
        run=run,
        now=lambda: now,
        stopping=lambda: False,
        progress=lambda *_: None,
    )


def _work(sender: Sender, jobs: Sequence[Job], life: Life, chance: random.Random) -> None:
    """What `send` does with due jobs, without the reading and the mails; a kill leaves one edition being composed."""
    for job in jobs:
        issue = issues.next_issue(sender.store, job, sender.now())
        if not editions.begin(sender.store, issue, sender.run.id):
            continue
        life.tried.setdefault((job.name, issue.slot), []).append(sender.now())
        if chance.random() < 1 / 5:
            continue
        set_edition(sender.store, issue.id, "sent")
        life.sent.setdefault((job.name, issue.slot), []).append(sender.now())


def faults(life: Life, zone: ZoneInfo, first: date, days: int) -> list[str]:
    """What is not as it should be: a slot sent twice, lost, sent too early, too late or without need."""
    wrong = [f"{slot} sent {len(times)} times" for slot, times in life.sent.items() if len(times) != 1]
    expected = set()
    for name, table in JOBS.items():
        for slot, following in pairwise(instants(table, zone, first, days)):
            chances = [moment for moment in life.awake if slot <= moment < following]
            key = (name, f"{slot.astimezone(zone):%Y-%m-%dT%H:%M}")
            if slot < life.started or not chances:
                continue
            if table.catch_up == "none" and chances[0] - slot > LATE:
                continue
            expected.add(key)
            tried = life.tried.get(key, [])
            # After a kill the next one who looks tries again, while there is one before the next slot.
            if not tried or tried != chances[: len(tried)] or (key not in life.sent and len(tried) < len(chances)):
                wrong.append(f"{key} tried at {tried}, where the chances were {chances}")
    wrong += [f"{key} sent without need" for key in life.tried.keys() - expected]
    return wrong


def instants(table: Timetable, zone: ZoneInfo, first: date, days: int) -> list[datetime]:
    """When the table's times come, in UTC, by the rule of the design: the first of two, and what a gap makes of one."""
    found = {
        datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
        for day in (first + timedelta(days=number) for number in range(days + 8))
        if day.weekday() in table.weekdays
        for hour, minute in table.times
    }
    return sorted(found)
