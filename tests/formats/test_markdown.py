"""Markdown of editors: what readers see of it, and that nothing in it does harm."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import Paragraph, Run
from digest.formats import markdown


def run(text: str, *, url: str | None = None, strong: bool = False, emphasis: bool = False) -> Run:
    return Run(text=text, url=url, strong=strong, emphasis=emphasis)


def shown(text: str) -> list[tuple[str, str]]:
    """Each paragraph's kind and text."""
    return [(part.kind, "".join(run.text for run in part.runs)) for part in markdown.paragraphs(text)]


def test_headings_paragraphs_and_items_keep_their_order() -> None:
    text = "# Good morning\n\nThe harbour\nis open.\n\n- one\n- two\n\n1. three\n\n> said\n\n```\ncode\n```\n"
    assert shown(text) == [
        ("heading", "Good morning"),
        ("text", "The harbour is open."),
        ("item", "one"),
        ("item", "two"),
        ("item", "three"),
        ("text", "said"),
        ("text", "code"),
    ]


def test_emphasis_and_links_are_runs_that_keep_the_spaces_around_them() -> None:
    (paragraph,) = markdown.paragraphs(
        "The *harbour* reopens **on [Monday](https://example.org/port?a=1&b=2)**, at noon"
    )
    assert paragraph == Paragraph(
        kind="text",
        runs=(
            run("The "),
            run("harbour", emphasis=True),
            run(" reopens "),
            run("on ", strong=True),
            run("Monday", strong=True, url="https://example.org/port?a=1&b=2"),
            run(", at noon"),
        ),
    )


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"),
        *("mailto:a@example.org", "//example.org", "/relative", "https://user:pw@example.org/", ""),
    ],
)
def test_a_link_that_is_no_plain_web_address_is_only_its_text(url: str) -> None:
    assert markdown.paragraphs(f"[click]({url}) me") == (Paragraph(kind="text", runs=(run("click"), run(" me"))),)


def test_html_is_text_and_a_picture_its_description() -> None:
    assert shown('<script>alert(1)</script>\n\na <b onclick="x">b</b> ![a ship](https://example.org/ship.png)') == [
        ("text", "<script>alert(1)</script>"),
        ("text", 'a <b onclick="x">b</b> a ship'),
    ]


def test_controls_and_direction_marks_are_gone() -> None:
    assert shown("a\x00b\u202ec\u2066d\x1be \u200bf") == [("text", "a\ufffdbcde f")]


@pytest.mark.parametrize("text", ["", " \n\n ", "---", "[a]: https://example.org\n"])
def test_of_nothing_there_is_nothing(text: str) -> None:
    assert markdown.paragraphs(text) == ()


def test_what_is_too_long_is_refused_with_the_figures() -> None:
    assert len(shown("a" * 5_000)[0][1]) == 5_000
    with pytest.raises(ValueError, match="6,000 characters; allowed are 5,000"):
        markdown.paragraphs("a" * 6_000)


@pytest.mark.parametrize("piece", ["[", "![", "*a ", "> ", "- ", "`", "**a*", "[a](", "<", "\\", "&#0;", "  - "])
def test_a_text_made_to_be_slow_is_read_all_the_same(piece: str) -> None:
    text = (piece * 5_000)[:5_000]
    assert all(run.text for part in markdown.paragraphs(text) for run in part.runs)


@given(st.text(st.sampled_from("ab *_[]()<>!#`-\n\t{}%&;:/\\\"'.1é\0\u202e\ud800")) | st.text(max_size=200))
def test_whatever_was_written_runs_are_printable_and_links_lead_to_the_web(text: str) -> None:
    for part in markdown.paragraphs(text):
        assert part.kind in {"text", "item", "heading"}
        assert part.runs
        for run in part.runs:
            assert run.text
            assert not {unicodedata.category(char) for char in run.text} & {"Cc", "Cs"}
            assert run.url is None or run.url.startswith(("http://", "https://"))
