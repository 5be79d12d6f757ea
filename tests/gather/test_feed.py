"""Feeds of all dialects become articles."""

import io
import os
import warnings
from calendar import timegm
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.core.web import Document
from digest.gather import feed
from digest.gather._html import to_line
from gather.feeds import HERE, NOW, one, read, rss

FEEDS = Path(os.environ.get("DIGEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "feeds"


def test_an_rss_item_becomes_a_whole_article() -> None:
    article = one(
        "<title>A &amp;amp; B</title><link>\n https://news.example/a?utm_source=x \n</link>"
        "<description>&lt;p&gt;Short.&lt;/p&gt;</description>"
        "<content:encoded><![CDATA[<p>First paragraph.</p><p>Second one.</p><script>x</script>]]></content:encoded>"
        "<dc:creator>Jane Doe</dc:creator><pubDate>Sun, 22 Nov 2026 07:00:00 +0100</pubDate>"
        '<enclosure url="/a file.mp3" type="audio/mpeg" length="1"/>'
        '<media:thumbnail url="https://news.example/t.jpg"/>'
    )
    assert article.title == "A & B"
    assert article.url == "https://news.example/a"
    assert article.text == "First paragraph.\n\nSecond one."
    assert article.summary == "Short."
    assert (article.author, article.source) == ("Jane Doe", "Example News")
    assert article.published == datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert article.first_seen == NOW
    assert article.image == "https://news.example/t.jpg"
    assert article.enclosures == ("https://news.example/a%20file.mp3",)
    assert len(article.id) == 16


def test_an_atom_entry_becomes_a_whole_article() -> None:
    (article,) = read(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://blog.example/"><title>Blog</title>'
        "<author><name>Feed Author</name></author><entry><title type='html'>5 &amp;lt; 7</title>"
        '<link rel="self" href="/self"/><link rel="alternate" type="text/html" href="posts/1"/>'
        "<id>urn:1</id><published>2026-11-21T10:00:00Z</published><updated>2026-11-22T10:00:00Z</updated>"
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One &amp; two.</p>'
        "<p>Three <b>four</b>.</p><img src='pic.jpg'/></div></content></entry></feed>"
    )
    assert article.title == "5 < 7"
    assert article.url == "https://blog.example/posts/1"
    assert article.text == "One & two.\n\nThree four."
    assert article.author == "Feed Author"
    assert article.published == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert article.image == "https://blog.example/posts/pic.jpg"


def test_rss_1_0_items_beside_the_channel_are_read() -> None:
    articles = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Old News</title></channel>'
        '<item rdf:about="https://old.example/1"><title>One</title><dc:date>2026-11-20</dc:date></item>'
        "<item><title>Two</title><link>https://old.example/2</link></item></rdf:RDF>"
    )
    assert [(a.title, a.url, a.source) for a in articles] == [
        ("One", "https://old.example/1", "Old News"),
        ("Two", "https://old.example/2", "Old News"),
    ]
    assert articles[0].published == datetime(2026, 11, 20, tzinfo=UTC)


def test_rss_0_91_and_a_made_up_namespace_are_read() -> None:
    plain = '<rss version="0.91"><channel><title>T</title><item><title>One</title></item></channel></rss>'
    assert [a.title for a in read(plain)] == ["One"]
    assert [a.title for a in read(plain.replace("<rss", '<rss xmlns="urn:made-up"'))] == ["One"]


def test_without_a_title_the_summary_else_the_content_else_the_link_stands_in() -> None:
    assert one("<description>Some news</description>").title == "Some news"
    assert one("<content:encoded>Long news</content:encoded>").title == "Long news"
    assert one("<link>https://news.example/x</link>").title == "https://news.example/x"
    assert one("<guid>7</guid>").title == "Untitled"


def test_the_longer_of_content_and_summary_is_the_text() -> None:
    article = one("<description>A much longer description</description><content:encoded>Short</content:encoded>")
    assert (article.text, article.summary) == ("A much longer description", "A much longer description")


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<guid>https://news.example/g</guid>", "https://news.example/g"),
        ('<guid isPermaLink="false">abc-1</guid>', None),
        ('<enclosure url="https://news.example/e.mp3" type="audio/mpeg"/>', "https://news.example/e.mp3"),
        ("<link>/relative path</link>", "https://news.example/relative%20path"),
        ('<atom:link href="https://news.example/a"/>', "https://news.example/a"),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>data:text/html,x</link>", None),
        ("<link>http://user:pw@evil.example/</link>", None),
        ("<link>ftp://news.example/</link><guid>https://news.example/g</guid>", "https://news.example/g"),
        ("", None),
    ],
)
def test_the_link_is_absolute_http_or_none(item: str, url: str | None) -> None:
    assert one(f"<title>T</title>{item}").url == url


def test_the_original_link_goes_before_the_counting_one() -> None:
    space = 'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    item = (
        f"<link>https://count.example/1</link><feedburner:origLink {space}>https://news.example/1</feedburner:origLink>"
    )
    assert one(item).url == "https://news.example/1"


@pytest.mark.parametrize(
    ("item", "author"),
    [
        ("<author>jane@x.example (Jane Doe)</author>", "Jane Doe"),
        ("<author>Jane Doe &lt;jane@x.example&gt;</author>", "Jane Doe"),
        ("<dc:creator>Jane</dc:creator><dc:creator>Joe</dc:creator><dc:creator>Jane</dc:creator>", "Jane, Joe"),
        ("<atom:author><atom:name>Jane</atom:name></atom:author>", "Jane"),
        ("<dc:creator>Tom &amp;amp; Co&amp;nbsp;</dc:creator>", "Tom & Co"),
        ("", ""),
    ],
)
def test_authors_are_names(item: str, author: str) -> None:
    assert one(item).author == author


@pytest.mark.parametrize(
    ("item", "image"),
    [
        ('<media:content url="/v.mp4" medium="video"/><media:content url="/p.jpg" medium="image"/>', "/p.jpg"),
        ('<enclosure url="/p.png" type="image/png"/>', "/p.png"),
        ('<media:group><media:thumbnail url="/t.jpg"/></media:group>', "/t.jpg"),
        ("<description>&lt;img src='/i.jpg'&gt;</description>", "/i.jpg"),
        ("<description>&lt;img src='/c.gif' width='1'&gt;&lt;img src='/i.jpg'&gt;</description>", "/i.jpg"),
        ("<description>&lt;img src='data:image/png;base64,AA'&gt;</description>", None),
        ('<media:content url="https://1.gravatar.com/avatar/x" medium="image"/>', None),
        ("", None),
    ],
)
def test_the_lead_picture_is_the_first_real_one(item: str, image: str | None) -> None:
    assert one(item).image == (f"https://news.example{image}" if image else None)


def test_the_same_link_is_the_same_article_whatever_leads_there() -> None:
    first, second = (one(f"<title>{t}</title><link>{url}</link>") for t, url in (
        ("A", "http://www.news.example/a/?utm_source=rss"), ("B", "https://news.example/a")))  # fmt: skip
    assert first.id == second.id
    assert one("<title>A</title>").id == one("<title>A</title>").id
    assert one("<title>A</title>").id != one("<title>B</title>").id


def test_the_outlet_is_the_source_s_name_else_the_feed_s_title_else_its_host_else_its_folder() -> None:
    untitled = rss("<item><title>T</title></item>", channel="")
    assert read(untitled, name="Mine")[0].source == "Mine"
    assert read(rss("<item><title>T</title></item>"))[0].source == "Example News"
    assert read(untitled, "https://www.news.example/feed")[0].source == "news.example"
    assert read(untitled, "/home/me/samples/harbour/feed.xml")[0].source == "harbour"


def test_a_blog_s_last_line_is_cut_from_text_and_summary() -> None:
    tail = "&lt;p&gt;The post &lt;a href='x'&gt;T&lt;/a&gt; appeared first on &lt;a href='y'&gt;B&lt;/a&gt;.&lt;/p&gt;"
    article = one(f"<description>&lt;p&gt;News.&lt;/p&gt;{tail}</description>")
    assert (article.text, article.summary) == ("News.", "News.")


def test_a_long_summary_is_cut_at_a_word() -> None:
    article = one(f"<description>{'word ' * 1000}</description>")
    assert len(article.summary) <= 1000
    assert article.summary.endswith("word…")


@pytest.mark.parametrize(
    "data", [b"", b" ", b"\0" * 100, b"hello", b"{}", b"<html><body>x</body></html>", b"<a/>", b"<", b"\xff\xfe"]
)
def test_what_is_no_feed_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a feed"):
        read(data)


def test_a_feed_without_entries_is_no_error() -> None:
    assert read(rss("")) == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_it_looks_like_a_feed_in_any_encoding(encoding: str) -> None:
    assert feed.looks_like(Document(data=rss("").encode(encoding), location=HERE))


@pytest.mark.parametrize(
    "data", [b"<html><body><feed>", b"<!DOCTYPE html><rss>", b"A title\n\nA text", b"", b"<feedback/>"]
)
def test_other_documents_do_not_look_like_a_feed(data: bytes) -> None:
    assert not feed.looks_like(Document(data=data, location=HERE))


@pytest.mark.skipif(not FEEDS.is_dir(), reason="needs DIGEST_DATA")
def test_real_feeds_agree_with_feedparser() -> None:
    feedparser = pytest.importorskip("feedparser")
    dates = right = 0
    for path in sorted(FEEDS.glob("*.xml")):
        data = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = feedparser.parse(io.BytesIO(data), response_headers={"content-location": HERE}).entries
        articles = read(data)
        assert len(articles) == min(len(expected), 500), path.name
        for article, entry in zip(articles, expected, strict=True):
            if entry.get("title"):
                assert "".join(article.title.split()) == "".join(to_line(entry.title).split()), path.name
            written = entry.get("published_parsed") or entry.get("updated_parsed")
            dates += 1
            right += article.published == (datetime.fromtimestamp(timegm(written), UTC) if written else None)
    assert right >= 0.98 * dates
