"""A rendered mail -> its parsed page and style sheets, as several checks ask for them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree, html

from digest.core.mail import Rendered

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SHOWN = 60
_BRACE = re.compile(r"([{}])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a style sheet."""

    media: str
    """The conditions around it, such as `@media (prefers-color-scheme: dark)`, else empty."""
    selector: str
    declarations: str


def page(rendered: Rendered) -> html.HtmlElement:
    """The HTML part as a tree."""
    return html.document_fromstring(rendered.html)


def words(element: html.HtmlElement) -> str:
    """The text below an element as one line."""
    return " ".join(str(element.xpath("string()")).split())


def conditional_comments(tree: html.HtmlElement) -> Iterator[str]:
    """What only Outlook for Windows reads: the contents of comments."""
    return (comment.text or "" for comment in tree.iter(etree.Comment))


def style_sheets(tree: html.HtmlElement) -> tuple[str, ...]:
    """The `<style>` blocks without their comments."""
    return tuple(_COMMENT.sub("", str(style.text or "")) for style in tree.iter("style"))


def rules(sheet: str) -> Iterator[Rule]:
    """The rules of a style sheet; those inside `@media` carry its condition."""
    around: list[str] = []
    pieces = _BRACE.split(sheet)
    for text, brace in zip(pieces[::2], pieces[1::2], strict=False):
        if brace == "{":
            around.append(text.rpartition(";")[2].strip())
        elif around:
            *media, selector = around
            if not selector.startswith("@"):
                yield Rule(media=" ".join(media), selector=selector, declarations=text.strip())
            around.pop()


def quoted(text: str) -> str:
    """A text from outside as a finding says it: one short line."""
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")
