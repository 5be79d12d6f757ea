"""Invented news -> a newsletter's folder and its edition as `digest render` writes it: mails to look at."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from itertools import groupby
from pathlib import Path

from digest.cli.init import fill
from digest.core import tokens
from support import Folder
from system import real_input
from system.many_news import many
from system.news import ARABIC, HINDI, HOSTILE, LONG, ONE, Article, Topic

_MAIN = """
[newsletter]
name = {name}
address = "Example Street 1, 10115 Berlin"
language = "{language}"
timezone = "Europe/Berlin"
[delivery]
to = "outbox:outbox"
unsubscribe = "leave@example.org"
[[sources]]
path = "sources/*.xml"
[[sources]]
path = "sources/*.txt"
name = "The Harbour Post"
"""
_JOB = """
title = {title}
from = "Meridian <brief@news.example.org>"
topics = {topics}
window = "any"
minimum = 1
stories = 20
per_source = 99
"""
_ITEM = (
    "<item><title>{title}</title><link>{link}</link><pubDate>{date}</pubDate><description>{text}</description></item>"
)
_FEED = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{outlet}</title>{items}</channel></rss>'
)


def demo(home: Path) -> Path:
    """The shipped demo."""
    fill(home)
    return _rendered(Folder(home), "demo")


def one_story(home: Path) -> Path:
    """One article, one topic."""
    return _made(home, [ONE])


def sixty_stories(home: Path) -> Path:
    """Sixty stories are offered, twenty a topic, and all may be in."""
    return _made(home, many(20))


def arabic(home: Path) -> Path:
    """Written from right to left."""
    return _made(home, ARABIC, language="ar", name="خط الزوال", title="موجز الصباح")


def hindi(home: Path) -> Path:
    """Tall letters, words of many joined signs."""
    return _made(home, HINDI, language="hi", name="मध्याह्न", title="सुबह की ख़बरें")


def long_words(home: Path) -> Path:
    """Words and names longer than a line."""
    return _made(home, LONG, name="Donaudampfschifffahrtsnachrichten", title="Rindfleischetikettierung" * 3)


def hostile_titles(home: Path) -> Path:
    """Titles that are code."""
    return _made(home, [HOSTILE])


def real(home: Path) -> Path:
    """Real news, where they lie on this machine."""
    with real_input.newsletter(home) as folder:
        return _rendered(folder, "real")


EDITIONS: Mapping[str, Callable[[Path], Path]] = {
    "demo": demo,
    "one-story": one_story,
    "sixty-stories": sixty_stories,
    "arabic": arabic,
    "hindi": hindi,
    "long-words": long_words,
    "hostile-titles": hostile_titles,
}


def _made(
    home: Path, topics: Sequence[Topic], *, language: str = "en", name: str = "Meridian", title: str = "The Brief"
) -> Path:
    folder = Folder(home)
    folder.write("digest.toml", _MAIN.format(name=json.dumps(name), language=language))
    names = json.dumps([topic.id for topic in topics])
    folder.write("jobs/brief.toml", _JOB.format(title=json.dumps(title), topics=names))
    for topic in topics:
        phrases = "".join(f"{json.dumps(phrase)} = 9.0\n" for phrase in topic.phrases)
        head = f"name = {json.dumps(topic.name)}\ncolor = {json.dumps(topic.color)}\n"
        folder.write(f"topics/{topic.id}.toml", f"{head}[phrases]\n{phrases}")
    articles = sorted((article for topic in topics for article in topic.articles), key=lambda article: article.outlet)
    for number, (outlet, group) in enumerate(groupby(articles, key=lambda article: article.outlet)):
        if outlet:
            folder.write(f"sources/{number:02}.xml", _feed(f"outlet-{number}.example.com", outlet, list(group)))
        else:
            for place, article in enumerate(group):
                folder.write(f"sources/{place:02}.txt", f"{article.title}\n\n{article.text}\n")
    tokens.make_key(folder.path)
    return _rendered(folder, "brief")


def _feed(host: str, outlet: str, articles: Sequence[Article]) -> str:
    now = datetime.now(UTC)
    items = "".join(
        _ITEM.format(
            title=escape(article.title),
            link=f"https://{host}/news/{number}",
            date=format_datetime(now - timedelta(minutes=20 + 190 * number)),
            text=escape(article.text),
        )
        for number, article in enumerate(articles)
    )
    return _FEED.format(outlet=outlet, items=items)


def _rendered(folder: Folder, job: str) -> Path:
    result = folder.run("render", job)
    assert result.exit_code == 0, result.output
    return folder.path / "preview" / job
