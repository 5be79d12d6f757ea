"""A mail that left, as a page of its own."""

import re
from collections.abc import Iterator

import pytest

from digest.core.mail import SendState
from digest.links import Page
from digest.site import edition as edition_page
from digest.store import editions
from site_pages import URL, Place, furnish, opened
from support import Make


@pytest.fixture
def sent(newsletter: Make) -> Iterator[tuple[Place, str]]:
    """A site whose readers r0 and r1 got an edition, the edition's id."""
    folder = furnish(newsletter(2))
    assert folder.run("send", "brief").exit_code == 0
    with opened(folder) as place:
        with place.store() as store:
            (record,) = [record for record in editions.listed(store) if record.job == "brief"]
        yield place, record.id


def path(sent: tuple[Place, str], email: str = "r0@example.org") -> str:
    place, edition = sent
    return place.path(Page.EDITION, email, edition=edition)


def test_a_reader_sees_the_mail_with_all_that_is_his(sent: tuple[Place, str]) -> None:
    place, _ = sent
    page = place.client.get(path(sent))
    assert page.status_code == 200
    assert "Aurel prices its electric van below its rivals" in page.text
    assert "r0@example.org" in page.text
    assert "r1@example.org" not in page.text
    assert f"{URL}{place.path(Page.UNSUBSCRIBE, 'r0@example.org')}" in page.text
    assert "%%" not in page.text


def test_the_page_is_the_html_part_of_the_mail(sent: tuple[Place, str]) -> None:
    place, _ = sent
    mail = next(mail for mail in place.folder.mails() if b"To: r0@example.org" in mail)
    assert place.client.get(path(sent)).text == edition_page.page(mail)


def test_nothing_in_the_page_can_run_or_ask_others(sent: tuple[Place, str]) -> None:
    place, _ = sent
    policy = place.client.get(path(sent)).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert "script-src" not in rules
    assert "allow-scripts" not in rules["sandbox"]
    assert "allow-same-origin" not in rules["sandbox"]
    assert rules["img-src"] == f"'self' data: {URL}"
    assert rules["frame-ancestors"] == rules["form-action"] == "'none'"


def test_pictures_inside_the_mail_are_inside_the_page() -> None:
    mail = (
        b'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"<img src=3D\"cid:ab@digest\"><img src=3D'cid:zz@x'>=E2=82=AC"
        b"\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <ab@digest>\r\n\r\n"
        b"/9j/\r\n--b--\r\n"
    )
    page = edition_page.page(mail)
    assert '<img src="data:image/jpeg;base64,/9j/">' in page
    assert "cid:zz@x" in page
    assert "€" in page


@pytest.mark.parametrize("state", [*SendState])
def test_only_a_mail_that_left_has_a_page(sent: tuple[Place, str], state: SendState) -> None:
    place, _ = sent
    with place.store() as store, store.writing() as connection:
        connection.execute("UPDATE sends SET state = ?", (state,))
    left = {SendState.SENT, SendState.SENDING, SendState.UNCERTAIN}
    assert place.client.get(path(sent)).status_code == (200 if state in left else 404)


def test_another_readers_or_editions_token_opens_nothing(sent: tuple[Place, str]) -> None:
    place, edition = sent
    token = path(sent).rpartition("/")[2]
    other = path(sent, "r1@example.org").rpartition("/")[2]
    wrong = [
        f"/editions/{edition}.2/{token}",
        f"/editions/{edition}/{re.sub(r'[.].*[.]', lambda m: other[m.start() : m.end()], token)}",
        place.path(Page.EDITION, "r0@example.org", edition="brief-2026-11-24"),
        place.path(Page.PREFERENCES, "r0@example.org").replace("preferences", f"editions/{edition}"),
        f"/editions/../{token}",
        f"/editions/%00/{token}",
    ]
    assert {place.client.get(each).status_code for each in wrong} == {404}


def test_a_mail_that_was_pruned_is_a_404(sent: tuple[Place, str]) -> None:
    place, _ = sent
    with place.store() as store, store.writing() as connection:
        connection.execute("DELETE FROM bodies")
    assert place.client.get(path(sent)).status_code == 404


def test_a_mail_that_is_not_what_was_frozen_is_not_shown(sent: tuple[Place, str]) -> None:
    place, _ = sent
    with place.store() as store, store.writing() as connection:
        connection.execute("UPDATE bodies SET data = CAST(replace(CAST(data AS TEXT), 'Aurel', 'Lorem') AS BLOB)")
    answer = place.client.get(path(sent))
    assert answer.status_code == 500
    assert "Lorem" not in answer.text


def test_a_page_is_read_from_the_database_once(sent: tuple[Place, str]) -> None:
    place, _ = sent
    first = place.client.get(path(sent)).text
    with place.store() as store, store.writing() as connection:
        connection.execute("DELETE FROM bodies")
    assert place.client.get(path(sent)).text == first
