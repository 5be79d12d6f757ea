"""Two weeks of a newsletter: articles of a file and what must become of them, feeds on disk, and a clock that waits."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from digest import config, sending
from digest.core import runfile, tokens
from digest.dispatch import Report
from digest.mailroom import Sender
from digest.store import connect, editions
from support import Folder

_HEAD = re.compile(r"@ (\S+ \S+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| (new|update|none)(?: \| (.+))?")
_MAIN = """
[newsletter]
name = "Meridian"
address = "Example Street 1, Berlin"
timezone = "UTC"
[delivery]
to = "outbox:outbox"
unsubscribe = "leave@example.org"
"""
_SOURCE = '[[sources]]\npath = "feeds/{file}"\nname = "{outlet}"\n'
_JOB = """
title = "The Fortnight"
from = "Meridian <daily@news.example.org>"
topics = ["news"]
schedule = "0 7 * * mon-fri"
window = "36h"
minimum = 2
stories = 40
per_source = 40
to = ["reader@example.org"]
"""
_TOPIC = 'name = "News"\ncolor = "#b4441b"\nfloor = 1.0\n[phrases]\n'
_FEED = (
    "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
    "<title>{title}</title><link>https://example.org/</link>{items}</channel></rss>"
)
_ITEM = "<item><title>{title}</title><link>{link}</link>{date}<content:encoded>{text}</content:encoded></item>"


@dataclass(frozen=True, kw_only=True)
class News:
    """What an outlet has from a moment on, and what must become of it."""

    at: datetime
    outlet: str
    slug: str
    """Where it stands; a second text at one place takes the first one's."""
    story: str
    verdict: str
    """`new` or `update`: the next edition tells it as that; `none`: it is no news."""
    date: datetime | None
    title: str
    text: str


def read(path: Path, year: int = 2026) -> list[News]:
    """The articles of a file, oldest first."""

    def moment(text: str) -> datetime:
        return datetime.strptime(f"{year}-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)

    found = []
    for block in path.read_text(encoding="utf-8").strip().split("\n\n"):
        head, title, text = block.split("\n", 2)
        match = _HEAD.fullmatch(head)
        assert match, head
        at, outlet, slug, story, verdict = (part.strip() for part in match.groups()[:5])
        said = dict(part.strip().split("=") for part in (match[6] or "").split(";") if part.strip())
        date = said.get("date", at)
        found.append(
            News(
                at=moment(at),
                outlet=outlet,
                slug=said.get("slug", slug),
                story=story,
                verdict=verdict,
                date=None if date == "none" else moment(date),
                title=title,
                text=" ".join(text.split()),
            )
        )
    return sorted(found, key=lambda news: (news.at, news.slug))


@dataclass(kw_only=True)
class Fortnight:
    """A newsletter whose feeds say at each moment what its outlets have by then."""

    name: str
    folder: Folder
    news: Sequence[News]
    is_reversed: bool
    """Whether sources and their entries stand in the opposite order; it makes no difference."""
    outlets: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.outlets = sorted({news.outlet for news in self.news}, reverse=self.is_reversed)
        sources = "".join(_SOURCE.format(file=_file(outlet), outlet=outlet) for outlet in self.outlets)
        self.folder.write("digest.toml", _MAIN + sources)
        self.folder.write("jobs/daily.toml", _JOB)
        self.folder.write("topics/news.toml", _topic(self.news))
        tokens.make_key(self.folder.path)

    def publish(self, now: datetime) -> None:
        """Write each outlet's feed as it is at a moment."""
        for outlet in self.outlets:
            there = {news.slug: news for news in self.news if news.outlet == outlet and news.at <= now}
            items = "".join(sorted((_item(news) for news in there.values()), reverse=self.is_reversed))
            self.folder.write(f"feeds/{_file(outlet)}", _FEED.format(title=escape(outlet), items=items))

    def silence(self) -> None:
        """No outlet answers."""
        for outlet in self.outlets:
            self.folder.write(f"feeds/{_file(outlet)}", "<html>Bad gateway</html>")

    def send(self, now: datetime) -> tuple[Report, ...]:
        """What cron's run at a moment does."""
        news = config.load(self.folder.path)
        with connect(news.database) as store, runfile.begin(runfile.folder(store.path)) as run:
            store.connection.execute("PRAGMA synchronous = OFF")
            sender = Sender(
                news=news,
                store=store,
                key=tokens.load_key(self.folder.path),
                run=run,
                now=lambda: now,
                stopping=lambda: False,
                progress=lambda *_: None,
            )
            return sending.send(sender, ())

    def editions(self) -> list[tuple[datetime, dict[str, Any]]]:
        """Every edition that was sent: when it was composed, and edition.json."""
        with connect(self.folder.path / "digest.db") as store:
            return [
                (made.composed, json.loads(made.content)) for made in editions.listed(store) if made.state == "sent"
            ]

    def contents(self) -> list[str]:
        """The bytes of each edition.json."""
        with connect(self.folder.path / "digest.db") as store:
            return [record.content for record in editions.listed(store)]


def lived(path: Path, home: Path, mornings: Sequence[datetime], failed: int, *, is_reversed: bool = False) -> Fortnight:
    """A newsletter after these mornings, at one of which no source answered."""
    made = Fortnight(name=path.stem, folder=Folder(home), news=read(path), is_reversed=is_reversed)
    for number, morning in enumerate(mornings):
        made.publish(morning)
        if number == failed:
            made.silence()
        made.send(morning)
    return made


def stories(edition: dict[str, Any]) -> list[dict[str, Any]]:
    """The stories of an edition.json."""
    return [story for section in edition["sections"] for story in section["stories"]]


def days(first: datetime, count: int) -> Iterator[datetime]:
    """Seven in the morning of so many days."""
    yield from (first.replace(hour=7, minute=0) + timedelta(days=day) for day in range(count))


def _topic(news: Sequence[News]) -> str:
    """A topic that every article is of: what it is about is not the question here."""
    words = sorted({word.lower() for each in news for word in re.findall(r"[^\W\d_]{4,}", each.title)})
    return _TOPIC + "".join(f'"{word}" = 5.0\n' for word in words)


def _file(outlet: str) -> str:
    return f"{re.sub('[^a-z]+', '-', outlet.lower())}.xml"


def expected(news: Sequence[News], sent: Sequence[tuple[datetime, dict[str, Any]]]) -> Iterator[dict[str, str]]:
    """For each edition: story -> `new`, or the edition that it updates."""
    told: dict[str, str] = {}
    before = datetime.min.replace(tzinfo=UTC)
    for composed, edition in sent:
        due = {each.story for each in news if before < each.at <= composed and each.verdict != "none"}
        yield {story: told.get(story, "new") for story in due}
        told = dict.fromkeys(due, edition["id"]) | told
        before = composed


def shown(news: Sequence[News], edition: dict[str, Any]) -> list[tuple[str, str]]:
    """The stories of an edition, each with `new` or the edition that it says it updates."""
    by_url = {url(each): each.story for each in news}
    return sorted((by_url[story["url"]], story["update_of"] or "new") for story in stories(edition))


def url(news: News) -> str:
    """Where the article stands."""
    return f"https://{_file(news.outlet).removesuffix('.xml')}.example.org/{news.slug}"


def _item(news: News) -> str:
    date = f"<pubDate>{format_datetime(news.date)}</pubDate>" if news.date else ""
    return _ITEM.format(title=escape(news.title), link=url(news), date=date, text=escape(f"<p>{escape(news.text)}</p>"))
