"""Feeds for the tests, and what our reader makes of them."""

from datetime import UTC, datetime

from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import feed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HERE = "https://news.example/feeds/all.xml"


def read(data: str | bytes, location: str = HERE, content_type: str = "", name: str = "") -> tuple[Article, ...]:
    raw = data.encode() if isinstance(data, str) else data
    document = Document(data=raw, location=location, content_type=content_type)
    return feed.read(document, Source(url=HERE, name=name), NOW)


def rss(items: str, channel: str = "<title>Example News</title><link>https://news.example/</link>") -> str:
    spaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"'
    )
    return f'<?xml version="1.0"?><rss version="2.0" {spaces}><channel>{channel}{items}</channel></rss>'


def one(item: str, location: str = HERE) -> Article:
    (article,) = read(rss(f"<item>{item}</item>"), location)
    return article
