"""What an entry of any feed format says, as its sender wrote it -> the finished article."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import NamedTuple
from urllib.parse import urlsplit

from digest.core import text
from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import _html, _tail
from digest.gather._identity import article_id

_SUMMARY_LIMIT = 1_000
_MADE_TITLE_LIMIT = 100
# What blog software adds to every entry: the author's face, pictures of emoji.
_DECORATION = re.compile(r"//[^/]{0,20}gravatar\.com/|//s\.w\.org/images/core/emoji/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What the feed says once for all its entries."""

    base: str
    """The URL that relative links start from."""
    source: str
    authors: str
    now: datetime


class Fields(NamedTuple):
    """One entry; title, summary and content are HTML, links are absolute."""

    url: str | None
    title: str
    summary: str
    content: str
    authors: str
    published: datetime | None
    images: Iterable[str]
    """Attached pictures, best first."""
    enclosures: tuple[str, ...]
    base: str


def outlet(source: Source, title: str, home: str, document: Document) -> str:
    """The name of the outlet: as set, else as the feed says, else its host or the folder of the file."""
    host = (urlsplit(home).hostname or "").removeprefix("www.")
    folder = "" if text.link(document.location) else PurePath(document.location).parent.name
    return text.line(source.name or title or host or folder or source.key)


def made(fields: Fields, channel: Channel) -> Article:
    """The article, its texts plain and clean; one without a title is named by its first words."""
    url = text.untracked(fields.url) if fields.url else None
    summary, content = _readable(fields.summary), _readable(fields.content)
    body = content if len(content) > len(summary) else summary
    title = _html.to_line(fields.title)
    title = title or text.line(summary or content or url or "Untitled", _MADE_TITLE_LIMIT)
    return Article(
        id=article_id(url, title, body),
        url=url,
        title=title,
        text=body,
        summary=text.shorten(summary[: 2 * _SUMMARY_LIMIT].replace("\n\n", " "), _SUMMARY_LIMIT),
        source=channel.source,
        author=fields.authors or channel.authors,
        published=fields.published,
        first_seen=channel.now,
        image=_picture(fields.images, url or fields.base, fields.content, fields.summary),
        enclosures=fields.enclosures,
    )


def _readable(markup: str) -> str:
    return _tail.cut(_html.to_text(markup)) if markup else ""


def _picture(attached: Iterable[str], page: str, *markups: str) -> str | None:
    """The first picture that is attached, else shown in a body."""
    for image in attached:
        if not _DECORATION.search(image):
            return image
    for markup in markups:
        for source in _html.images(markup):
            shown = text.link(source, page)
            if shown and not _DECORATION.search(shown):
                return shown
    return None
