"""The bytes of a plain text scraped from the web -> one article: its first line is the title."""

from datetime import datetime
from pathlib import PurePath
from urllib.parse import urlsplit

from digest.core import text
from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import _byline, _tail
from digest.gather._encoding import decode
from digest.gather._identity import article_id

_SUFFIXES = (".txt", ".text")


def looks_like(document: Document) -> bool:
    """Whether it is named or labelled as plain text and begins unlike markup."""
    named = urlsplit(document.location).path.lower().endswith(_SUFFIXES)
    labelled = document.content_type.lower().startswith("text/plain")
    return (named or labelled) and document.data.lstrip()[:1] != b"<"


def read(document: Document, source: Source, now: datetime) -> tuple[Article, ...]:
    """The one article of the text, dated where a line below its title is a date; ValueError when there is no text."""
    first, *lines = text.paragraphs(decode(document.data, document.content_type)).split("\n\n")
    byline = _byline.found(lines, now)
    if byline:
        lines = [line for index, line in enumerate(lines) if index not in byline.lines]
    title, body = text.line(first), _tail.cut("\n\n".join(lines))
    if not title:
        raise ValueError("an empty text")
    where = urlsplit(document.location)
    return (
        Article(
            id=article_id(None, title, body),
            url=None,
            title=title,
            text=body,
            summary="",
            source=text.line(source.name or where.hostname or PurePath(where.path).parent.name or source.key),
            author=byline.author if byline else "",
            published=byline.published if byline else None,
            first_seen=now,
            image=None,
        ),
    )
