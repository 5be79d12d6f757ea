"""Bytes of a feed -> its element tree: strictly, else repaired, else entry by entry; nothing is expanded or fetched."""

import re
from functools import lru_cache

from lxml.etree import Element, XMLParser, XMLSyntaxError, _Element, fromstring

from digest.gather._encoding import declared, decode
from digest.gather._repair import entry_blocks, namespaces, repair, undeclared

ENTRY_LIMIT = 500
ENTRIES = {"item", "entry", "atom:entry"}
ROOTS = {"rss", "rdf", "rdf:rdf", "feed", "atom:feed", "channel"}
_PREFIXES = {
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://purl.org/net/rss1.1#": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "",
    "http://www.w3.org/2005/atom": "atom",
    "http://purl.org/atom/ns#": "atom",
    "http://example.com/necho": "atom",
    "http://purl.org/echo/": "atom",
    "uri/of/echo/namespace#": "atom",
    "http://purl.org/pie/": "atom",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://search.yahoo.com/mrss/": "media",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.google.com/schemas/play-podcasts/1.0": "googleplay",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
_PLAIN_STARTS = (b"<?xml", b"\xef\xbb\xbf<?xml", b"<rss", b"<feed", b"<rdf:RDF")
_DOCTYPE = "<!doctype"
_HEAD = 4096


def _parser(*, recover: bool) -> XMLParser:
    return XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


_STRICT, _RECOVERING = _parser(recover=False), _parser(recover=True)


def parse(data: bytes, content_type: str = "") -> _Element:
    """The root of the tree; ValueError when there is none."""
    root = _fast(data, content_type)
    if root is None:
        source = undeclared(decode(data, content_type))
        root = None if _DOCTYPE in source[:_HEAD].lower() else _strict(source.encode("utf-8", "replace"))
        root = _repaired(source) if root is None else root
    if root is None:
        raise ValueError("not a feed: it is no XML")
    return _without_made_up_namespace(root)


@lru_cache(maxsize=4096)
def name(tag: object) -> str:
    """A tag as `prefix:local` in lower case, the prefix the usual one whatever the feed calls it; no prefix for RSS."""
    if not isinstance(tag, str):
        return ""
    namespace, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    prefix = _PREFIXES.get(namespace.strip().lower(), "unknown") if namespace else ""
    return f"{prefix}:{local}".lower() if prefix else local.lower()


def _repaired(source: str) -> _Element | None:
    source = repair(source)
    encoded = source.encode("utf-8", "replace")
    root = _strict(encoded)
    return _by_entry(source, _recovered(encoded)) if root is None else root


def _fast(data: bytes, content_type: str) -> _Element | None:
    """The tree of a feed that is what it says: UTF-8 without a document type."""
    head = data[:_HEAD]
    if "charset" in content_type.lower() and "utf-8" not in content_type.lower():
        return None
    if (
        not head.startswith(_PLAIN_STARTS)
        or _DOCTYPE in head.decode("latin-1").lower()
        or declared(head) not in {"", "utf-8", "utf8"}
    ):
        return None
    return _strict(data)


def _strict(data: bytes) -> _Element | None:
    try:
        return fromstring(data, _STRICT)
    except XMLSyntaxError:
        return None


def _recovered(data: bytes) -> _Element | None:
    try:
        return fromstring(data, _RECOVERING)
    except XMLSyntaxError:
        return None


def _by_entry(source: str, whole: _Element | None) -> _Element | None:
    """The tree with each entry parsed by itself if that saves more: damage in one takes no neighbour along."""
    head, blocks = entry_blocks(source, ENTRY_LIMIT)
    if not blocks or (whole is not None and _count_entries(whole) >= len(blocks)):
        return whole
    start = f"<rss{namespaces(head)}>"
    root = Element("rss")
    at = max(head.find("<channel"), 0)
    for index, block in enumerate((head[at:], *blocks)):
        part = _recovered(f"{start}{block}</rss>".encode("utf-8", "replace"))
        for child in () if part is None else tuple(part):
            if index == 0 or name(child.tag) in ENTRIES:
                root.append(child)
    return root if whole is None or _count_entries(root) > _count_entries(whole) else whole


def _count_entries(root: _Element) -> int:
    return sum(1 for element in root.iter() if name(element.tag) in ENTRIES and len(element))


def _without_made_up_namespace(root: _Element) -> _Element:
    """A feed put into a namespace of the sender's own invention, taken out of it again."""
    if name(root.tag) not in {"unknown:rss", "unknown:rdf", "unknown:feed"}:
        return root
    invented = re.match(r"\{[^}]*\}", str(root.tag))
    for element in root.iter():
        if invented and isinstance(element.tag, str):
            element.tag = element.tag.removeprefix(invented[0])
    return root
