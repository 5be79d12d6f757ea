"""The corridor: sources -> articles -> stories -> edition, in the order of the work."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from digest import compose, issues, selection
from digest.core import plug
from digest.core.errors import TemplateError
from digest.core.log import Progress
from digest.core.model import Edition, Issue, LeftOut, Paragraph
from digest.core.settings import Job, Settings, Source
from digest.core.web import Validators
from digest.fetch.door import open_door
from digest.gather import Checked, gather
from digest.store import Store, articles, carried, editions, sources
from digest.understand import summary

_MEMORY = timedelta(days=14)
"""So long after an edition its stories are known: what is told of them again must have news."""


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


def check_sources(
    news: Settings, store: Store, chosen: Sequence[Source], now: datetime, progress: Progress
) -> tuple[Intake, ...]:
    """Fetch and read sources and keep what is new; a source that fails is a value here, and stops nothing."""
    known, answered = sources.validators(store), sources.last_answers(store)
    due = [
        (source, known.get(source.key, Validators()))
        for source in chosen
        if source.key not in answered or not timedelta(0) <= now - answered[source.key] < source.check_every
    ]
    taken = [_nothing_new(source) for source in chosen if source.key not in {other.key for other, _ in due}]
    progress("gather", len(taken), len(chosen))
    is_known = partial(articles.is_known, store)
    for checked in gather(due, open_door(news.limits), news.home, now, is_known):
        new = articles.add(store, checked.source.key, checked.articles)
        # What failed in part has answered: it is told, and not counted as a failure.
        error = "" if checked.articles else checked.error
        sources.record(store, checked.source.key, checked.validators, error, now)
        taken.append(_intake(checked, new))
        progress("gather", len(taken), len(chosen))
    return tuple(taken)


def _nothing_new(source: Source) -> Intake:
    """A source that was asked less than its `check_every` ago."""
    return Intake(source=source.name or source.key, kind="", new=0, known=0, error="")


def _intake(checked: Checked, new: int) -> Intake:
    return Intake(
        source=checked.source.name or checked.source.key,
        kind=checked.kind,
        new=new,
        known=len(checked.articles) - new,
        error=checked.error,
    )


def look_at(news: Settings, source: Source, now: datetime) -> Checked:
    """What a source has to say now; nothing is stored."""
    (checked,) = gather([(source, Validators())], open_door(news.limits), news.home, now)
    return checked


def edited(job: Job, title: str | None, subject: str | None) -> Job:
    """The job with the texts that editors wrote into one edition."""
    # A subject is a template; what a person wrote is not.
    literal = f"{{{{ {json.dumps(subject, ensure_ascii=False)} }}}}" if subject else job.subject
    return replace(job, title=title or job.title, subject=literal)


def _intro(news: Settings, job: Job, written: str | None) -> tuple[Paragraph, ...]:
    """What stands above the stories: what editors wrote into the edition, else the job's file."""
    if written is None and not job.intro:
        return ()
    try:
        markdown = plug.load("digest.formats", "markdown")
        parsed: tuple[Paragraph, ...] = (
            markdown.read(news.home, job.intro) if written is None else markdown.paragraphs(written)
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise TemplateError(f"jobs/{job.name}.toml: intro: {job.intro}: {why}") from error
    return parsed


def composed(news: Settings, store: Store, job: Job, issue: Issue, intro: str | None = None) -> Edition:
    """The edition of what is new for a job; nothing is recorded.

    `intro` takes the place of the job's file. TemplateError when that cannot be read.
    """
    now, revised = issue.composed, issues.earlier(store, issue)
    since, late = _window(store, job, now, revised)
    keys = [source.key for source in issues.job_sources(news, job)]
    found = articles.fresh(store, (job.name, *job.not_in), keys, since, revised, late)
    told = carried.stories(store, job.name, job.not_in, now - _MEMORY, revised)
    editions_of = {article: edition for story in told for article, edition in story.carried.items()}
    known = [
        LeftOut(id=article.id, title=article.title, reason=f"already carried by {editions_of[article.id]}")
        for article in articles.fresh(store, (), keys, since or now - _MEMORY, late=late)
        if article.id in editions_of
    ]
    wanted = selection.wanted(news, store, found, job.topics, now, told)
    left_out = (*wanted.left_out, *known)
    opening = _intro(news, job, intro)
    return compose.compose(issue, job, news.topics, wanted.stories, summary.first_sentence, left_out, opening)


def _window(
    store: Store, job: Job, now: datetime, revised: Collection[str]
) -> tuple[datetime | None, articles.Late | None]:
    """From when on an article is new for a job; None for no limit.

    It reaches back to the last edition at least, so that a slot that was skipped or failed loses nothing. What came
    after that edition counts for one window more, whatever date it has: sources are late.
    """
    if job.window is None:
        return None, None
    last = editions.last_sent(store, job.name, tuple(revised))
    since = min(now - job.window, last) if last else now - job.window
    return since, articles.Late(since=since - job.window, seen=last) if last else None
