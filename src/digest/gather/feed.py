"""The bytes of an RSS (0.9x, 1.0, 2.0), Atom or JSON feed -> its articles as clean plain text."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from lxml.etree import _Element

from digest.core import text
from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import _article, _entry, _html, _json
from digest.gather._xml import ENTRIES, ENTRY_LIMIT, ROOTS, name, parse

_LOOK = re.compile(rb"<(?:rss|feed|rdf:rdf|channel|[a-z0-9]{1,20}:(?:feed|rss|rdf))[\s>]")
_PAGE = re.compile(rb"<(?:!doctype\s+html|html)[\s>]")
_HEAD = 20_000


def looks_like(document: Document) -> bool:
    """Whether the bytes begin like a feed, in any encoding."""
    if _json.is_json(document.data):
        return _json.looks_like(document.data)
    head = document.data[:_HEAD].replace(b"\0", b"").lower()
    found, page = _LOOK.search(head), _PAGE.search(head)
    return found is not None and (page is None or page.start() > found.start())


def read(document: Document, source: Source, now: datetime) -> tuple[Article, ...]:
    """The articles of the first 500 entries in the feed's order; ValueError when the bytes are no feed."""
    if _json.is_json(document.data):
        said, items = _json.opened(document, source, now, ENTRY_LIMIT)
        return tuple(_article.made(item, said) for item in items)
    root = parse(document.data, document.content_type)
    entries = list(islice(_entries(root), ENTRY_LIMIT))
    if not entries and name(root.tag) not in ROOTS:
        raise ValueError(f"not a feed: it begins with <{text.line(name(root.tag), 40)}>")
    channel = _channel(root, document, source, now)
    return tuple(_article.made(_fields(entry, channel), channel) for entry in entries)


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


def _channel(root: _Element, document: Document, source: Source, now: datetime) -> _article.Channel:
    top = next((child for child in islice(root, 200) if name(child.tag) == "channel"), root)
    # RSS 1.0 and damaged feeds put the entries beside the channel; what follows 200 children is entries.
    children = (child for child in islice(top, 200) if name(child.tag) not in ENTRIES)
    about = _entry.opened(top, children, _entry.base(root, text.link(document.location) or ""))
    home = next(_entry.urls(about), "")
    title = _html.to_line(_entry.markup(about, "title")).strip(" -–—|·:»>")
    return _article.Channel(
        base=about.base or home,
        source=_article.outlet(source, title, about.base or home, document),
        authors=_entry.authors(about),
        now=now,
    )


def _fields(element: _Element, channel: _article.Channel) -> _article.Fields:
    entry = _entry.opened(element, element, channel.base)
    return _article.Fields(
        url=next(_entry.urls(entry), None),
        title=_entry.markup(entry, "title"),
        summary=_entry.markup(entry, "summary"),
        content=_entry.markup(entry, "content"),
        authors=_entry.authors(entry),
        published=_entry.published(entry, channel.now),
        images=_entry.images(entry),
        enclosures=_entry.enclosures(entry),
        base=entry.base,
    )
