"""The bytes of an article's web page, fetched or saved -> that one article, read in a limited child process."""

import atexit
import json
import re
from datetime import datetime, timedelta
from pathlib import PurePath
from urllib.parse import urlsplit

from digest.core import text
from digest.core.child import Child, ChildError, Limits
from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import _page_scan, _tail, feed
from digest.gather._dates import parse
from digest.gather._encoding import decode
from digest.gather._identity import article_id

_SUFFIXES = (".html", ".htm", ".xhtml")
_LOOK = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]")
_META = re.compile(rb"<meta\s[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_HEAD = 20_000
_LEAST = 80  # characters: below it stand notices, not articles
_SUMMARY_LIMIT, _AUTHOR_LIMIT = 1_000, 200
_NOON = timedelta(hours=12)

# One for all pages of a run: beginning it takes longer than reading ten pages, of which the slowest takes 0.1 s.
_reader = Child("digest.gather._page_worker", Limits(cpu_seconds=3))
atexit.register(_reader.stop)


def looks_like(document: Document) -> bool:
    """Whether it is named or labelled as HTML or begins like it, and is no feed."""
    named = urlsplit(document.location).path.lower().endswith(_SUFFIXES)
    labelled = "html" in document.content_type.lower()
    html = named or labelled or _LOOK.search(document.data[:_HEAD].replace(b"\0", b"").lower()) is not None
    return html and not feed.looks_like(document)


def read(document: Document, source: Source, now: datetime) -> tuple[Article, ...]:
    """The one article of the page; ValueError when it has none, is hostile, or is a site's front page."""
    address = text.link(document.location) or ""
    found = _extracted(document, address)
    body = _tail.cut(text.paragraphs(found.get("text", "")))
    if len(body) < _LEAST or _is_front(address):
        link = text.link(found["feed"], address) if "feed" in found else None
        raise ValueError(f"a page without an article{f'; it names a feed: {link}' if link else ''}")
    url = _canonical(found.get("canonical", ""), address)
    host = (urlsplit(url or "").hostname or "").removeprefix("www.")
    folder = "" if address else PurePath(document.location).parent.name
    title = text.line(found.get("title", "")) or text.line(body, 100)
    return (
        Article(
            id=article_id(url, title, body),
            url=url,
            title=title,
            text=body.removeprefix(f"{title}\n\n"),
            summary=text.line(found.get("summary", ""), _SUMMARY_LIMIT),
            source=text.line(source.name or found.get("site", "") or host or folder or source.key),
            author=_author(found.get("author", "")),
            published=_published(found.get("day", ""), found.get("moment", ""), now),
            first_seen=now,
            image=text.link(found["image"], url or "") if "image" in found else None,
        ),
    )


def _extracted(document: Document, address: str) -> dict[str, str]:
    """What the child says of the page; ValueError when there is nothing to ask or it did not survive."""
    meta = None if "charset" in document.content_type else _META.search(document.data[:_HEAD])
    content_type = f"text/html; charset={meta[1].decode()}" if meta else document.content_type
    html = decode(document.data, content_type)
    _page_scan.check(html)
    if "<" not in html:
        raise ValueError("a page without an article")
    # ASCII, so that a lone surrogate passes the pipe; the parsers would not take it.
    clean = html.encode("utf-8", "replace").decode()
    try:
        answer = json.loads(_reader.ask(json.dumps({"html": clean, "url": address}).encode()))
    except ChildError as error:
        raise ValueError(f"reading the page {error}") from None
    # A parser that was taken over may say anything.
    fields = answer.items() if isinstance(answer, dict) else ()
    return {name: value for name, value in fields if isinstance(value, str)}


def _is_front(address: str) -> bool:
    parts = urlsplit(address)
    return bool(address) and parts.path in {"", "/"} and not parts.query


def _canonical(named: str, address: str) -> str | None:
    """The page's own link for itself if it is on the same host and no front page, else where it came from."""
    link = text.link(named, address) if named else None
    if link is None or _is_front(link) or (address and _host(link) != _host(address)):
        link = address or None
    return text.untracked(link) if link else None


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _author(written: str) -> str:
    names = (text.line(name) for name in written.split(";"))
    return text.shorten(", ".join(dict.fromkeys(name for name in names if name and "//" not in name)), _AUTHOR_LIMIT)


def _published(day: str, moment: str, now: datetime) -> datetime | None:
    """The exact moment (UTC) if it falls on the day, which is right more often; else that day's noon."""
    date, exact = parse(day, now), parse(moment, now)
    if date is None:
        return exact
    noon = date + _NOON
    # The day is that of some zone.
    return exact if exact and abs(exact - noon) <= 2 * _NOON + timedelta(hours=2) and exact != date else noon
