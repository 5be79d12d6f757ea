"""Fixtures: articles made from a few words, the shipped topics, and the labelled data when it is there."""

import os
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from digest.core.model import Article
from digest.core.settings import TopicRules

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DIGEST_DATA", ROOT.parent / "shared" / "data"))
MORNING = datetime(2026, 11, 23, 7, tzinfo=UTC)

MakeArticle: TypeAlias = Callable[..., Article]


@pytest.fixture(scope="session")
def article() -> MakeArticle:
    """Make an article; what is not said is ordinary."""

    def make(
        name: str, *, title: str = "", text: str = "", summary: str = "", source: str = "Post", date: datetime = MORNING
    ) -> Article:
        return Article(
            id=name,
            url=f"https://news.example.org/{name}",
            title=title or f"Title of {name}",
            text=text,
            summary=summary,
            source=source,
            author="",
            published=date,
            first_seen=date,
            image=None,
        )

    return make


@pytest.fixture(scope="session")
def morning() -> datetime:
    """The moment at which the tests take place."""
    return MORNING


@pytest.fixture(scope="session")
def shipped() -> tuple[TopicRules, ...]:
    """The topics of the repository."""
    paths = sorted((ROOT / "topics").glob("*.toml"))
    return tuple(TopicRules(id=path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real articles and pages."""
    if not (DATA / "articles").is_dir():
        pytest.skip("DIGEST_DATA names no folder with real articles")
    return DATA
