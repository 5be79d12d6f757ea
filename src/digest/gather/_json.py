"""The bytes of a JSON Feed (1.0, 1.1) -> what each of its entries says, ready to be made an article."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, TypeAlias

from digest.core import text
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather._article import Channel, Fields, outlet
from digest.gather._dates import parse
from digest.gather._encoding import decode
from digest.gather._html import to_line

_START = re.compile(rb"[\xef\xbb\xbf\xff\xfe\0\s]*\{")
_LOOK = re.compile(rb"jsonfeed\.org|\"items\"\s*:\s*\[")
_HEAD = 20_000
_NAME_LIMIT = 200

_Object: TypeAlias = Mapping[str, Any]


def is_json(data: bytes) -> bool:
    """Whether the bytes begin like a JSON object, in any encoding."""
    return _START.match(data) is not None


def looks_like(data: bytes) -> bool:
    """Whether the bytes begin like a JSON Feed."""
    return is_json(data) and _LOOK.search(data[:_HEAD].replace(b"\0", b"")) is not None


def opened(document: Document, source: Source, now: datetime, limit: int) -> tuple[Channel, tuple[Fields, ...]]:
    """What the feed says once, and its first entries; ValueError when the bytes are no JSON Feed."""
    try:
        feed = json.loads(decode(document.data, document.content_type).lstrip("\ufeff\0"))
    except RecursionError:
        raise ValueError("not a feed: JSON nested too deep") from None
    except ValueError:
        raise ValueError("not a feed: damaged JSON") from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if items is None or not isinstance(items, list):
        raise ValueError("not a feed: JSON without a list of items")
    location = text.link(document.location) or ""
    base = text.link(_string(feed, "home_page_url"), location) or location
    channel = Channel(
        base=base,
        source=outlet(source, to_line(_string(feed, "title")), base, document),
        authors=_authors(feed),
        now=now,
    )
    objects = (item for item in items if isinstance(item, dict))
    return channel, tuple(_fields(item, channel) for item in islice(objects, limit))


def _fields(item: _Object, channel: Channel) -> Fields:
    attached = tuple(_attachments(item, channel.base))
    # An id is a link only when it looks like one.
    known = _string(item, "id")
    links = (_string(item, "url"), _string(item, "external_url"), known if "://" in known else "")
    url = next((link for link in _absolute(links, channel.base)), None)
    files = tuple(dict.fromkeys(link for link, _ in attached))
    images = _absolute((_string(item, "image"), _string(item, "banner_image")), channel.base)
    dates = (parse(_string(item, name), channel.now) for name in ("date_published", "date_modified"))
    return Fields(
        url=url or next(iter(files), None),
        title=_string(item, "title"),
        summary=_string(item, "summary"),
        # Plain text says "<" where it means it.
        content=_string(item, "content_html") or html.escape(_string(item, "content_text"), quote=False),
        authors=_authors(item),
        published=next(filter(None, dates), None),
        images=[*images, *(link for link, kind in attached if kind.startswith("image/"))],
        enclosures=files,
        base=channel.base,
    )


def _attachments(item: _Object, base: str) -> Iterator[tuple[str, str]]:
    """The URL and the media type of each attached file."""
    listed = item.get("attachments")
    for attachment in listed if isinstance(listed, list) else ():
        if isinstance(attachment, dict):
            for url in _absolute((_string(attachment, "url"),), base):
                yield url, _string(attachment, "mime_type").lower()


def _authors(item: _Object) -> str:
    """Names joined by commas, each once: of version 1.1's list, 1.0's object, or a bare name in the place of either."""
    people: list[object] = []
    for written in (item.get("authors"), item.get("author")):
        people += written if isinstance(written, list) else [written]
    names = (_string(person, "name") if isinstance(person, dict) else person for person in people)
    lines = dict.fromkeys(to_line(name) for name in names if isinstance(name, str))
    return text.shorten(", ".join(filter(None, lines)), _NAME_LIMIT)


def _absolute(links: tuple[str, ...], base: str) -> Iterator[str]:
    return (link for link in (text.link(written, base) for written in links if written) if link)


def _string(item: _Object, name: str) -> str:
    """The text under a name; ids and titles may be numbers."""
    value = item.get(name)
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
