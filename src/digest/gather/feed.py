"""The bytes of an RSS (0.9x, 1.0, 2.0) or Atom feed -> its articles as clean plain text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import PurePath
from urllib.parse import urlsplit

from lxml.etree import _Element

from digest.core import text
from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import _entry, _html, _tail
from digest.gather._identity import article_id
from digest.gather._xml import ENTRIES, ENTRY_LIMIT, ROOTS, name, parse

_SUMMARY_LIMIT = 1_000
_MADE_TITLE_LIMIT = 100
_LOOK = re.compile(rb"<(?:rss|feed|rdf:rdf|channel|[a-z0-9]{1,20}:(?:feed|rss|rdf))[\s>]")
_PAGE = re.compile(rb"<(?:!doctype\s+html|html)[\s>]")
# What blog software adds to every entry: the author's face, pictures of emoji.
_DECORATION = re.compile(r"//[^/]{0,20}gravatar\.com/|//s\.w\.org/images/core/emoji/")
_HEAD = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    """What the feed says once for all its entries."""

    base: str
    source: str
    authors: str
    now: datetime


def looks_like(document: Document) -> bool:
    """Whether the bytes begin like a feed, in any encoding."""
    head = document.data[:_HEAD].replace(b"\0", b"").lower()
    found, page = _LOOK.search(head), _PAGE.search(head)
    return found is not None and (page is None or page.start() > found.start())


def read(document: Document, source: Source, now: datetime) -> tuple[Article, ...]:
    """The articles of the first 500 entries in the feed's order; ValueError when the bytes are no feed."""
    root = parse(document.data, document.content_type)
    entries = list(islice(_entries(root), ENTRY_LIMIT))
    if not entries and name(root.tag) not in ROOTS:
        raise ValueError(f"not a feed: it begins with <{text.line(name(root.tag), 40)}>")
    channel = _channel(root, document, source, now)
    return tuple(_article(entry, channel) for entry in entries)


def _entries(root: _Element) -> Iterator[_Element]:
    # The tags nearly every feed uses are found without looking at each element in Python.
    usual = root.iter("{*}item", "{*}entry")
    found = False
    for element in usual:
        if name(element.tag) in ENTRIES:
            found = True
            yield element
    if not found:
        yield from (element for element in root.iter() if name(element.tag) in ENTRIES)


def _channel(root: _Element, document: Document, source: Source, now: datetime) -> _Channel:
    top = next((child for child in islice(root, 200) if name(child.tag) == "channel"), root)
    # RSS 1.0 and damaged feeds put the entries beside the channel; what follows 200 children is entries.
    children = (child for child in islice(top, 200) if name(child.tag) not in ENTRIES)
    about = _entry.opened(top, children, _entry.base(root, text.link(document.location) or ""))
    home = next(_entry.urls(about), "")
    title = _html.to_line(_entry.markup(about, "title"))
    host = (urlsplit(about.base or home).hostname or "").removeprefix("www.")
    folder = "" if text.link(document.location) else PurePath(document.location).parent.name
    return _Channel(
        base=about.base or home,
        source=text.line(source.name or title or host or folder or source.key),
        authors=_entry.authors(about),
        now=now,
    )


def _article(element: _Element, channel: _Channel) -> Article:
    entry = _entry.opened(element, element, channel.base)
    link = next(_entry.urls(entry), None)
    url = text.untracked(link) if link else None
    summary_markup, content_markup = _entry.markup(entry, "summary"), _entry.markup(entry, "content")
    summary, content = _readable(summary_markup), _readable(content_markup)
    body = content if len(content) > len(summary) else summary
    title = _html.to_line(_entry.markup(entry, "title"))
    title = title or text.line(summary or content or url or "Untitled", _MADE_TITLE_LIMIT)
    return Article(
        id=article_id(url, title, body),
        url=url,
        title=title,
        text=body,
        summary=text.shorten(summary[: 2 * _SUMMARY_LIMIT].replace("\n\n", " "), _SUMMARY_LIMIT),
        source=channel.source,
        author=_entry.authors(entry) or channel.authors,
        published=_entry.published(entry, channel.now),
        first_seen=channel.now,
        image=_picture(entry, url or entry.base, content_markup, summary_markup),
        enclosures=_entry.enclosures(entry),
    )


def _readable(markup: str) -> str:
    return _tail.cut(_html.to_text(markup)) if markup else ""


def _picture(entry: _entry.Entry, page: str, *markups: str) -> str | None:
    """The first picture that is attached, else shown in a body."""
    for image in _entry.images(entry):
        if not _DECORATION.search(image):
            return image
    for markup in markups:
        for source in _html.images(markup):
            shown = text.link(source, page)
            if shown and not _DECORATION.search(shown):
                return shown
    return None
