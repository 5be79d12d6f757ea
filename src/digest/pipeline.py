"""The corridor: sources -> articles -> stories -> edition -> mail, in the order of the work."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from digest import compose, config, message
from digest.core import address, defaults, slots
from digest.core.errors import UsageError
from digest.core.mail import Finding, Rendered
from digest.core.model import Article, Edition, Issue, Story, TopicScore
from digest.core.settings import Job, Settings, Source
from digest.core.tokens import Key
from digest.core.web import Validators
from digest.fetch.door import open_door
from digest.gather import gather
from digest.render import palette, render
from digest.render.checks import run_checks
from digest.store import Store, articles, editions, sources
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An edition as it would be sent now."""

    edition: Edition
    rendered: Rendered
    mail: message.Frozen
    findings: tuple[Finding, ...]

    @property
    def content(self) -> dict[str, Any]:
        """edition.json."""
        return compose.document(self.edition, self.rendered.subject, self.rendered.preheader)


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
    found = articles.fresh(store, job.name, [source.key for source in job_sources(news, job)], since)
    stories = understood(news, found, job.topics, now)
    return compose.compose(issue, job, news.topics, stories, first_sentence)


def draft(news: Settings, job: Job, edition: Edition) -> Draft:
    """The edition rendered, made a mail and checked; TemplateError when its template cannot be rendered."""
    mark = secrets.token_hex(8)
    rendered = render(
        edition,
        job=job,
        newsletter=news.newsletter,
        topics=news.topics,
        reader=message.reader(mark),
        folders=defaults.template_folders(news.home),
    )
    mail = message.freeze(rendered, _headers(job, edition.issue), mark)
    findings = run_checks(rendered, edition, news.newsletter)
    return Draft(edition=edition, rendered=rendered, mail=mail, findings=findings)


def message_id(job: Job, key: Key, edition: str, email: str) -> str:
    """The Message-ID of an edition's mail to one address: always the same, and no address stands in it."""
    return f"<{edition}.{key.tag('message-id', edition, address.folded(email))}@{_domain(job)}>"


def unsubscribe_address(news: Settings, job: Job) -> str:
    """The address that readers of a job write to in order to leave."""
    return news.delivery.unsubscribe or address.mailbox(job.sender)[1]


def recipient(key: Key, job: str, leave: str, email: str, message_id: str) -> message.Recipient:
    """One recipient's values; only the key's owner can make the tag that names the subscription."""
    tag = key.tag("unsubscribe", job, address.folded(email))
    return message.Recipient(
        email=email, message_id=message_id, unsubscribe=f"mailto:{leave}?subject=unsubscribe%20{tag}"
    )


def mail_to(news: Settings, job: Job, key: Key, made: Draft, email: str) -> bytes:
    """The draft as the mail that one reader would get."""
    edition = made.edition.issue.id
    to = recipient(key, job.name, unsubscribe_address(news, job), email, message_id(job, key, edition, email))
    return b"".join(message.Template(made.mail).mail(to))


def _domain(job: Job) -> str:
    return address.mailbox(job.sender)[1].partition("@")[2]


def _headers(job: Job, issue: Issue) -> message.Headers:
    return message.Headers(
        sender=job.sender, date=issue.composed, list_id=f"<{job.name}.{_domain(job)}>", edition=issue.id
    )
