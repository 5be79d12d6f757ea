"""The mails of a newsletter with a site: one click unsubscribes, and links lead to the reader's own pages."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from digest.core.errors import DigestError
from digest.core.mail import Rendered
from digest.message import ONE_CLICK_NAMES, PERSONAL_NAMES, Frozen, Headers, Recipient, Template, freeze, reader

MARK = "0f1e2d3c4b5a6978"
MARKS = reader(MARK, ("preferences", "browser"))
SITE = "https://news.example.org"
HEADERS = Headers(
    edition="daily-2026-11-23T0700",
    sender="Meridian <brief@news.example.org>",
    date=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    list_id="<daily.news.example.org>",
    has_site=True,
)
JO = Recipient(
    email="jo@example.org",
    message_id="<daily.8f3a@news.example.org>",
    unsubscribe=f"{SITE}/unsubscribe/7.abc",
    mailto="mailto:leave@example.org?subject=unsubscribe%20abc",
    preferences=f"{SITE}/preferences/7.def?a=1&b=2",
    browser=f"{SITE}/editions/7.fed",
)
BODY = f"{MARKS.email}: {MARKS.unsubscribe} {MARKS.preferences} {MARKS.browser}\n"
FROZEN = freeze(Rendered(subject="A plant opens", preheader="", html=f"<p>{BODY}</p>", text=BODY), HEADERS, MARK)


def test_a_mail_of_a_site_is_left_by_one_click_or_by_mail() -> None:
    mail = message_from_bytes(b"".join(Template(FROZEN).mail(JO)), policy=policy.default)
    assert tuple(mail.keys()) == ONE_CLICK_NAMES
    assert mail["List-Unsubscribe"] == f"<{JO.unsubscribe}>, <{JO.mailto}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_each_link_stands_in_both_parts_as_its_part_needs_it() -> None:
    mail = message_from_bytes(b"".join(Template(FROZEN).mail(JO)), policy=policy.default)
    text, page = (part.get_content() for part in mail.iter_parts())
    assert text.strip() == f"{JO.email}: {JO.unsubscribe} {JO.preferences} {JO.browser}"
    assert JO.preferences.replace("&", "&amp;") in page
    assert JO.browser in page


def question() -> Frozen:
    """A letter that asks whether it was the reader who signed up."""
    confirm = reader(MARK, ("confirm",)).confirm
    shown = Rendered(subject="Is it you?", preheader="", html=confirm, text=confirm)
    return freeze(shown, replace(HEADERS, kind="confirm"), MARK)


def test_the_reader_of_a_letter_can_confirm_and_is_on_no_list_yet() -> None:
    data = b"".join(Template(question()).mail(JO._replace(preferences="", browser="", confirm=f"{SITE}/confirm/7.aa")))
    assert data.count(b"/confirm/7.aa") == 2
    assert b"unsubscribe" not in data
    mail = message_from_bytes(data, policy=policy.default)
    assert tuple(mail.keys()) == PERSONAL_NAMES
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Feedback-ID"] == "daily-2026-11-23T0700:daily:confirm:news.exa-3256d6"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Auto-Submitted", b"List-Id: <daily.news.example.org>\r\nAuto-Submitted"),
        (b"Auto-Submitted", b"List-Unsubscribe: <https://evil.example>\r\nAuto-Submitted"),
        (b"Auto-Submitted", b"Bcc: x@evil.example\r\nAuto-Submitted"),
        (b":PLAIN-CONFIRM%%", b":UNSUBSCRIBE%%"),
        (b":MESSAGE-ID%%", b":EMAIL%%"),
    ],
)
def test_a_damaged_letter_is_refused(old: bytes, new: bytes) -> None:
    assert old in question().data
    with pytest.raises(DigestError):
        Template(Frozen(mark=MARK, data=question().data.replace(old, new, 1)))


def test_a_mail_of_a_list_without_its_way_out_is_refused() -> None:
    for frozen in (FROZEN, freeze(Rendered(subject="x", preheader="", html="", text=""), HEADERS, MARK)):
        data = frozen.data.replace(f"%%{MARK}:UNSUBSCRIBE%%".encode(), b"https://evil.example", 1)
        data = data.replace(f"%%{MARK}:MAILTO%%".encode(), b"mailto:x@evil.example", 1)
        with pytest.raises(DigestError, match="places"):
            Template(Frozen(mark=MARK, data=data))


@pytest.mark.parametrize("name", ["mailto", "preferences", "browser"])
def test_a_value_that_a_mail_has_a_place_for_may_not_be_missing(name: str) -> None:
    with pytest.raises(ValueError, match="no such value is given"):
        Template(FROZEN).mail(JO._replace(**{name: ""}))


@pytest.mark.parametrize("name", ["mailto", "preferences", "browser"])
@pytest.mark.parametrize(
    "value",
    [
        "https://a.example/\r\nBcc: x@y.example",
        "https://a.example/ b",
        "javascript:alert(1)",
        "https://ä.example",
        "https://a.example/" + "x" * 900,
    ],
)
def test_a_link_that_could_be_read_as_something_else_never_becomes_part_of_a_mail(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a mail"):
        Template(FROZEN).mail(JO._replace(**{name: value}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b">,\r\n <", b">, <"),
        (b"%%\r\nSubject", b"%%, x@y.example\r\nSubject"),
    ],
)
def test_a_damaged_header_is_refused(old: bytes, new: bytes) -> None:
    assert old in FROZEN.data
    with pytest.raises(DigestError):
        Template(Frozen(mark=MARK, data=FROZEN.data.replace(old, new, 1)))
