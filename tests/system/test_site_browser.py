"""The site in Debian's chromium: nobody is shut out, nothing hostile runs, and a reader's life needs no JavaScript."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.client import HTTPConnection

import pytest
from playwright.sync_api import Browser

from digest.links import Page as LinkTo
from digest.store import connect, subscribers
from site_pages import URL, furnish
from support import Make
from system.browser import Look
from system.site_server import Served, chromium, found_by_axe, served, violations, window

LOOKS = [Look(width=width, dark=dark) for width in (375, 1000) for dark in (False, True)]
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def site(newsletter: Make) -> Iterator[Served]:
    folder = furnish(newsletter(0))
    with connect(folder.path / "digest.db") as store:
        for name in ("ada", "bea", "cleo", "dora"):
            subscribers.add(store, "brief", f"{name}@example.org", name="", source="cli", now=NOW)
        until = NOW + timedelta(days=5)
        bea = "bea@example.org"
        subscribers.choose(store, "brief", bea, topics=("cars",), language="de", paused_until=until, now=NOW)
        subscribers.leave(store, "brief", "cleo@example.org", NOW, "page")
        with store.writing() as connection:
            connection.execute("UPDATE subscribers SET state = 'pending' WHERE email = 'dora@example.org'")
    with served(folder) as running:
        yield running


def pages(site: Served) -> dict[str, str]:
    """What each page is called -> where it is."""
    links = {
        "ask": (LinkTo.CONFIRM, "dora"),
        "confirmed": (LinkTo.CONFIRM, "ada"),
        "leave": (LinkTo.UNSUBSCRIBE, "ada"),
        "left": (LinkTo.UNSUBSCRIBE, "cleo"),
        "preferences": (LinkTo.PREFERENCES, "ada"),
        "paused": (LinkTo.PREFERENCES, "bea"),
        "again": (LinkTo.PREFERENCES, "cleo"),
    }
    found = {name: site.link(page, f"{who}@example.org") for name, (page, who) in links.items()}
    return {"form": f"{site.url}/", "missing": f"{site.url}/nothing", "wrong": f"{site.url}/subscribe", **found}


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_nothing_on_any_page(site: Served, browser: Browser, look: Look) -> None:
    for name, url in pages(site).items():
        found, measured = violations(browser, url, look)
        assert (name, found) == (name, [])
        assert measured >= 4


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_nothing_on_the_pages_that_answer(site: Served, browser: Browser, look: Look) -> None:
    with window(browser, look, bypass_csp=True) as page:
        page.goto(f"{site.url}/")
        page.fill("#email", "zoe@example")
        page.eval_on_selector("#email", "field => field.type = 'text'")
        page.click("text=Sign up >> nth=-1")
        assert "That is no email address" in page.inner_text("main")
        assert found_by_axe(page)[0] == []
        page.goto(site.link(LinkTo.PREFERENCES, "ada@example.org"))
        page.click("text=Save")
        assert "Saved." in page.inner_text("main")
        assert found_by_axe(page)[0] == []


def test_nothing_sticks_out_of_a_narrow_page(site: Served, browser: Browser) -> None:
    for url in pages(site).values():
        with window(browser, Look(width=320)) as page:
            page.goto(url)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_our_pages_load_nothing_but_their_style(site: Served, browser: Browser) -> None:
    asked: list[str] = []
    with window(browser, Look(width=1000)) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message_: asked.append(message_.text))
        for url in pages(site).values():
            page.goto(url)
    rest = {url for url in asked if url not in pages(site).values()}
    assert {url.partition("?")[0] for url in rest if "status of 40" not in url} <= {
        f"{site.url}/style.css",
        f"{site.url}/favicon.ico",
    }


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_reader_lives_here(site: Served, browser: Browser, scripts: bool) -> None:  # noqa: FBT001  pytest names it
    email = "zoe@example.org"
    with window(browser, Look(width=375), scripts=scripts) as page:
        page.goto(f"{site.url}/")
        time.sleep(2.1)
        page.uncheck("input[value=money]")
        page.fill("#email", email)
        page.click("button")
        assert page.inner_text("h1") == "Look into your mailbox"
        page.goto(_link(site, email, "confirm"))
        page.click("button")
        assert page.inner_text("h1") == "You are on the list"
        assert site.folder.run("send", "brief").exit_code == 0
        assert "Aurel" in _mail(site, email, "brief-")
        assert "savings bank" not in _mail(site, email, "brief-")
        page.goto(_link(site, email, "preferences"))
        assert not page.is_checked("input[value=money]")
        page.check("input[value=money]")
        page.uncheck("input[value=cars]")
        page.click("text=Save")
        assert "Saved." in page.inner_text("main")
        page.goto(_link(site, email, "editions"))
        assert "Aurel" in page.inner_text("body")
        page.goto(_link(site, email, "unsubscribe"))
        assert page.inner_text("h1") == "Leave The Brief?"
    leave = _link(site, email, "unsubscribe")
    client = HTTPConnection("127.0.0.1", site.port)
    client.request("POST", leave.removeprefix(site.url), "List-Unsubscribe=One-Click")
    assert client.getresponse().status == 200
    client.close()
    with connect(site.news.database) as store:
        found = subscribers.find(store, "brief", email)
    assert found
    assert (found.state, found.topics) == ("unsubscribed", ("money",))


def _mail(site: Served, email: str, kind: str) -> str:
    """The newest mail to somebody whose Message-ID begins so, as text; waits for it."""
    deadline = time.monotonic() + 30
    while True:
        mails = [message_from_bytes(mail, policy=policy.default) for mail in site.folder.mails()]
        ours = [mail for mail in mails if mail["To"] == email and kind in mail["Message-ID"]]
        if ours:
            body = ours[-1].get_body(("plain",))
            assert body
            return str(body.get_content())
        assert time.monotonic() < deadline, [(mail["To"], mail["Message-ID"]) for mail in mails]
        time.sleep(0.2)


def _link(site: Served, email: str, page: str) -> str:
    """A link of the newest mail, which leads to this server."""
    kind = "brief.confirm" if page == "confirm" else "brief-"
    found = re.search(rf"{URL}(/{page}/\S+)", _mail(site, email, kind))
    assert found
    return site.url + found[1]
