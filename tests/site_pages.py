"""A small newsletter with a site, and a client that sees its pages as a browser without JavaScript would."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx2
from starlette.testclient import TestClient

from digest import config, links, site
from digest.core.settings import Settings
from digest.core.tokens import Key, load_key
from digest.links import Page
from digest.site._site import Site
from digest.store import Store, connect, readers, subscribers
from support import Folder

URL = "https://news.example.org"
FOREIGN = {"origin": "https://evil.example"}
CROSS_SITE = {"sec-fetch-site": "cross-site"}
FROM = ("203.0.113.7", 4711)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
EVENING = "title = 'The Evening'\nfrom = 'M <b@news.example.org>'\ntopics = ['cars']\nwindow = 'any'\n"
SECRET = EVENING.replace("The Evening", "The Secret") + "public = false\n"


@dataclass
class Clock:
    """A clock that stands until it is put forward."""

    moment: datetime = datetime(2026, 11, 23, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        """Put it forward."""
        self.moment += timedelta(**by)


@dataclass
class Place:
    """The site of a newsletter, from inside and outside."""

    folder: Folder
    news: Settings
    key: Key
    clock: Clock
    client: TestClient
    inside: Site
    asked: list[tuple[str, int]] = field(default_factory=list)

    def store(self) -> Any:
        """The database, to look into."""
        return connect(self.news.database)

    def add(self, email: str = "ada@example.org", job: str = "brief", topics: Sequence[str] = ()) -> int:
        """An active subscriber's number."""
        with self.store() as store:
            subscribers.add(store, job, email, name="", source="cli", now=self.clock(), topics=topics)
            number = readers.number(store, job, email)
        assert number is not None
        return number

    def path(self, page: Page, email: str = "ada@example.org", job: str = "brief", edition: str = "") -> str:
        """A reader's link, without the site's name."""
        with self.store() as store:
            number = readers.number(store, job, email)
        assert number is not None
        return links.link("", self.key, page, number, job, email, edition)

    def state(self, email: str = "ada@example.org", job: str = "brief") -> str:
        """The state of somebody's subscription, empty when there is none."""
        with self.store() as store:
            found = subscribers.find(store, job, email)
        return found.state if found else ""

    def form(self, accepted: str = "en", **values: Any) -> dict[str, Any]:
        """The fields of the form as it is shown now to a browser of that language, filled in, three seconds later."""
        page = self.client.get("/", headers={"accept-language": accepted}).text
        shown = re.search(r'name="shown" value="([^"]+)"', page)
        assert shown
        self.clock.forward(seconds=3)
        given = {"shown": shown[1], "job": "brief", "topics-brief": ["cars", "money"], "language": "en", "website": ""}
        return given | {"email": "ada@example.org"} | values

    def settled(self) -> None:
        """Wait until what the site left for later is done."""
        self.inside.desk.wait()

    def rows(self) -> Mapping[str, Any]:
        """Everything the database holds."""
        with self.store() as store:
            return dump(store)


def dump(store: Store) -> Mapping[str, Any]:
    """Each table with its rows."""
    names = [row[0] for row in store.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {name: [tuple(row) for row in store.rows(f"SELECT * FROM {name}")] for name in names}  # noqa: S608  our own


def furnish(folder: Folder, more: str = "") -> Folder:
    """Give a newsletter's folder a site, a second job and one that is not public."""
    folder.append("digest.toml", f'\n[site]\nurl = "{URL}"\n{more}')
    folder.write("jobs/evening.toml", EVENING)
    folder.write("jobs/secret.toml", SECRET)
    return folder


@contextmanager
def opened(folder: Folder, client: tuple[str, int] = FROM) -> Iterator[Place]:
    """The site of a folder."""
    news, key, clock = config.load(folder.path), load_key(folder.path), Clock()
    asked: list[tuple[str, int]] = []
    made = site.app(news, key, lambda job, number: asked.append((job, number)), clock)
    browser = TestClient(made, URL, raise_server_exceptions=False, client=client, follow_redirects=False)
    with browser:
        yield Place(folder, news, key, clock, browser, made.state.site, asked)


def heading(page: httpx2.Response) -> str:
    """What a page says first."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.DOTALL)
    return unescape(found[1]).strip() if found else ""
