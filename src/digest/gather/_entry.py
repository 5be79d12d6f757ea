"""An entry's element -> its fields as the sender wrote them: markup, links, dates and names, not yet cleaned."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from lxml.etree import _Element, tostring

from digest.core import text
from digest.gather._dates import parse
from digest.gather._html import to_line
from digest.gather._xml import name

# What a child of an entry may tell, by its names, the best first.
_ROLES = {
    "title": ("title", "atom:title", "dc:title", "media:title", "itunes:title"),
    "summary": (
        "description", "atom:summary", "summary", "dc:description", "media:description", "abstract", "itunes:summary",
        "itunes:subtitle",
    ),
    "content": (
        "content:encoded", "atom:content", "content", "xhtml:body", "fullitem", "body", "xhtml:div", "div",
    ),
    "date": (
        "pubdate", "atom:published", "atom:issued", "dc:date", "dcterms:issued", "dcterms:created", "atom:created",
        "published", "issued", "created", "date", "dcterms:date", "dc:issued", "dc:created",
        "atom:updated", "atom:modified", "dcterms:modified", "updated", "modified", "lastbuilddate", "lastmod",
        "dc:modified",
    ),
    "author": (
        "atom:author", "author", "dc:creator", "dc:author", "itunes:author", "googleplay:author", "managingeditor",
    ),
    "link": ("atom:link", "link", "xhtml:link"),
    "id": ("guid", "atom:id", "id"),
    "recording": ("enclosure", "media:content"),
    "picture": ("media:content", "enclosure", "media:thumbnail", "itunes:image", "image", "googleplay:image"),
    "group": ("media:group", "media:content"),
    "original link": ("feedburner:origlink",),
    "original recording": ("feedburner:origenclosurelink",),
}  # fmt: skip
_RANKS: dict[str, list[tuple[str, int]]] = {}
for _role, _names in _ROLES.items():
    for _rank, _name in enumerate(_names):
        _RANKS.setdefault(_name, []).append((_role, _rank))
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_PREFIX = re.compile(r"(</?)[\w.-]{1,40}:")
_MAIL_FIRST = re.compile(r"[^\s@<>()]+@[^\s()<>]+\s*\(([^()]+)\)")
_MAIL_LAST = re.compile(r"([^<(]+?)\s*[(<]\s*(?:mailto:)?[^\s@]+@[^\s@]+\s*[)>]")
_NOT_THE_ARTICLE = {"enclosure", "self", "edit", "replies", "hub", "next", "prev", "via", "license"}
_RECORDINGS = {"video", "audio"}
_NAME_LIMIT = 200


class _Link(NamedTuple):
    rel: str
    url: str
    type: str


class Entry(NamedTuple):
    """An item, an entry or a channel, opened."""

    element: _Element
    fields: Mapping[str, list[tuple[int, _Element]]]
    """The children by role, each with its rank, best first; those of media groups count as the entry's own."""
    base: str
    """The URL that relative links inside start from."""
    links: tuple[_Link, ...]


def opened(element: _Element, children: Iterable[_Element], outer: str) -> Entry:
    """The element with these children; `outer` is the base URL around it."""
    fields: dict[str, list[tuple[int, _Element]]] = {}
    pending = list(children)
    for child in pending:
        for role, rank in _ranks(child.tag):
            if role == "group":
                # The list grows under the loop: groups may hold groups.
                pending.extend(child)
            elif role in fields:
                fields[role].append((rank, child))
            else:
                fields[role] = [(rank, child)]
    for found in fields.values():
        if len(found) > 1:
            found.sort(key=itemgetter(0))
    here = base(element, outer)
    return Entry(element=element, fields=fields, base=here, links=tuple(_links(fields.get("link", ()), here)))


@lru_cache(maxsize=4096)
def _ranks(tag: object) -> tuple[tuple[str, int], ...]:
    return tuple(_RANKS.get(name(tag), ()))


def base(element: _Element, outer: str) -> str:
    """The URL that relative links inside the element start from."""
    own = element.get(_BASE)
    return (text.link(own, outer) or outer) if own else outer


def markup(entry: Entry, role: str) -> str:
    """What the best field of the role says, as HTML or text: `title`, `summary` or `content`."""
    for _, element in entry.fields.get(role, ()):
        value = _construct(element)
        if value:
            return value
    return ""


def urls(entry: Entry) -> Iterator[str]:
    """Candidates for the article's own URL as absolute http(s) links, best first."""
    yield from _absolute(_texts(entry, "original link"), entry)
    if entry.links:
        alternates = [link for link in entry.links if link.rel == "alternate"]
        yield from (link.url for link in alternates if not link.type or "html" in link.type)
        yield from (link.url for link in alternates)
    yield from _absolute(_texts(entry, "link"), entry)
    # An id is a link only when it looks like one: "123" would become a page of the feed's own host.
    ids = (entry.element.get("href") or "", *_texts(entry, "id"), entry.element.get(_ABOUT) or "")
    yield from _absolute((value for value in ids if "://" in value), entry)
    yield from enclosures(entry)
    yield from (link.url for link in entry.links if link.rel not in _NOT_THE_ARTICLE)


def enclosures(entry: Entry) -> tuple[str, ...]:
    """The http(s) URLs of attached files, each once."""
    if not entry.links and "recording" not in entry.fields:
        return ()
    found = _texts(entry, "original recording") if "original recording" in entry.fields else _attached(entry)
    return tuple(dict.fromkeys(_absolute(found, entry)))


def _absolute(found: Iterable[str], entry: Entry) -> Iterator[str]:
    for url in found:
        link = text.link(url, entry.base) if url else None
        if link:
            yield link


def _attached(entry: Entry) -> Iterator[str]:
    for _, element in entry.fields.get("recording", ()):
        if name(element.tag) == "enclosure" or _is_recording(element):
            yield element.get("url") or element.get("href") or ""
    for link in entry.links:
        if link.rel == "enclosure":
            yield link.url


def images(entry: Entry) -> Iterator[str]:
    """The http(s) URLs of pictures the sender attached, best first."""
    return _absolute(_pictures(entry), entry)


def _pictures(entry: Entry) -> Iterator[str]:
    for _, element in entry.fields.get("picture", ()):
        if _is_picture(element):
            yield element.get("url") or element.get("href") or (element.text or "").strip()
    yield from (link.url for link in entry.links if link.rel == "enclosure" and link.type.startswith("image/"))


def published(entry: Entry, now: datetime) -> datetime | None:
    """When it was published, else updated (UTC), None when no date can be read."""
    for _, element in entry.fields.get("date", ()):
        date = parse(element.text or "", now)
        if date:
            return date
    return None


def authors(entry: Entry) -> str:
    """Names joined by commas, from the best field that has any; each name once."""
    if "author" not in entry.fields:
        return ""
    for _, same in groupby(entry.fields["author"], key=itemgetter(0)):
        names = dict.fromkeys(to_line(_person(element)) for _, element in same)
        found = ", ".join(filter(None, names))
        if found:
            return text.shorten(found, _NAME_LIMIT)
    return ""


def _texts(entry: Entry, role: str) -> list[str]:
    # A URL may be wrapped over lines, and may wrongly have spaces of its own.
    return ["".join(map(str.strip, (element.text or "").split("\n"))) for _, element in entry.fields.get(role, ())]


def _links(found: Iterable[tuple[int, _Element]], here: str) -> Iterator[_Link]:
    for _, element in found:
        href = element.get("href")
        url = text.link(href, base(element, here)) if href else None
        if url:
            yield _Link((element.get("rel") or "alternate").lower(), url, (element.get("type") or "").lower())


def _is_recording(element: _Element) -> bool:
    return element.get("medium") in _RECORDINGS or (element.get("type") or "").startswith(("video/", "audio/"))


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
