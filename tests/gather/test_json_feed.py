"""JSON Feeds 1.0 and 1.1 become the same articles as any other feed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import feed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HERE = "https://news.example/feed.json"
VERSION = "https://jsonfeed.org/version/1.1"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "id", "url", "external_url", "title", "summary", "content_html", "content_text", "image", "banner_image",
    "date_published", "date_modified", "author", "authors", "attachments",
)  # fmt: skip


def read(data: bytes) -> tuple[Article, ...]:
    return feed.read(Document(data=data, location=HERE, content_type="application/feed+json"), Source(url=HERE), NOW)


def one(item: dict[str, Any], **top: Any) -> Article:
    about = {"version": VERSION, "title": "Example", "home_page_url": "https://news.example/", **top}
    (article,) = read(json.dumps({**about, "items": [item]}).encode())
    return article


def test_an_item_becomes_a_whole_article() -> None:
    article = one(
        {
            "id": "7",
            "url": "/a?utm_source=feed",
            "title": "A &amp; B",
            "summary": "Short.",
            "content_html": "<p>First paragraph.</p><p>Second one.</p><img src='/b.jpg'><script>x</script>",
            "date_published": "2026-11-22T07:00:00+01:00",
            "date_modified": "2026-11-22T09:00:00+01:00",
            "authors": [{"name": "Jane Doe"}, {"name": "John Roe"}],
            "attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg"}],
            "image": "/t.jpg",
        }
    )
    assert (article.url, article.title) == ("https://news.example/a", "A & B")
    assert (article.text, article.summary) == ("First paragraph.\n\nSecond one.", "Short.")
    assert (article.author, article.source) == ("Jane Doe, John Roe", "Example")
    assert article.published == datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert article.image == "https://news.example/t.jpg"
    assert article.enclosures == ("https://news.example/a.mp3",)


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ({"author": {"name": "Jane"}}, "Jane"),
        ({"authors": {"name": "Jane"}}, "Jane"),
        ({"author": "Jane"}, "Jane"),
        ({"authors": [{"name": "Jane"}], "author": {"name": "Jane"}}, "Jane"),
        ({"authors": [None, 7, {"name": None}, {"name": "Jane"}]}, "Jane"),
        ({"authors": []}, "Desk"),
        ({}, "Desk"),
    ],
)
def test_authors_in_every_form(written: dict[str, Any], author: str) -> None:
    assert one({"id": "1", "title": "A", **written}, authors=[{"name": "Desk"}]).author == author


def test_plain_content_keeps_what_only_looks_like_markup() -> None:
    assert one({"content_text": "5 < 7 &amp; <b>bold</b>\n\nSecond"}).text == "5 < 7 &amp; <b>bold</b>\n\nSecond"


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ({"id": 7}, None),
        ({"id": "https://news.example/7"}, "https://news.example/7"),
        ({"id": 7, "external_url": "https://other.example/7"}, "https://other.example/7"),
        ({"url": "javascript:alert(1)"}, None),
        ({"attachments": [{"url": "/a.mp3"}]}, "https://news.example/a.mp3"),
    ],
)
def test_the_link_of_an_item(item: dict[str, Any], url: str | None) -> None:
    assert one({"title": "A", **item}).url == url


def test_a_picture_may_be_attached_or_shown() -> None:
    attached = {"attachments": [{"url": "/p.png", "mime_type": "image/png"}], "content_html": "<img src='/b.jpg'>"}
    assert one({"title": "A", "url": "/a", **attached}).image == "https://news.example/p.png"
    assert one({"title": "A", "url": "/a", "content_html": "<img src='/b.jpg'>"}).image == "https://news.example/b.jpg"


def test_the_feed_s_home_is_where_relative_links_begin() -> None:
    assert one({"title": "A", "url": "a"}, home_page_url="https://news.example/en/").url == "https://news.example/en/a"
    assert one({"title": "A", "url": "a"}, home_page_url=None).url == "https://news.example/a"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_or_space_before_it_does_not_matter(encoding: str) -> None:
    data = (" \n" + json.dumps({"version": VERSION, "items": [{"title": "Kräne"}]})).encode(encoding)
    assert feed.looks_like(Document(data=data, location="a"))
    assert [article.title for article in read(data)] == ["Kräne"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"items": ' + b"[" * 100_000, "nested too deep|damaged"),
        (b'{"items": ' + b'{"a":' * 100_000, "nested too deep|damaged"),
        (b'{"items": [{"title": "A"', "damaged"),
        (b'{"items": ' + b"1" * 5_000 + b"}", "damaged"),
        (b'{"items": 7}', "without a list of items"),
        (b"{}", "without a list of items"),
    ],
)
def test_what_is_no_feed_is_a_value_error(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^not a feed: .*({reason})"):
        read(data)


def test_other_json_does_not_look_like_a_feed() -> None:
    assert not feed.looks_like(Document(data=b'{"name": "package"}', location="a.json"))
    assert feed.looks_like(Document(data=b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1"}', location="a"))
    assert feed.looks_like(Document(data=b'{"title": "A", "items" : [', location="a"))


def test_at_most_five_hundred_items_are_read() -> None:
    items = [7, *({"id": str(number), "title": str(number)} for number in range(600))]
    assert len(read(json.dumps({"items": items}).encode())) == 500


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_any_item_is_an_article(item: dict[str, Any]) -> None:
    article = one(item)
    assert article.title
    assert article.url is None or article.url.startswith(("https://", "http://"))
