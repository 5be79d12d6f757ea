"""A job and a moment -> its slot, its sources, and the issue that is composed now."""

from datetime import datetime

from digest.core import slots
from digest.core.errors import UsageError
from digest.core.model import Issue
from digest.core.settings import Job, Settings, Source
from digest.core.text import counted
from digest.store import Store, editions


def job_named(news: Settings, name: str) -> Job:
    """The job of that name; UsageError names what there is."""
    if name not in news.jobs:
        raise UsageError(f"{name}: no such job; allowed are {', '.join(news.jobs) or 'none: jobs/ is empty'}")
    return news.jobs[name]


def job_sources(news: Settings, job: Job) -> tuple[Source, ...]:
    """The sources of a job: those it names or whose group it names, else every one that has no group."""
    asked = set(job.sources)
    chosen = tuple(s for s in news.sources if (({s.name, s.group} & asked) if asked else not s.group))
    if not chosen:
        raise UsageError(f"jobs/{job.name}.toml: sources: no source of digest.toml is meant by this; add [[sources]]")
    return chosen


def too_thin(job: Job, stories: int) -> str:
    """Why an edition of so many stories is not sent, empty when it is."""
    least = max(1, job.minimum)
    return f"{counted(stories, 'new story', 'new stories')} where the minimum is {least}" if stories < least else ""


def slot_of(job: Job, now: datetime) -> str:
    """The job's current slot as text."""
    return slots.name(slots.current(job.schedule, job.timezone, now), job.schedule)


def next_issue(store: Store, job: Job, now: datetime, *, again: bool = False) -> Issue:
    """The issue that would be composed now; nothing is recorded. `again`: a new revision of a slot that is done."""
    slot = slot_of(job, now)
    known = editions.of_slot(store, job.name, slot)
    revision = known.revision if known else 1
    if known and again and not editions.is_open(store, known):
        revision += 1
    return Issue(
        id=editions.edition_id(job.name, slot, revision),
        job=job.name,
        slot=slot,
        revision=revision,
        number=editions.next_number(store, job.name),
        composed=now.astimezone(job.timezone).replace(microsecond=0),
    )


def earlier(store: Store, issue: Issue) -> tuple[str, ...]:
    """The editions of the same slot that an issue revises."""
    return tuple(r.id for r in editions.revisions(store, issue.job, issue.slot) if r.revision < issue.revision)


def issue_of(record: editions.Record, job: Job) -> Issue:
    """The issue that an edition was composed for."""
    return Issue(
        id=record.id,
        job=record.job,
        slot=record.slot,
        revision=record.revision,
        number=record.number,
        composed=record.composed.astimezone(job.timezone),
    )
