"""The bytes of an OPML file -> the feeds it names, and what could not be taken; sources -> OPML 2.0."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lxml.etree import Element, SubElement, XMLParser, XMLSyntaxError, _Element, fromstring, tostring

from digest.core import text
from digest.core.settings import Source

LIMIT = 5_000_000
_DEEPEST = 20
_NAME_LIMIT = 100
_TYPED = "it declares a document type, which no list of feeds needs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One feed of an outline; the group is the folder it stands in."""

    line: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An outline that is no feed one could read."""

    line: int
    why: str


def read(data: bytes) -> tuple[Feed | Rejected, ...]:
    """Every outline with an `xmlUrl`, in order; ValueError when the bytes are no OPML, or declare a document type.

    Nothing is expanded or fetched (facts/trust.md U22): a list of feeds needs no entities of its own.
    """
    if len(data) > LIMIT:
        raise ValueError(f"larger than {LIMIT // 1_000_000} MB")
    # Zero bytes out of the way, UTF-16 reads like ASCII here.
    if b"<!doctype" in data.replace(b"\0", b"").lower():
        raise ValueError(_TYPED)
    parser = XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = fromstring(data, parser)
    except (XMLSyntaxError, ValueError) as error:
        raise ValueError(f"no OPML: {text.line(str(error))}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError(_TYPED)
    body = root.find("{*}body")
    if root.tag != "opml" or body is None:
        raise ValueError(f"no OPML: it begins with <{text.line(str(root.tag), 40)}>; needed is <opml> with a <body>")
    return tuple(_outlines(body, "", 0))


def write(title: str, sources: Sequence[Source]) -> bytes:
    """OPML 2.0 of the sources that have a URL, those of one group in a folder."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = title
    body = SubElement(root, "body")
    folders = {"": body}
    for source in (source for source in sources if source.url):
        if source.group not in folders:
            folders[source.group] = SubElement(body, "outline", text=source.group)
        name = source.name or source.url
        SubElement(folders[source.group], "outline", type="rss", text=name, title=name, xmlUrl=source.url)
    written: bytes = tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _outlines(parent: _Element, folder: str, depth: int) -> Iterator[Feed | Rejected]:
    for outline in parent.iterfind("{*}outline"):
        # Feed readers spell it in any case.
        attributes = {str(key).lower(): str(value) for key, value in outline.attrib.items()}
        name = text.line(attributes.get("title") or attributes.get("text", ""), _NAME_LIMIT)
        sourceline: Any = outline.sourceline
        line = int(sourceline or 0)
        address = attributes.get("xmlurl", "").strip()
        if address:
            url = text.link(address)
            if url:
                yield Feed(line=line, source=Source(url=url, name=name, group=folder))
            else:
                why = "is no http or https address without a password"
                yield Rejected(line=line, why=f"{text.line(address, _NAME_LIMIT)!r} {why}")
        elif attributes.get("type", "").lower() in {"rss", "atom", "feed"}:
            yield Rejected(line=line, why=f"{name!r} is said to be a feed and has no xmlUrl")
        if depth < _DEEPEST:
            yield from _outlines(outline, folder if address else name or folder, depth + 1)
        elif len(outline):
            yield Rejected(line=line, why=f"{name!r} is nested too deeply")
