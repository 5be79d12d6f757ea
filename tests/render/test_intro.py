"""An introduction above the stories, in HTML and in text."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from digest import compose
from digest.core.mail import Rendered
from digest.core.model import Edition
from digest.formats import markdown

Show = Callable[..., Rendered]
EditionOf = Callable[..., Edition]
TEXT = """# Good & early

The *harbour* is **open**, says the [port](https://example.org/port?a=1&b=2).

- one
- two and a long line that goes on and on until it has to be continued on the next one

The end.
"""


def with_intro(edition: Edition, text: str = TEXT) -> Edition:
    return replace(edition, intro=markdown.paragraphs(text))


def test_an_introduction_stands_above_the_stories_in_html(show: Show, edition: EditionOf) -> None:
    page = show(with_intro(edition(3))).html
    body = page[page.index("<body") :]
    assert re.search(r"<h2[^>]*>Good &amp; early</h2>", body)
    assert "<i>harbour</i> is <b>open</b>" in body
    assert re.search(r'<a class="h" href="https://example.org/port\?a=1&amp;b=2"[^>]*>port</a>', body)
    assert body.index("Good &amp; early") < body.index("The end.") < body.index("The brief")
    assert body.count("•") == 2


def test_an_introduction_stands_above_the_stories_in_text(show: Show, edition: EditionOf) -> None:
    text = show(with_intro(edition(3))).text
    assert text.partition("Good & early")[2].startswith(
        "\n\nThe harbour is open, says the port.\nhttps://example.org/port?a=1&b=2\n\n"
        "- one\n- two and a long line that goes on and on until it has to be continued\n  on the next one\n\nThe end.\n"
    )


@pytest.mark.parametrize("text", ["", "\n\n", "[a]: https://example.org"])
def test_without_an_introduction_a_mail_is_as_it_was(show: Show, edition: EditionOf, text: str) -> None:
    plain = edition(3)
    assert show(with_intro(plain, text)) == show(plain)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7 * 7 }} {% if %} {# no #}",
        "</mj-text></mj-section><mj-raw><script>x</script></mj-raw>",
        '<img src="x" onerror="y">',
        "[a](javascript:x)",
    ],
)
def test_nothing_in_an_introduction_is_a_template_or_markup(show: Show, edition: EditionOf, text: str) -> None:
    shown = show(with_intro(edition(1), text))
    expected = "a" if "javascript" in text else text
    assert " ".join(shown.text.split()).count(" ".join(expected.split())) >= 1
    page = shown.html[shown.html.index("<body") :]
    assert not any(bad in page for bad in ("<script", "<mj-", "<img src=", "javascript:"))


def test_a_list_is_mirrored_from_right_to_left(show: Show, edition: EditionOf) -> None:
    page = show(with_intro(edition(2)), newsletter={"language": "ar"}).html
    assert 'dir="rtl"' in page
    assert re.search(r'<p style="margin:\S+ 11px 0 0;text-indent:-11px">•', page)


def test_an_introduction_is_in_every_readers_variant(edition: EditionOf) -> None:
    whole = with_intro(edition(3))
    assert compose.variant(whole, ["ai"]).intro == whole.intro
