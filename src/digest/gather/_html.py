"""HTML from a feed -> plain text, in time linear in its length whatever it holds."""

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from digest.core import text

# A tag ends before the next "<": no scan crosses one, so a million unclosed tags are as quick as a million closed.
_ATTRIBUTES = r"(?:(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>|[^<>]*+>)"
_HIDDEN = re.compile(
    r"<(?=[!?fhimost])(?:"  # most tags are none of these: a look at one character tells
    r"!--.*?(?:--!?>|\Z)|"
    r"(script|style|head|title|template|iframe|object|svg|math|select|textarea|noframes)(?=[\s/>]).*?(?:</\1\s*>|\Z)|"
    r"[!?][^>]*+(?:>|\Z))",
    re.DOTALL | re.IGNORECASE,
)
_BLOCKS = (
    "p|br|div|li|h[1-6r]|ul|ol|tr|table|blockquote|figure|figcaption|section|article|pre|d[dlt]|address|aside|center|"
    "fieldset|footer|form|header|main|nav|summary|tbody|tfoot|thead"
)
_BREAK = rf"</?(?:{_BLOCKS}|{_BLOCKS.upper()})(?=[\s/>]){_ATTRIBUTES}\s*+"
# A run of block tags is one break; spelled out, as a pattern that begins with a group is searched four times slower.
_BLOCK = re.compile(f"{_BREAK}(?:{_BREAK})*+")
_CELL = re.compile(r"</?t[dh](?=[\s/>])" + _ATTRIBUTES, re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z]" + _ATTRIBUTES)
_IMAGE = re.compile(r"<img\s[^<>]*+", re.IGNORECASE)
_SOURCE = re.compile(r"\ssrc\s*=\s*(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s\"'>]++))", re.IGNORECASE)
_PIXEL = re.compile(r"\s(?:width|height)\s*=\s*[\"']?[01](?:px)?(?=[\"'\s/]|\Z)", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n\s*")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
# What `html.unescape` resolves, but for numbers of more than eight digits: Python refuses those of thousands.
_REFERENCE = re.compile(r"&(?:#\d{1,8};?|#[xX][0-9a-fA-F]{1,8};?|[^\t\n\f <&#;]{1,32};?)")
_LIMIT = 1_000_000
_TITLE_LIMIT = 20_000
_IMAGES = 20


def to_text(markup: str) -> str:
    """The readable text: clean paragraphs separated by one blank line, never HTML."""
    source = markup[:_LIMIT]
    source = _without_tags(source) if "<" in source else _unfolded(source)
    return text.paragraphs(unescape(source) if "&" in source else source)


def to_line(markup: str) -> str:
    """A title as one plain line; what was escaped twice is unescaped twice, and "5 &lt; 7" stays "5 < 7"."""
    source = markup[:_TITLE_LIMIT]
    if "<" in source:
        source = _TAG.sub("", _HIDDEN.sub("", source))
    if "&" in source:
        source = unescape(source)
        if _ENTITY.search(source):
            source = unescape(source)
        source = _TAG.sub("", source)
    return text.line(source)


def images(markup: str) -> Iterator[str]:
    """The sources of the first images as written, without one-pixel counters."""
    if "<img" not in markup and "<IMG" not in markup:
        return
    for match in islice(_IMAGE.finditer(markup, 0, _LIMIT), _IMAGES):
        source = _SOURCE.search(match[0])
        if source and not _PIXEL.search(match[0]):
            yield unescape(source[1] or source[2] or source[3] or "")


def unescape(source: str) -> str:
    """The text with HTML's character references resolved once."""
    return _REFERENCE.sub(_resolved, source)


def _resolved(match: re.Match[str]) -> str:
    return _character(match[0])


@lru_cache(maxsize=4096)
def _character(reference: str) -> str:
    return html.unescape(reference)


def _without_tags(source: str) -> str:
    broken, blocks = _BLOCK.subn("\0", _HIDDEN.sub(" ", source))
    # Line breaks mean nothing in HTML, unless the sender relied on them alone.
    broken = _flat(broken) if blocks else _unfolded(broken)
    return _TAG.sub("", _CELL.sub(" ", broken) if "<t" in broken or "<T" in broken else broken).replace("\0", "\n")


def _unfolded(source: str) -> str:
    return "\n".join(map(_flat, _BLANK_LINE.split(source))) if "\n" in source else source


def _flat(source: str) -> str:
    return source.replace("\r", " ").replace("\n", " ")
