"""What was gathered, and where it stands."""

from collections.abc import Sequence
from typing import Any

import click

from digest import pipeline
from digest.cli import _desk, _screen
from digest.core.errors import UsageError
from digest.core.model import Article
from digest.core.settings import Settings
from digest.store import articles
from digest.understand import duplicates


@click.group(name="articles")
def command() -> None:
    """What was gathered, and where it stands."""


@command.command(name="list")
@click.option("--limit", default=200, show_default=True, help="At most so many, the newest.")
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, limit: int, as_json: bool) -> None:
    """List articles, newest first, with topics, story and copies."""
    with _desk.desk(ctx.obj) as (news, store):
        rows = _described(news, articles.newest(store, limit))
    if as_json:
        _screen.document(rows)
        return
    shown = [(r["id"], _topics(r), r["source"], r["title"]) for r in rows]
    _screen.table(["id", "topics", "source", "title"], shown)


@command.command(name="show")
@click.argument("article", metavar="ID")
@_screen.json_option
@click.pass_context
def show(ctx: click.Context, *, article: str, as_json: bool) -> None:
    """Show one article whole; the beginning of its id is enough."""
    with _desk.desk(ctx.obj) as (news, store):
        found = articles.matching(store, article)
        if len(found) != 1:
            raise UsageError(f"{article}: {'several articles begin' if found else 'no article begins'} with this id")
        (row,) = _described(news, found)
    if as_json:
        _screen.document(row | {"text": found[0].text, "summary": found[0].summary, "author": found[0].author})
        return
    _screen.answer(f"{row['title']}\n{row['source']}  {row['published'] or 'undated'}  {row['url'] or 'no link'}")
    for topic in row["topics"]:
        _screen.answer(f"{topic['name']} {topic['score']}: {', '.join(topic['reasons'])}")
    _screen.answer(f"\n{found[0].text}")


def _described(news: Settings, found: Sequence[Article]) -> list[dict[str, Any]]:
    """Articles as `articles list --json` says them; the order is kept."""
    classified = pipeline.classified(news, found)
    stories = {
        article.id: story.lead.id
        for story in pipeline.understood(news, found, tuple(news.topics), _desk.now())
        for article in (story.lead, *story.also)
    }
    copies = {copy.id: original.article.id for original in duplicates.fold(found) for copy in original.copies}
    return [
        {
            "id": article.id,
            "url": article.url,
            "title": article.title,
            "source": article.source,
            "published": article.published.isoformat() if article.published else None,
            "first_seen": article.first_seen.isoformat(),
            "topics": [
                {"name": score.topic, "score": round(score.score, 2), "reasons": list(score.reasons)}
                for score in classified[article.id]
            ],
            "story": stories.get(article.id),
            "duplicate_of": copies.get(article.id),
        }
        for article in found
    ]


def _topics(row: dict[str, Any]) -> str:
    return ", ".join(topic["name"] for topic in row["topics"]) or "-"
