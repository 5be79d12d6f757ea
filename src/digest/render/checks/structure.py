"""HTML -> whether a screen reader is told language, direction, title and an outline without gaps."""

from collections.abc import Iterator

from lxml import html

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.render.checks._page import page, quoted, words

_DIRECTIONS = ("ltr", "rtl", "auto")


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """Holds for a missing lang, dir or title, for no or several h1, and for each skipped heading level."""
    del edition, newsletter
    tree = page(rendered)
    faults = (*_document(tree), *_outline(tree))
    return tuple(Finding(check="structure", severity=Severity.HOLD, message=message) for message in faults)


def _document(tree: html.HtmlElement) -> Iterator[str]:
    direction = tree.get("dir", "")
    if not tree.get("lang", "").strip():
        yield 'the page says no language: write <mjml lang="{{ newsletter.language }}">'
    if direction.lower() not in _DIRECTIONS:
        yield f"the page has the direction {quoted(direction)}, allowed are ltr and rtl: <mjml dir=...>"
    if not any(words(title) for title in tree.iter("title")):
        yield "the page has no title: write <mj-title> in <mj-head>"


def _outline(tree: html.HtmlElement) -> Iterator[str]:
    headings = list(tree.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    tops = sum(heading.tag == "h1" for heading in headings)
    if tops != 1:
        yield f"the page has {tops} h1 headings, allowed is exactly 1"
    above, told = 0, set()
    for heading in headings:
        level = int(str(heading.tag)[1])
        if level > above + 1 and (above, level) not in told:
            told.add((above, level))
            before = f"after an h{above}" if above else "first of all"
            yield f"the heading {quoted(words(heading))} is an h{level} {before}: no level may be skipped"
        above = level
