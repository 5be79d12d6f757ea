"""The text of a damaged feed -> text an XML parser can read, in linear time."""

import re
from html.entities import html5

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>", re.IGNORECASE)
_ROOT = re.compile(r"<(?:\?xml|rss|feed|rdf:RDF|channel|\w{1,20}:(?:feed|RDF|rss))\b", re.IGNORECASE)
_UNQUOTED = re.compile(r"(<(?:rss|feed|rdf:RDF)\b[^<>]*?\s\w+=)([^\s\"'<>]+)", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_CDATA = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z))", re.DOTALL)
_REFERENCE = re.compile(r"&(#?[A-Za-z0-9]{0,40})(;?)")
_ENTRY_START = re.compile(r"<(?:item|entry|atom:entry)(?=[\s>])", re.IGNORECASE)
_NAMESPACE = re.compile(r"\s(xmlns(?::\w+)?)\s*=\s*(\"[^\"<>]*\"|'[^'<>]*')")
_XML_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}
_HEAD = 4096
_FAR = 20_000
_LAST_CHARACTER = 0x10FFFF


def undeclared(source: str) -> str:
    """The feed without white space and XML declaration before it: its encoding is settled."""
    source = source.lstrip("\ufeff \t\r\n\0")
    return _DECLARATION.sub("", source, count=1) if source[:5].lower() == "<?xml" else source


def repair(source: str) -> str:
    """The undeclared feed without what else is before its root, document type, controls and bare ampersands."""
    root = _ROOT.search(source, 0, _FAR)
    doctype = source.lower().find("<!doctype", 0, _HEAD)
    if doctype >= 0 and (match := _DOCTYPE.match(source, doctype, doctype + _FAR)):
        source = source[: match.start()] + source[match.end() :]
        root = _ROOT.search(source, 0, _FAR)
    source = _DECLARATION.sub("", source[root.start() if root else 0 :], count=1)
    source = _UNQUOTED.sub(r'\1"\2"', source[:_HEAD]) + source[_HEAD:]
    source = _CONTROLS.sub("", source)
    parts = _CDATA.split(source)
    return "".join(part if part.startswith("<![CDATA[") else _REFERENCE.sub(_resolved, part) for part in parts)


def entry_blocks(source: str, limit: int) -> tuple[str, list[str]]:
    """What stands before the first entry, and at most `limit` entries, each up to the next one's start."""
    starts = []
    for match in _ENTRY_START.finditer(source):
        starts.append(match.start())
        if len(starts) > limit:
            break
    ends = [*starts[1:], len(source)]
    blocks = [source[start:end] for start, end in zip(starts, ends, strict=False)]
    return source[: starts[0]] if starts else source, blocks[:limit]


def namespaces(head: str) -> str:
    """The namespace declarations of a feed's head as attributes, each name once."""
    found = dict(reversed(_NAMESPACE.findall(head[:_FAR])))
    return "".join(f" {name}={value}" for name, value in found.items())


def _resolved(match: re.Match[str]) -> str:
    """A reference XML knows as it is, one that only HTML knows as its character, anything else as plain text."""
    reference, semicolon = match[1], match[2]
    if reference.startswith("#") and len(reference) > 1:
        return _numbered(reference[1:]) or f"&amp;{match[0][1:]}"
    if semicolon and reference in _XML_ENTITIES:
        return match[0]
    character = html5.get(f"{reference};", "") if semicolon else ""
    return _escaped(character) if character else f"&amp;{match[0][1:]}"


def _numbered(digits: str) -> str:
    try:
        code = int(f"0{digits}", 16) if digits[0] in "xX" else int(digits)
    except ValueError:
        return ""
    if code > _LAST_CHARACTER or _CONTROLS.match(chr(code)):
        return " "
    return _escaped(chr(code))


def _escaped(character: str) -> str:
    return character.replace("&", "&amp;").replace("<", "&lt;")
