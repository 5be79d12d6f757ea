"""The corridor: sources -> articles -> stories -> edition, in the order of the work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import compose, config
from digest.core import slots
from digest.core.errors import UsageError
from digest.core.mail import Picture
from digest.core.model import Article, Edition, Issue, Story, TopicScore
from digest.core.settings import Job, Settings, Source
from digest.core.web import Validators
from digest.fetch.door import open_door
from digest.gather import gather
from digest.render import palette
from digest.store import Store, articles, editions, pictures, sources
from digest.understand import understand
from digest.understand.summary import first_sentence
from digest.understand.topics import Classifier

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What checking one source brought."""

    source: str
    kind: str
    new: int
    known: int
    error: str
    """One line; a source of several files may have failed in part."""

    @property
    def answered(self) -> bool:
        """Whether anything at all could be read."""
        return not self.error or self.new + self.known > 0


def open_newsletter(home: Path) -> Settings:
    """The settings of a folder, checked as far as no job needs to run; ConfigError or UsageError otherwise."""
    news = config.load(home)
    for topic in news.topics.values():
        palette(topic.color)
    return news


def job_sources(news: Settings, job: Job) -> tuple[Source, ...]:
    """The sources of a job: those it names or whose group it names, else every one that has no group."""
    asked = set(job.sources)
    chosen = tuple(s for s in news.sources if (({s.name, s.group} & asked) if asked else not s.group))
    if not chosen:
        raise UsageError(f"jobs/{job.name}.toml: sources: no source of digest.toml is meant by this; add [[sources]]")
    return chosen


def check_sources(
    news: Settings, store: Store, chosen: Sequence[Source], now: datetime, progress: Progress
) -> tuple[Intake, ...]:
    """Fetch and read sources and keep what is new; a source that fails is a value here, and stops nothing."""
    known = sources.validators(store)
    due = [(source, known.get(source.key, Validators())) for source in chosen]
    taken: list[Intake] = []
    progress("gather", 0, len(due))
    for checked in gather(due, open_door(news.limits), news.home, now):
        new = articles.add(store, checked.source.key, checked.articles)
        sources.record(store, checked.source.key, checked.validators, checked.error, now)
        taken.append(
            Intake(
                source=checked.source.name or checked.source.key,
                kind=checked.kind,
                new=new,
                known=len(checked.articles) - new,
                error=checked.error,
            )
        )
        progress("gather", len(taken), len(due))
    return tuple(taken)


def next_issue(store: Store, job: Job, now: datetime) -> Issue:
    """The issue that would be composed now; nothing is recorded."""
    slot = slot_of(job, now)
    return Issue(
        id=editions.edition_id(job.name, slot),
        job=job.name,
        slot=slot,
        revision=1,
        number=editions.next_number(store, job.name),
        composed=now.astimezone(job.timezone).replace(microsecond=0),
    )


def slot_of(job: Job, now: datetime) -> str:
    """The job's current slot as text."""
    return slots.name(slots.current(job.schedule, job.timezone, now), job.schedule)


def classified(news: Settings, found: Sequence[Article]) -> dict[str, tuple[TopicScore, ...]]:
    """Article id -> the topics it passes by itself, best first."""
    classifier = Classifier(tuple(news.topics.values()))
    hints = {source.name: source.topics for source in news.sources}
    return {article.id: classifier.classify(article, hints.get(article.source, ())) for article in found}


def understood(news: Settings, found: Sequence[Article], topics: Sequence[str], now: datetime) -> tuple[Story, ...]:
    """Articles as ranked stories under these topics."""
    outlets = {source.name: source for source in news.sources}
    return understand(found, [news.topics[topic] for topic in topics], outlets, now)


def composed(news: Settings, store: Store, job: Job, issue: Issue) -> Edition:
    """The edition of what is new for a job; nothing is recorded."""
    now = issue.composed
    since = None
    if job.window is not None:
        last = editions.last_sent(store, job.name)
        since = min(now - job.window, last) if last else now - job.window
    found = articles.fresh(store, (job.name, *job.not_in), [s.key for s in job_sources(news, job)], since)
    stories = understood(news, found, job.topics, now)
    return compose.compose(issue, job, news.topics, stories, first_sentence)


def pictures_of(store: Store, job: Job, edition: Edition) -> dict[str, Picture]:
    """Article id -> the picture of each story's lead, if the job wants pictures."""
    return pictures.of(store, [story.lead.id for story in edition.stories]) if job.images == "embed" else {}
