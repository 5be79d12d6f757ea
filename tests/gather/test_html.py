"""HTML from feeds becomes plain text, quickly and whatever it holds."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather._html import images, to_line, to_text

TEXTS = {
    "<p>One.</p><p>Two.</p>": "One.\n\nTwo.",
    "<P>One.</P>\n\n<P CLASS='x'>Two.</P>": "One.\n\nTwo.",
    "One<br>two<br/>three<br />four": "One\n\ntwo\n\nthree\n\nfour",
    "A <b>bold</b> <a href='https://x.example/?a=1&b=2'>link</a>, over\n   two   lines": "A bold link, over two lines",
    "Plain text\nover lines\n\nwith a blank one": "Plain text over lines\n\nwith a blank one",
    "No block tag\n\nbut <i>two</i> paragraphs": "No block tag\n\nbut two paragraphs",
    "<ul><li>One</li><li>Two</li></ul>": "One\n\nTwo",
    "<table><tr><td>a</td><td>b</td></tr></table>": "a b",
    "<p>Tom &amp; Jerry&rsquo;s &#8220;day&#8221; &#x26; night&nbsp;out</p>": "Tom & Jerry’s “day” & night out",
    "<p>5 &lt; 7 and 8 > 3</p>": "5 < 7 and 8 > 3",
    "<p>&amp;lt;p&amp;gt;</p>": "&lt;p&gt;",
    "<p>a<script>alert('<p>x</p>')</script>b</p>": "a b",
    "<style>p { color: red }</style><p>text</p>": "text",
    "<p>a<!-- hidden <p>x</p> -->b</p>": "a b",
    "<p title='a > b'>text</p>": "text",
    '<p title="it\'s">text</p>': "text",
    "<p title='unclosed>text</p>": "text",
    "<head><title>T</title></head><header>kept</header>": "kept",
    "<script>never closed": "",
    "<!-- never closed <p>x</p>": "",
    "<p>windows \x93quotes\x94 &#147;too&#148;</p>": "windows “quotes” “too”",
    "<p>a\x08b\x1bc\u202ed\u200be</p>": "abcde",
    "<svg><text>drawn</text></svg>shown": "shown",
    "": "",
    "   \n ": "",
}


@pytest.mark.parametrize(("markup", "expected"), TEXTS.items())
def test_markup_becomes_the_text_a_reader_would_see(markup: str, expected: str) -> None:
    assert to_text(markup) == expected


TITLES = {
    "5 < 7": "5 < 7",
    "5 &lt; 7": "5 < 7",
    "AT&T buys": "AT&T buys",
    "AT&amp;T buys": "AT&T buys",
    "AT&amp;amp;T buys": "AT&T buys",
    "It&rsquo;s": "It’s",
    "It&amp;#8217;s": "It’s",
    "<b>Bold</b> move": "Bold move",
    "&lt;b&gt;Bold&lt;/b&gt; move": "Bold move",
    "One\n  two\tthree": "One two three",
    "Evil\u202egnp.exe": "Evilgnp.exe",
    "\x93Quoted\x94": "“Quoted”",
    "x" * 400: "x" * 299 + "…",
}


@pytest.mark.parametrize(("markup", "expected"), TITLES.items())
def test_a_title_is_one_plain_line(markup: str, expected: str) -> None:
    assert to_line(markup) == expected


def test_pictures_are_found_as_written_and_counters_left_out() -> None:
    markup = (
        '<img src="https://x.example/pixel.gif" width="1" height="1"><p><IMG alt="a" SRC=\'/photo.jpg?a=1&amp;b=2\'>'
        "<img data-src=lazy.jpg src=plain.jpg><img>"
    )
    assert list(images(markup)) == ["/photo.jpg?a=1&b=2", "plain.jpg"]


BOMBS = {
    "nested tags": "<div>" * 200_000,
    "nested and closed": "<b>" * 200_000 + "x" + "</b>" * 200_000,
    "attributes": "<p " + "a=1 " * 50_000 + ">x",
    "open attributes": "<p " + 'a="1 ' * 200_000,
    "only <": "<" * 5_000_000,
    "only &": "&" * 300_000,
    "entities": "&amp;" * 1_000_000,
    "unclosed entities": "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 150_000,
    "a long number": "&#" + "9" * 1_000_000 + ";",
    "open tags": "<a" * 2_500_000,
    "open quotes": "<a '" * 1_000_000,
    "both quotes": "<a '\"" * 1_000_000,
    "open comments": "<!--" * 1_000_000,
    "open scripts": "<script" * 700_000,
    "nearly closed scripts": "<script>" + "</script " * 500_000,
    "blank lines": "\n \n" * 1_500_000,
    "spaces": " " * 5_000_000,
    "spaces in a tag": "<p" + " " * 5_000_000,
    "images": "<img src=" * 500_000,
    "images with spaces": "<img" + " src" * 1_000_000,
    "line ends": "\r" * 5_000_000,
    "pictures": '<img src="a.png">' * 200_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_no_second(name: str) -> None:
    begun = time.process_time()
    to_text(BOMBS[name])
    to_line(BOMBS[name])
    list(images(BOMBS[name]))
    assert time.process_time() - begun < 1


markup_like = st.lists(
    st.sampled_from(
        ["<", ">", "&", "p", "</p>", "<p>", "<script>", "</script>", "<!--", "-->", '"', "'", "&lt;", "\n", " "]
    )
    | st.text(max_size=5),
    max_size=40,
).map("".join)


@given(markup_like)
def test_the_text_has_no_control_characters_and_no_blank_edges(markup: str) -> None:
    text = to_text(markup)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in text.replace("\n", ""))
    assert all(line and line == line.strip() for line in text.split("\n\n")) or text == ""
    assert "\n" not in text.replace("\n\n", "")


@given(markup_like)
def test_a_line_stays_a_line(markup: str) -> None:
    line = to_line(markup)
    assert len(line) <= 300
    assert line == line.strip()
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in line)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="<&", exclude_categories=["Cc", "Cf", "Cn", "Zl", "Zp"]))
)
def test_text_without_markup_keeps_its_words(text: str) -> None:
    assert to_text(text).split() == text.split()
