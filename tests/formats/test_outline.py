from contextlib import suppress
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core import text
from digest.core.settings import Source
from digest.formats import outline

_PAGE = '<?xml version="1.0"?>\n<opml version="2.0"><head><title>x</title></head>\n<body>\n{}\n</body></opml>'


def read(body: str) -> tuple[outline.Feed | outline.Rejected, ...]:
    return outline.read(_PAGE.format(body).encode())


def test_nested_folders_become_groups_and_names_their_titles() -> None:
    found = read(
        '<outline text="All"><outline text="Cars">\n'
        '<outline type="rss" text="Post" xmlUrl="https://example.com/feed?a=1&amp;b=2"/></outline></outline>\n'
        '<outline title="Bare &quot;one&quot;" xmlURL="http://example.org/rss"/>'
    )
    assert found == (
        outline.Feed(line=5, source=Source(url="https://example.com/feed?a=1&b=2", name="Post", group="Cars")),
        outline.Feed(line=6, source=Source(url="http://example.org/rss", name='Bare "one"')),
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('<outline text="x" xmlUrl="javascript:alert(1)"/>', "no http or https address"),
        ('<outline text="x" xmlUrl="file:///etc/passwd"/>', "no http or https address"),
        ('<outline text="x" xmlUrl="https://user:word@example.com/"/>', "without a password"),
        ('<outline text="x" type="rss"/>', "no xmlUrl"),
    ],
)
def test_an_outline_that_is_no_feed_is_a_line_and_stops_nothing(body: str, why: str) -> None:
    rejected, feed = read(body + '\n<outline xmlUrl="https://example.com/feed"/>')
    assert isinstance(rejected, outline.Rejected)
    assert rejected.line == 4
    assert why in rejected.why
    assert isinstance(feed, outline.Feed)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        b"<rss/>",
        b"<opml/>",
        b"<opml><body>",
        b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body><outline text="&x;"/></body></opml>',
        '<!DOCTYPE opml><opml version="2.0"><body/></opml>'.encode("utf-16"),
        b"<opml><body>" + b" " * outline.LIMIT + b"</body></opml>",
        b"<opml><body>" + b"<outline>" * 5_000,
    ],
)
def test_what_is_no_outline_or_tries_more_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        outline.read(data)


def test_folders_nested_without_end_are_told() -> None:
    found = read('<outline text="x">' * 60 + '<outline xmlUrl="https://example.com/"/>' + "</outline>" * 60)
    assert [type(each) for each in found] == [outline.Rejected]


names = st.text(st.characters(min_codepoint=32, exclude_categories=("C", "Z")), max_size=20)


@given(st.lists(st.tuples(names, names), max_size=8))
def test_what_is_written_is_read_again(pairs: list[tuple[str, str]]) -> None:
    numbers = count()
    sources = [
        Source(url=f"https://example.com/{next(numbers)}?a=1&b=2", name=name or "x", group=group)
        for name, group in pairs
    ]
    found = outline.read(outline.write("Mine", [*sources, Source(path="local/*.txt")]))
    read_again = [each.source for each in found if isinstance(each, outline.Feed)]
    assert sorted(read_again, key=lambda s: s.url) == sorted(
        (Source(url=s.url, name=text.line(s.name, 100), group=text.line(s.group, 100)) for s in sources),
        key=lambda s: s.url,
    )


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: b"<opml><body>" + data + b"</body></opml>"))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(outline.read(data), tuple)
