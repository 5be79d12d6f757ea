"""A reader's own pages: links change nothing by being followed, buttons do, as often as they are pressed."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from digest.links import Page
from digest.store import persons, readers, subscribers
from site_pages import CROSS_SITE, FOREIGN, ONE_CLICK, URL, Place, heading

ADA = "ada@example.org"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    {"content-type": "multipart/form-data; boundary=x"},
)


def pending(place: Place) -> str:
    """The link of a mail that asks."""
    place.client.post("/subscribe", data=place.form())
    place.settled()
    return place.path(Page.CONFIRM)


def found(place: Place) -> Any:
    with place.store() as store:
        return subscribers.find(store, "brief", ADA)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "DISPATCH"])
def test_whoever_only_looks_changes_nothing(place: Place, method: str) -> None:
    paths = [pending(place), place.path(Page.UNSUBSCRIBE), place.path(Page.PREFERENCES)]
    place.add("bea@example.org")
    paths += [place.path(page, "bea@example.org") for page in (Page.CONFIRM, Page.UNSUBSCRIBE, Page.PREFERENCES)]
    paths += [f"{path}?List-Unsubscribe=One-Click&do=leave-all" for path in paths]
    before = place.rows()
    for path in [*paths, "/", "/subscribe", "/health", "/style.css", f"/pictures/{'a' * 64}.jpg", "/robots.txt"]:
        answer = place.client.request(method, path, data={"do": "leave-all", **ONE_CLICK})
        assert answer.status_code in ({200, 204, 404, 405} if method in {"GET", "HEAD"} else {405})
    assert place.rows() == before


def test_a_confirmed_sign_up_is_a_subscription_however_often_it_is_confirmed(place: Place) -> None:
    path = pending(place)
    assert heading(place.client.get(path)) == "One click is missing"
    for _ in range(3):
        answer = place.client.post(path)
        assert (answer.status_code, heading(answer)) == (200, "You are on the list")
        assert place.path(Page.PREFERENCES) in answer.text
    assert place.state() == "active"
    assert heading(place.client.get(path)) == "You are on the list"
    with place.store() as store:
        (one,) = persons.known(store, place.inside.tag, ADA).subscriptions
    assert one.consents[0].confirmed


def test_a_link_that_confirms_holds_for_a_week_and_not_after_leaving(place: Place) -> None:
    path = pending(place)
    place.clock.forward(days=6, hours=23)
    assert place.client.get(path).status_code == 200
    place.clock.forward(hours=2)
    assert [place.client.request(method, path).status_code for method in ("GET", "POST")] == [404, 404]
    place.clock.forward(days=-3)
    place.client.post(path)
    place.client.post(place.path(Page.UNSUBSCRIBE))
    assert [place.client.request(method, path).status_code for method in ("GET", "POST")] == [404, 404]
    assert place.state() == "unsubscribed"


@pytest.mark.parametrize("headers", [{}, FOREIGN, CROSS_SITE, {"origin": "null"}, {"sec-fetch-site": "same-origin"}])
@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "button", "nothing that anybody can read"])
def test_one_click_leaves_from_wherever_it_comes(place: Place, kind: str, headers: dict[str, str]) -> None:
    place.add()
    path = place.path(Page.UNSUBSCRIBE)
    bodies: dict[str, Callable[[], Any]] = {
        "urlencoded": lambda: place.client.post(path, data=ONE_CLICK, headers=headers),
        "multipart": lambda: place.client.post(path, content=MULTIPART[0], headers=headers | MULTIPART[1]),
        "button": lambda: place.client.post(path, headers=headers),
        "nothing that anybody can read": lambda: place.client.post(path, content=b"\xff\0=", headers=headers),
    }
    for _ in range(2):
        answer = bodies[kind]()
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert place.state() == "unsubscribed"
    with place.store() as store:
        (one,) = persons.known(store, place.inside.tag, ADA).subscriptions
    programs = {"urlencoded": "one-click", "multipart": "one-click"}
    assert {consent.withdrawal for consent in one.consents} == {programs.get(kind, "page")}


def test_who_left_by_mistake_comes_back_with_the_same_wishes(place: Place) -> None:
    place.add(topics=["money"])
    page = place.client.post(place.path(Page.UNSUBSCRIBE))
    assert heading(page) == "You have left"
    path = place.path(Page.PREFERENCES)
    assert path in page.text
    assert "Send me The Brief again" in place.client.get(path).text
    answer = place.client.post(path, data={"do": "again"})
    assert "You are subscribed again" in answer.text
    assert (found(place).state, found(place).topics) == ("active", ("money",))
    with place.store() as store:
        (one,) = persons.known(store, place.inside.tag, ADA).subscriptions
    assert (one.consents[-1].text, bool(one.consents[-1].confirmed)) == ("Send me The Brief again", True)


@pytest.mark.parametrize("state", ["bounced", "complained"])
def test_who_must_not_be_mailed_is_not_brought_back_by_a_form(place: Place, state: str) -> None:
    place.add()
    with place.store() as store, store.writing() as connection:
        connection.execute("UPDATE subscribers SET state = ?", (state,))
    path = place.path(Page.PREFERENCES)
    assert 'value="again"' not in place.client.get(path).text
    place.client.post(path, data={"do": "again"})
    assert place.state() == state


def test_topics_language_and_a_pause_are_kept(place: Place) -> None:
    place.add()
    path = place.path(Page.PREFERENCES)
    answer = place.client.post(path, data={"do": "save", "topics": "money", "language": "de", "pause": "week"})
    assert answer.status_code == 200
    wish = found(place)
    assert (wish.topics, wish.language) == (("money",), "de")
    # Over when the day begins that the page names, for a mail of that morning.
    zone = place.news.jobs["brief"].timezone
    until = datetime.fromisoformat(wish.paused_until).astimezone(zone)
    assert (until.date(), until.time()) == ((place.clock() + timedelta(days=7)).astimezone(zone).date(), time())
    place.client.post(path, data={"do": "save", "topics": ["cars", "money"], "language": "xx", "pause": "keep"})
    assert (found(place).topics, found(place).language, found(place).paused_until) == ((), "de", wish.paused_until)
    place.client.post(path, data={"do": "save", "topics": "cars", "pause": "none"})
    assert found(place).paused_until == ""


@pytest.mark.parametrize(
    ("day", "until"),
    [
        ("2026-11-24", "2026-11-23T23:00:00+00:00"),  # midnight in Berlin
        ("2027-11-20", "2027-11-19T23:00:00+00:00"),
        ("2026-11-23", None),
        ("2028-01-01", None),
        ("", None),
        ("9999-12-31", None),
        ("0001-01-01", None),
        ("tomorrow", None),
    ],
)
def test_a_pause_ends_on_a_day_of_the_next_year(place: Place, day: str, until: str | None) -> None:
    place.add()
    wish = {"do": "save", "topics": "cars", "pause": "until", "until": day}
    answer = place.client.post(place.path(Page.PREFERENCES), data=wish)
    assert (answer.status_code, found(place).paused_until) == ((200, until) if until else (400, ""))
    assert ("a day from tomorrow" in answer.text) == (until is None)


def test_no_topic_is_no_wish(place: Place) -> None:
    place.add(topics=["cars"])
    answer = place.client.post(place.path(Page.PREFERENCES), data={"do": "save", "pause": "none"})
    assert answer.status_code == 400
    assert found(place).topics == ("cars",)


def test_one_newsletter_is_left_or_all_of_them(place: Place) -> None:
    for job in ("brief", "evening"):
        place.add(job=job)
    place.add("bea@example.org")
    assert "You have left." in place.client.post(place.path(Page.PREFERENCES), data={"do": "leave"}).text
    assert (place.state(), place.state(job="evening")) == ("unsubscribed", "active")
    place.client.post(place.path(Page.PREFERENCES, job="evening"), data={"do": "leave-all"})
    assert (place.state(job="evening"), place.state("bea@example.org")) == ("unsubscribed", "active")
    added = place.folder.run("subscribers", "add", "ada@example.org", "--job", "brief")
    assert added.exit_code == 2, "who left everything comes back by his own wish alone"
    place.client.post(place.path(Page.PREFERENCES), data={"do": "again"})
    assert place.state() == "active"


@pytest.mark.parametrize("do", ["", "delete", "__class__", "_save"])
def test_a_button_that_is_not_there_does_nothing(place: Place, do: str) -> None:
    place.add()
    before = place.rows()
    assert place.client.post(place.path(Page.PREFERENCES), data={"do": do}).status_code == 400
    assert place.rows() == before


@pytest.mark.parametrize("headers", [FOREIGN, CROSS_SITE, {"sec-fetch-site": "same-site"}, {"origin": f"{URL}.evil"}])
def test_forms_of_other_sites_are_refused(place: Place, headers: dict[str, str]) -> None:
    confirm = pending(place)
    form = place.form(email="bea@example.org")
    sent = [
        ("/subscribe", form),
        (confirm, {}),
        *((place.path(Page.PREFERENCES), {"do": do}) for do in ("save", "leave", "leave-all", "again")),
    ]
    before = place.rows()
    for path, data in sent:
        answer = place.client.post(path, data=data, headers=headers)
        assert (answer.status_code, heading(answer)) == (403, "This form came from elsewhere")
    place.settled()
    assert place.rows() == before


@pytest.mark.parametrize(
    "headers", [{}, {"origin": URL}, {"origin": "null"}, {"sec-fetch-site": "same-origin", "origin": "null"}]
)
def test_our_own_forms_are_taken_from_any_browser(place: Place, headers: dict[str, str]) -> None:
    place.add()
    answer = place.client.post(place.path(Page.PREFERENCES), data={"do": "leave"}, headers=headers)
    assert answer.status_code == 200
    assert place.state() == "unsubscribed"


def test_a_job_that_is_no_more_can_still_be_left(place: Place) -> None:
    place.add(job="gone")
    path = place.path(Page.PREFERENCES, job="gone")
    assert place.client.get(path).status_code == 200
    place.client.post(path, data={"do": "save", "pause": "week"})
    assert place.client.post(place.path(Page.UNSUBSCRIBE, job="gone"), data=ONE_CLICK).status_code == 200
    assert place.state(job="gone") == "unsubscribed"


def test_who_was_forgotten_has_no_page(place: Place) -> None:
    number = place.add()
    path = place.path(Page.UNSUBSCRIBE)
    with place.store() as store, store.writing() as connection:
        connection.execute("UPDATE subscribers SET state = 'erased'")
        assert readers.subscription(store, number) is None
    assert place.client.post(path, data=ONE_CLICK).status_code == 404


def test_pages_speak_the_language_that_their_reader_chose(place: Place) -> None:
    place.add()
    path = place.path(Page.PREFERENCES)
    place.client.post(path, data={"do": "save", "topics": "cars", "language": "de"})
    page = place.client.get(path, headers={"accept-language": "en"})
    assert page.headers["content-language"] == "de"
    assert '<html lang="de" dir="ltr">' in page.text
    page = place.client.get("/", headers={"accept-language": "de-AT, en;q=0.5"})
    assert (page.headers["content-language"], page.headers["vary"]) == ("de", "Accept-Language")
