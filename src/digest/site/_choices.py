"""A job -> the topics and languages a reader can choose, as boxes of a form, and what was ticked as it is stored."""

from collections.abc import Collection
from dataclasses import dataclass

from digest.core.settings import Job, Settings
from digest.site._look import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One box or one entry of a list."""

    value: str
    name: str
    is_chosen: bool


def topics(news: Settings, job: Job, chosen: Collection[str]) -> tuple[Choice, ...]:
    """The topics of a job, none when there is nothing to choose between."""
    offered = _offered(news, job)
    if len(offered) == 1:
        return ()
    return tuple(Choice(value=name, name=news.topics[name].name, is_chosen=name in chosen) for name in offered)


def ticked(news: Settings, job: Job, values: Collection[str]) -> tuple[str, ...] | None:
    """The topics as they are stored, which is none for all of them; None when no box was ticked."""
    offered = _offered(news, job)
    found = tuple(name for name in offered if name in values)
    if len(found) == len(offered) or len(offered) == 1:
        return ()
    return found or None


def languages(look: Look, chosen: str) -> tuple[Choice, ...]:
    """The languages there are words for, by their own names."""
    return tuple(Choice(value=tag, name=look.own_name(tag), is_chosen=tag == chosen) for tag in look.languages())


def language(look: Look, value: str) -> str:
    """A language that was chosen; empty for any other text."""
    return value if value in look.languages() else ""


def _offered(news: Settings, job: Job) -> tuple[str, ...]:
    return tuple(name for name in job.topics if name in news.topics)
