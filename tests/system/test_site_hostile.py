"""A mail as a page in Debian's chromium: whatever an outlet wrote, nothing of it runs, asks others or sends forms."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser

from digest import message
from digest.core.mail import EditionState, Rendered
from digest.core.model import Issue
from digest.links import Page as LinkTo
from digest.store import connect, editions, subscribers
from digest.store.audience import Audience, Values
from site_pages import furnish
from support import Make
from system.browser import Look
from system.site_server import Served, chromium, log, served, violations, window

LOOKS = [Look(width=width, dark=dark) for width in (375, 1000) for dark in (False, True)]
NOW = datetime.now(UTC)
WAYS = (
    "<script>ran()</script>",
    "<img src=x onerror=ran()>",
    "<svg onload=ran()><animate onbegin=ran() attributeName=x dur=1s>",
    "<iframe srcdoc='<script>parent.ran()</script>'></iframe><iframe src='javascript:parent.ran()'></iframe>",
    "<object data='data:text/html,<script>parent.ran()</script>'></object><embed src='javascript:ran()'>",
    "<details open ontoggle=ran()>x</details><video><source onerror=ran()></video>",
    "<a id=go href='javascript:ran()'>go</a>",
    "<meta http-equiv=refresh content='0;url=javascript:ran()'>",
    "<form id=f action='/subscribe' method=post><input name=email value=x><button id=send>send</button></form>",
    "<link rel=stylesheet href='{spy}/x.css'><img src='{spy}/x.png'>",
    "<style>@import '{spy}/y.css'; body {{ background: url({spy}/y.png) }}</style>",
    "<script src='{spy}/x.js'></script><base href='{spy}/'>",
    "<body onload=ran()><input autofocus onfocus=ran()>",
)
TRAP = "<script>window.hits = 0; window.ran = function () { window.hits += 1; document.title = 'ran'; }</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def site(newsletter: Make) -> Iterator[Served]:
    folder = furnish(newsletter(0))
    with connect(folder.path / "digest.db") as store:
        subscribers.add(store, "brief", "ada@example.org", name="", source="cli", now=NOW)
    with served(folder) as running:
        yield running


def hostile(site: Served, way: str) -> str:
    """The link of a mail that left with something hostile in its HTML."""
    with connect(site.news.database) as store:
        number = len(editions.listed(store))
        issue = Issue(id=f"brief-{number}", job="brief", slot=f"{number}", revision=1, number=1, composed=NOW)
        headers = message.Headers(
            edition=issue.id,
            sender="M <b@news.example.org>",
            date=NOW,
            list_id="<brief.news.example.org>",
            has_site=True,
        )
        html = f"<!doctype html><html lang=en><title>mail</title>{TRAP}<p>shown</p>{way}</html>"
        rendered = Rendered(subject="Subject", preheader="", html=html, text="text")
        frozen = message.freeze(rendered, headers, "0123456789abcdef")
        assert editions.begin(store, issue, "run")
        editions.freeze(
            store,
            issue.id,
            editions.Composition(
                waiting=editions.Waiting(state=EditionState.SENDING),
                detail="",
                subject="Subject",
                content="{}",
                unsubscribe="leave@example.org",
                return_path="b@example.org",
                bodies=[editions.Body(variant="", mark=frozen.mark, data=frozen.data)],
                audience=Audience(job="brief"),
                values=Values(variant=lambda _: "", message_id=lambda to: f"<{issue.id}.{to}>"),
                carried=[],
            ),
        )
        with store.writing() as connection:
            connection.execute("UPDATE sends SET state = 'sent'")
    return site.link(LinkTo.EDITION, "ada@example.org", edition=issue.id)


@pytest.fixture
def spy() -> Iterator[tuple[str, list[str]]]:
    """Somebody else's server and what it was asked."""
    asked: list[str] = []

    class Spy(BaseHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            asked.append(self.path)

        def do_GET(self) -> None:
            self.send_error(404)

    with ThreadingHTTPServer(("127.0.0.1", 0), Spy) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_nothing_hostile_in_a_mail_runs_in_the_browser(
    site: Served, browser: Browser, spy: tuple[str, list[str]]
) -> None:
    for way in WAYS:
        with window(browser, Look(width=1000)) as page:
            page.goto(hostile(site, way.format(spy=spy[0])))
            for each in page.query_selector_all("#go, #send"):
                each.click(no_wait_after=True)
            page.wait_for_timeout(200)
            assert "shown" in page.inner_text("body")
            assert page.title() == "mail"
    assert spy[1] == []
    assert "route=subscribe" not in log(site.folder)


def test_the_same_runs_where_nothing_forbids_it(browser: Browser, spy: tuple[str, list[str]]) -> None:
    ran = 0
    for way in WAYS:
        with window(browser, Look(width=1000)) as page:
            page.set_content(f"<!doctype html><title>mail</title>{TRAP}{way.format(spy=spy[0])}", wait_until="commit")
            page.wait_for_timeout(200)
            ran += page.title() == "ran"
    assert ran >= 5
    assert {"/x.css", "/x.png", "/x.js"} <= set(spy[1])


def test_a_frozen_mail_looks_as_sent_and_axe_finds_nothing_in_it(site: Served, browser: Browser) -> None:
    assert site.folder.run("send", "brief").exit_code == 0
    with connect(site.news.database) as store:
        (record,) = [each for each in editions.listed(store) if each.job == "brief"]
    url = site.link(LinkTo.EDITION, "ada@example.org", edition=record.id)
    for look in LOOKS:
        found, measured = violations(browser, url, look)
        # A mail has no landmarks: the program that shows it has.
        assert [each for each in found if not each.startswith(("region", "landmark-one-main"))] == []
        assert measured >= 4
