"""HTML that no parser should see is refused before any does, in time linear in its length."""

import re

_LONGEST = 2_000_000
_LONGEST_TAG = 64_000
_DEEPEST = 200  # 31 is the deepest of 37 news pages measured
_TAG = re.compile(
    r"<!--.*?(?:--!?>|\Z)|"
    r"<(script|style|title|textarea|noscript|iframe|template|svg)(?=[\s/>]).*?(?:</\1\s*>|\Z)|"
    r"<(/?)([a-zA-Z][^\s/<>]*+)[^<>]*+",
    re.DOTALL | re.IGNORECASE,
)
# What holds nothing, or ends by itself where the next one begins.
_FLAT = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup",
}  # fmt: skip


def check(html: str) -> None:
    """ValueError when the page is too long, or a tag of it, or when its elements are nested too deep."""
    if len(html) > _LONGEST:
        raise ValueError(f"a page of more than {_LONGEST // 1_000_000} million characters")
    depth = 0
    for match in _TAG.finditer(html):
        if not match[3]:
            continue
        if match.end() - match.start() > _LONGEST_TAG:
            raise ValueError(f"a tag of more than {_LONGEST_TAG:,} characters")
        if match[3].lower() not in _FLAT:
            depth = max(0, depth - 1) if match[2] else depth + 1
            if depth > _DEEPEST:
                raise ValueError(f"elements nested more than {_DEEPEST} deep")
