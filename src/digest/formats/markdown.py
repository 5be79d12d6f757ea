"""Markdown that an editor wrote -> paragraphs of plain runs: no markup is left that could do harm."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from digest.core.model import Paragraph, Run
from digest.core.text import line, link

LONGEST: Final = 5_000
"""Characters: an introduction, not an article."""
_PARSER = MarkdownIt("commonmark", {"html": False})
# Else a link that it refuses is shown with its brackets; `link` decides which are followed.
_PARSER.validateLink = lambda _: True  # type: ignore[assignment]  # markdown-it's own way


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """The text's paragraphs, list items and headings; ValueError when it is too long.

    HTML is shown as text, pictures by their descriptions; a link that is not http or https is only its text.
    """
    if len(text) > LONGEST:
        raise ValueError(f"{len(text):,} characters; allowed are {LONGEST:,}")
    return tuple(_paragraphs(_PARSER.parse(text)))


def read(home: Path, name: str) -> tuple[Paragraph, ...]:
    """The paragraphs of a file of the newsletter's folder; OSError, or ValueError for one that may not be used."""
    path = (home / name).resolve()
    if not path.is_relative_to(home.resolve()):
        raise ValueError("lies outside the newsletter's folder")
    try:
        return paragraphs(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None


def _paragraphs(tokens: Sequence[Token]) -> Iterator[Paragraph]:
    kinds = ["text"]
    for token in tokens:
        if token.type in ("list_item_open", "heading_open"):
            kinds.append("item" if token.type == "list_item_open" else "heading")
        elif token.type in ("list_item_close", "heading_close"):
            kinds.pop()
        elif token.type == "inline":
            runs = tuple(_runs(token.children or ()))
            if runs:
                yield Paragraph(kind=kinds[-1], runs=runs)
        elif token.type in ("fence", "code_block"):
            yield Paragraph(kind="text", runs=(_run(token.content.strip()),))


def _runs(tokens: Sequence[Token]) -> Iterator[Run]:
    strong = emphasis = 0
    url: str | None = None
    for token in tokens:
        if token.type in ("strong_open", "strong_close"):
            strong += token.nesting
        elif token.type in ("em_open", "em_close"):
            emphasis += token.nesting
        elif token.type == "link_open":
            url = link(str(token.attrs.get("href", "")))
        elif token.type == "link_close":
            url = None
        else:
            text = " " if token.type in ("softbreak", "hardbreak") else token.content
            if text:
                yield _run(text, url=url, strong=strong > 0, emphasis=emphasis > 0)


def _run(text: str, *, url: str | None = None, strong: bool = False, emphasis: bool = False) -> Run:
    """A clean run that keeps the spaces at its ends."""
    before, after = (" " if end.isspace() else "" for end in (text[:1], text[-1:]))
    cleaned = line(text, LONGEST)
    return Run(text=f"{before}{cleaned}{after}" if cleaned else " ", url=url, strong=strong, emphasis=emphasis)
