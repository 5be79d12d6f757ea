"""Invented news -> a newsletter's folder, its edition as `digest render` writes it: the mails that others look at."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from textwrap import dedent

from digest.cli.init import fill
from digest.core import tokens
from support import Folder
from system.news import ARABIC, HINDI, HOSTILE, LONG, ONE, Topic, many

Maker = Callable[[Path], Path]


def demo(home: Path) -> Path:
    """The folder with the preview of the shipped demo."""
    fill(home)
    return _rendered(Folder(home), "demo")


def one_story(home: Path) -> Path:
    """One article, one topic."""
    return _made(home, ONE)


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
    return _made(home, LONG, name="Donaudampfschifffahrtsnachrichten", title="T" * 60)


def hostile_titles(home: Path) -> Path:
    """Titles that are code, as plain texts, for a feed would take some of it for its own markup."""
    return _made(home, HOSTILE, as_texts=True)


EDITIONS: Mapping[str, Maker] = {
    "demo": demo,
    "one-story": one_story,
    "sixty-stories": sixty_stories,
    "arabic": arabic,
    "hindi": hindi,
    "long-words": long_words,
    "hostile-titles": hostile_titles,
}


def _made(
    home: Path,
    topics: Sequence[Topic],
    *,
    language: str = "en",
    name: str = "Meridian",
    title: str = "The Brief",
    as_texts: bool = False,
) -> Path:
    folder = Folder(home)
    folder.write("digest.toml", _main(language, name))
    folder.write("jobs/brief.toml", _job(title, topics))
    for topic in topics:
        phrases = "\n".join(f'"{phrase}" = 9.0' for phrase in topic.phrases)
        folder.write(f"topics/{topic.id}.toml", f'name = "{topic.name}"\ncolor = "{topic.color}"\n[phrases]\n{phrases}\n')
    news = [article for topic in topics for article in topic.articles]
    if as_texts:
        for number, (headline, text) in enumerate(news):
            folder.write(f"sources/{number:02}.txt", f"{headline}\n\n{text}\n")
    else:
        for outlet in {article: None for topic in topics for article in topic.outlets}:
            mine = [news[n] for n in range(len(news)) if _outlet(topics, n) == outlet]
            folder.write(f"sources/{outlet}.xml", _feed(outlet, mine, language))
    tokens.make_key(folder.path)
    return _rendered(folder, "brief")
