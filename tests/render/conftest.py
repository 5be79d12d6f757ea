"""Factories for editions of any size, and one way to render them with the shipped look."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from digest.core.mail import Reader, Rendered
from digest.core.model import Article, Edition, Issue, Section, Story
from digest.core.settings import Job, Newsletter, TopicRules
from digest.render import render

SHIPPED = Path(__file__).parents[2] / "templates"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=ZoneInfo("Europe/Berlin"))
READER = Reader(email="jo@example.org", unsubscribe="mailto:leave@example.org?subject=leave")

StoryOf = Callable[..., Story]
EditionOf = Callable[..., Edition]
Show = Callable[..., Rendered]


def make_story(
    title: str = "A plant opens in Nagoya", *, number: int = 0, also: Sequence[str] = (), **article: object
) -> Story:
    summary = str(article.pop("summary", "The rivals share one line from 2028."))
    plain = Article(
        id=f"{number}",
        url=f"https://news.example.org/{number}",
        title=title,
        text="word " * 500,
        summary="",
        source="Autoblatt",
        author="",
        published=NOW.astimezone(UTC) - timedelta(hours=3),
        first_seen=NOW.astimezone(UTC),
        image=None,
    )
    changes: dict[str, Any] = dict(article)
    lead = replace(plain, **changes)
    return Story(
        lead=lead,
        also=tuple(replace(lead, source=name) for name in also),
        topics=(),
        score=1.0,
        reasons=(),
        summary=summary,
    )


def make_edition(stories: Mapping[str, Sequence[Story]] | int = 3) -> Edition:
    if isinstance(stories, int):
        topics = ("automotive", "ai", "crypto")[: max(1, min(3, stories))]
        titled = [make_story(f"Headline {n} of the day", number=n, source=f"Outlet {n % 9}") for n in range(stories)]
        stories = {topic: titled[place :: len(topics)] for place, topic in enumerate(topics)}
    sections = tuple(
        Section(topic=topic, title=topic.title(), brief=many[0].summary, stories=tuple(many))
        for topic, many in stories.items()
    )
    everything = [story for section in sections for story in section.stories]
    return Edition(
        issue=Issue(
            id="daily-2026-11-23T0700",
            job="daily",
            slot="2026-11-23T07:00",
            revision=1,
            number=214,
            composed=NOW,
        ),
        sections=sections,
        left_out=(),
        articles=len(everything),
        sources=len({story.lead.source for story in everything}),
    )


def show_edition(
    edition: Edition,
    *,
    folders: Sequence[Path] = (SHIPPED,),
    reader: Reader = READER,
    newsletter: Mapping[str, object] | None = None,
    **job: object,
) -> Rendered:
    of_job: dict[str, Any] = dict(job)
    of_newsletter: dict[str, Any] = dict(newsletter or {})
    colors = {"automotive": "#b4441b", "ai": "#5b4fe0", "crypto": "#0f7f73"}
    return render(
        edition,
        job=replace(Job(name="daily", title="The Morning Brief", sender="Meridian <b@example.org>"), **of_job),
        newsletter=replace(Newsletter(name="Meridian", address="Example Street 1, Berlin"), **of_newsletter),
        topics={name: TopicRules(id=name, name=name.title(), color=color) for name, color in colors.items()},
        reader=reader,
        folders=folders,
    )


@pytest.fixture(scope="session")
def story() -> StoryOf:
    return make_story


@pytest.fixture(scope="session")
def edition() -> EditionOf:
    return make_edition


@pytest.fixture(scope="session")
def show() -> Show:
    return show_edition


@pytest.fixture(scope="session")
def shipped() -> Path:
    return SHIPPED
