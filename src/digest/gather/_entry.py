"""An entry's element -> its fields as the sender wrote them: markup, links, dates and names, not yet cleaned."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from lxml.etree import _Element, tostring

from digest.core import text
from digest.gather._dates import parse
from digest.gather._html import to_line
from digest.gather._xml import name

Fields = Mapping[str, list[_Element]]

TITLES = ("title", "atom:title", "dc:title", "media:title", "itunes:title")
SUMMARIES = (
    "description", "atom:summary", "summary", "dc:description", "media:description", "abstract", "itunes:summary",
    "itunes:subtitle",
)  # fmt: skip
CONTENTS = ("content:encoded", "atom:content", "content", "xhtml:body", "fullitem", "body", "xhtml:div", "div")
_PUBLISHED = (
    "pubdate", "atom:published", "atom:issued", "dc:date", "dcterms:issued", "dcterms:created", "atom:created",
    "published", "issued", "created", "date", "dcterms:date", "dc:issued", "dc:created",
)  # fmt: skip
_UPDATED = (
    "atom:updated", "atom:modified", "dcterms:modified", "updated", "modified", "lastbuilddate", "lastmod",
    "dc:modified",
)  # fmt: skip
_DATES = (*_PUBLISHED, *_UPDATED)
_AUTHORS = ("atom:author", "author", "dc:creator", "dc:author", "itunes:author", "googleplay:author", "managingeditor")
_LINKS = ("atom:link", "link", "xhtml:link")
_IMAGES = ("media:content", "enclosure", "media:thumbnail", "itunes:image", "image", "googleplay:image")
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_PREFIX = re.compile(r"(</?)[\w.-]{1,40}:")
_MAIL_FIRST = re.compile(r"[^\s@<>()]+@[^\s()<>]+\s*\(([^()]+)\)")
_MAIL_LAST = re.compile(r"([^<(]+?)\s*[(<]\s*(?:mailto:)?[^\s@]+@[^\s@]+\s*[)>]")
_NOT_THE_ARTICLE = {"enclosure", "self", "edit", "replies", "hub", "next", "prev", "via", "license"}
_NAME_LIMIT = 200


class _Link(NamedTuple):
    rel: str
    url: str
    type: str


class Entry(NamedTuple):
    """An item, an entry or a channel, opened."""

    element: _Element
    fields: Fields
    """The children by name; those of media groups count as the entry's own."""
    base: str
    """The URL that relative links inside start from."""
    links: tuple[_Link, ...]


def opened(element: _Element, children: Iterable[_Element], outer: str) -> Entry:
    """The element with these children; `outer` is the base URL around it."""
    fields: dict[str, list[_Element]] = {}
    for child in children:
        key = name(child.tag)
        if key:
            fields.setdefault(key, []).append(child)
        if key in {"media:group", "media:content"}:
            for inner in child:
                fields.setdefault(name(inner.tag), []).append(inner)
    here = base(element, outer)
    return Entry(element=element, fields=fields, base=here, links=tuple(_links(fields, here)))


def base(element: _Element, outer: str) -> str:
    """The URL that relative links inside the element start from."""
    own = element.get(_BASE)
    return (text.link(own, outer) or outer) if own else outer


def markup(entry: Entry, names: Iterable[str]) -> str:
    """The first of these fields that says something, as HTML or text."""
    return next((value for element in _present(entry, names) if (value := _construct(element))), "")


def urls(entry: Entry) -> Iterator[str]:
    """Candidates for the article's own URL as absolute http(s) links, best first."""
    return (link for candidate in _candidates(entry) if candidate and (link := text.link(candidate, entry.base)))


def _candidates(entry: Entry) -> Iterator[str]:
    alternates = [link for link in entry.links if link.rel == "alternate"]
    yield from _texts(entry, ("feedburner:origlink",))
    yield from (link.url for link in alternates if not link.type or "html" in link.type)
    yield from (link.url for link in alternates)
    yield from _texts(entry, _LINKS)
    yield entry.element.get("href") or ""
    # An id is a link only when it looks like one: "123" would become a page of the feed's own host.
    ids = (*_texts(entry, ("guid", "atom:id", "id")), entry.element.get(_ABOUT) or "")
    yield from (value for value in ids if "://" in value)
    yield from enclosures(entry)
    yield from (link.url for link in entry.links if link.rel not in _NOT_THE_ARTICLE)


def enclosures(entry: Entry) -> tuple[str, ...]:
    """The http(s) URLs of attached files, each once."""
    original = _texts(entry, ("feedburner:origenclosurelink",))
    attached = [element.get("url") or element.get("href") or "" for element in entry.fields.get("enclosure", ())]
    media = [
        element.get("url") or ""
        for element in entry.fields.get("media:content", ())
        if element.get("medium") in {"video", "audio"} or (element.get("type") or "").startswith(("video/", "audio/"))
    ]
    linked = [link.url for link in entry.links if link.rel == "enclosure"]
    found = original or [*attached, *media, *linked]
    return tuple(dict.fromkeys(link for url in found if url and (link := text.link(url, entry.base))))


def images(entry: Entry) -> Iterator[str]:
    """The http(s) URLs of pictures the sender attached, best first."""
    return (link for url in _pictures(entry) if url and (link := text.link(url, entry.base)))


def _pictures(entry: Entry) -> Iterator[str]:
    for element in _present(entry, _IMAGES):
        if _is_picture(element):
            yield element.get("url") or element.get("href") or (element.text or "").strip()
    yield from (link.url for link in entry.links if link.rel == "enclosure" and link.type.startswith("image/"))


def published(entry: Entry, now: datetime) -> datetime | None:
    """When it was published, else updated (UTC), None when no date can be read."""
    dates = (parse(element.text or "", now) for element in _present(entry, _DATES))
    return next((date for date in dates if date), None)


def authors(entry: Entry) -> str:
    """Names joined by commas, from the first field that has any; each name once."""
    for field in _AUTHORS:
        names = [text.shorten(to_line(_person(element)), _NAME_LIMIT) for element in entry.fields.get(field, ())]
        if any(names):
            return text.shorten(", ".join(dict.fromkeys(filter(None, names))), _NAME_LIMIT)
    return ""


def _present(entry: Entry, names: Iterable[str]) -> Iterator[_Element]:
    return (element for key in names if key in entry.fields for element in entry.fields[key])


def _texts(entry: Entry, names: Iterable[str]) -> list[str]:
    return [value for element in _present(entry, names) if (value := "".join((element.text or "").split()))]


def _links(fields: Fields, here: str) -> Iterator[_Link]:
    for element in (element for key in _LINKS for element in fields.get(key, ())):
        href = element.get("href")
        url = text.link(href, base(element, here)) if href else None
        if url:
            yield _Link((element.get("rel") or "alternate").lower(), url, (element.get("type") or "").lower())


def _is_picture(element: _Element) -> bool:
    kind = element.get("type") or element.get("medium") or ""
    key = name(element.tag)
    if key == "enclosure":
        return kind.startswith("image")
    return key != "media:content" or kind.startswith("image") or not (kind or element.get("duration"))


def _person(element: _Element) -> str:
    """The name in a person construct, or in RSS's "mail (name)" and "name <mail>"."""
    parts = {name(child.tag).rpartition(":")[2]: child.text or "" for child in element} if len(element) else {}
    written = " ".join((parts.get("name") or parts.get("email") or element.text or "").split())[: _NAME_LIMIT * 2]
    match = (_MAIL_FIRST.fullmatch(written) or _MAIL_LAST.fullmatch(written)) if "@" in written else None
    return match[1] if match else written


def _construct(element: _Element) -> str:
    """A text construct as HTML or text, whatever its `type` and `mode` say of it (RFC 4287 3.1, Atom 0.3)."""
    if len(element):
        inside = tostring(element, encoding="unicode", with_tail=False)
        return _PREFIX.sub(r"\1", inside[inside.find(">") + 1 : inside.rfind("<")])
    value = (element.text or "").strip()
    return _decoded(element, value) if name(element.tag).startswith("atom:") else value


def _decoded(element: _Element, value: str) -> str:
    kind, mode = (element.get("type") or "text").lower(), element.get("mode")
    other_media = "/" in kind and not kind.startswith("text/") and "xml" not in kind and mode != "escaped"
    if mode != "base64" and not other_media:
        return value
    try:
        return base64.b64decode(value).decode("utf-8", "replace")
    except ValueError:
        return value
