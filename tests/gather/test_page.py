"""An article's page, fetched or saved, becomes one article."""

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import page

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HERE = "https://www.news.example/2026/crane?utm_source=mail"
PAGES = Path(os.environ.get("DIGEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "pages"
PROSE = (
    "The old harbour crane moved on Monday, as everyone on the quay had been promised it would.",
    "It took six minutes, a drum of grease and the patience of two engineers who had waited since spring.",
    "Nobody was hurt, the mayor said afterwards, and the ferry left on time with all of its passengers.",
)
HEAD = """<title>A Crane Moves | News Example</title><meta name="author" content="Ada Quist">
<meta property="og:title" content="A Crane Moves"><meta property="og:site_name" content="News Example">
<meta property="og:image" content="/crane.jpg"><meta name="description" content="It took six minutes.">
<meta property="article:published_time" content="2026-11-20T14:05:00+01:00">"""


def html(head: str = HEAD, title: str = "A Crane Moves") -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PROSE)
    menu = "<nav><a href='/a'>Politics</a> <a href='/b'>Sport</a></nav>"
    return (
        f"<!doctype html><html><head>{head}</head><body>{menu}<article><h1>{title}</h1>{body}</article></body></html>"
    )


def read(markup: str | bytes, location: str = HERE, name: str = "", content_type: str = "text/html") -> Article:
    data = markup.encode() if isinstance(markup, str) else markup
    document = Document(data=data, location=location, content_type=content_type)
    (article,) = page.read(document, Source(url=location, name=name), NOW)
    return article


def test_a_page_becomes_a_whole_article() -> None:
    article = read(html())
    assert article.title == "A Crane Moves"
    assert article.text.split("\n\n") == list(PROSE)
    assert (article.author, article.source, article.summary) == ("Ada Quist", "News Example", "It took six minutes.")
    assert article.published == datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
    assert article.first_seen == NOW
    assert article.url == "https://www.news.example/2026/crane"
    assert article.image == "https://www.news.example/crane.jpg"


def test_a_page_that_says_nothing_of_itself_has_its_host_s_name() -> None:
    article = read(html(head=""), name="")
    assert (article.source, article.author, article.image) == ("news.example", "", None)
    assert read(html(), name="Harbour News").source == "Harbour News"


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ("https://news.example/crane", "https://news.example/crane"),
        ("/crane", "https://www.news.example/crane"),
        ("https://evil.example/crane", "https://www.news.example/2026/crane"),
        ("https://www.news.example/", "https://www.news.example/2026/crane"),
        ("javascript:alert(1)", "https://www.news.example/2026/crane"),
    ],
)
def test_the_canonical_link_counts_on_the_page_s_own_host(named: str, url: str) -> None:
    assert read(html(HEAD + f'<link rel="canonical" href="{named}">')).url == url


def test_a_saved_page_has_the_link_it_names_or_none() -> None:
    saved = read(html(HEAD + '<link rel="canonical" href="https://news.example/crane">'), "pages/harbour/a.html")
    assert (saved.url, saved.source) == ("https://news.example/crane", "News Example")
    assert read(html(head=""), "pages/harbour/a.html").url is None
    assert read(html(head=""), "pages/harbour/a.html").source == "harbour"


def test_two_spellings_of_one_link_are_one_article() -> None:
    assert read(html()).id == read(html(), "http://news.example/2026/crane/").id


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-16", "shift_jis"])
def test_the_page_s_own_word_for_its_encoding_counts(encoding: str) -> None:
    word = "クレーン車" if encoding == "shift_jis" else "Kräne"
    label = "" if encoding == "utf-16" else f'<meta charset="{encoding}">'
    markup = html(label + f'<meta property="og:title" content="{word}">', word).encode(encoding)
    assert read(markup).title == word
    assert read(markup, "a.html", content_type="").title == word


def test_a_heading_that_nothing_else_repeats_is_not_the_title() -> None:
    assert read(html(title="Most read this morning")).title == "A Crane Moves"


@pytest.mark.parametrize("body", ["", "<p>Please enable cookies.</p>", "<a href='/a'>A</a> <a href='/b'>B</a>"])
def test_a_page_without_an_article_is_a_value_error(body: str) -> None:
    with pytest.raises(ValueError, match="a page without an article"):
        read(f"<html><body>{body}</body></html>")


def test_a_front_page_is_no_article_and_its_feed_is_named() -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    with pytest.raises(ValueError, match=r"it names a feed: https://news\.example/feed\.xml$"):
        read(html(HEAD + link), "https://news.example/")


def test_it_looks_like_a_page_by_name_label_or_look_and_not_like_a_feed() -> None:
    assert page.looks_like(Document(data=b"<p>x", location="a/b.HTML"))
    assert page.looks_like(Document(data=b"<p>x", location="https://x.example/a", content_type="text/html"))
    assert page.looks_like(Document(data=b"\n<!DOCTYPE html><html>", location="a"))
    assert page.looks_like(Document(data="<html>".encode("utf-16"), location="a"))
    assert not page.looks_like(Document(data=b"<rss><channel>", location="a", content_type="text/html"))
    assert not page.looks_like(Document(data=b"plain", location="a.txt"))


@given(st.binary(max_size=400))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_an_article_or_a_value_error(data: bytes) -> None:
    try:
        article = read(data)
    except ValueError:
        return
    assert article.text


@pytest.mark.skipif(not PAGES.is_dir(), reason="needs DIGEST_DATA")
def test_every_real_page_is_read() -> None:
    truth = json.loads((PAGES / "truth.json").read_text(encoding="utf-8"))
    for key, about in truth.items():
        article = read(gzip.decompress((PAGES / f"{key}.html.gz").read_bytes()), about["url"])
        words = set(about["articleBody"].split())
        assert article.title, about["url"]
        assert len(words & set(article.text.split())) >= 0.3 * len(words), about["url"]
