"""A stored mail that was damaged, or a value that is too long, never becomes a mail."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.errors import DigestError
from digest.core.mail import Rendered
from digest.message import HEADER_NAMES, Frozen, Headers, Recipient, Template, freeze, reader

MARK = "0f1e2d3c4b5a6978"
MARKS = reader(MARK)
HEADERS = Headers(
    edition="daily-2026-11-23T0700",
    sender="Meridian <brief@news.example.org>",
    date=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    list_id="<daily.news.example.org>",
)
RECIPIENT = Recipient(
    email="jo@example.org", message_id="<daily.8f3a@news.example.org>", unsubscribe="mailto:leave@example.org"
)
BODY = f"One line\nand {MARKS.email} may leave by {MARKS.unsubscribe} today\n"
STORED = freeze(Rendered(subject="A plant opens", preheader="", html=BODY, text=BODY), HEADERS, MARK)


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    assert old in STORED.data
    return lambda data: data.replace(old, new, 1)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda _: b"", "headers would be no name:"),
        (lambda data: data[: len(data) // 2], "does not end with one whole line"),
        (lambda data: data + b"x", "does not end with one whole line"),
        (lambda data: data + b"\r\n", "does not end with one whole line"),
        (lambda data: data.partition(b"\r\n\r\n")[0] + b"\r\n", "headers would be"),
        (lambda data: data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", "does not end with one whole line"),
        (swap(b"One line\r\n", b"One line\n"), "bare line end"),
        (swap(b"One line\r\n", b"One line\r"), "bare line end"),
        (swap(b"One line\r\n", b"One line\n\r"), "bare line end"),
        (swap(b"One line", b"One\xe9line"), "byte beyond ASCII"),
        (swap(b"One line", b".One line"), "line that begins with a dot"),
        (swap(b"One line", b"One line" + b"x" * 998), "line of more than 998 bytes"),
        (swap(b"Precedence: bulk", b"Bcc: a@b.example"), "headers would be .*Bcc"),
        (swap(b"Precedence: bulk", b"Precedence bulk"), "headers would be .*no name"),
        (swap(b"Precedence: bulk\r\n", b""), "headers would be"),
        (swap(b"From: ", b"DKIM-Signature: v=1\r\nFrom: "), "headers would be DKIM-Signature"),
        (swap(b"From: ", b" x\r\nFrom: "), "headers would be"),
        (swap(b"From: ", b"\r\nFrom: "), "headers would be"),
        (swap(b"Date: ", b"From: a@b.example\r\nDate: "), "headers would be"),
        (swap(b"Date: ", b"\x1b[2JDate: "), "headers would be"),
        (swap(b":EMAIL%%", b":MESSAGE-ID%%"), "places"),
        (swap(b":MESSAGE-ID%%", b":UNSUBSCRIBE%%"), "places"),
        (swap(b"To: %%", b"To: x%%"), "places"),
        (swap(b":PLAIN-EMAIL%%", b":EMAIL%%"), "places"),
        (swap(b":PLAIN-EMAIL%%", b":SOMEBODY-ELSE%%"), "places"),
        (swap(b"=\r\n%%", b"%%"), "places"),
        (swap(b":HTML-EMAIL%%=\r\n", b":HTML-EMAIL%%"), "places"),
    ],
)
def test_a_damaged_mail_is_refused_in_one_line(damage: Callable[[bytes], bytes], why: str) -> None:
    with pytest.raises(DigestError, match=why) as refused:
        Template(replace(STORED, data=damage(STORED.data)))
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("mark", ["", "f" * 16, ".{16}", "("])
def test_a_mail_under_another_mark_is_refused(mark: str) -> None:
    with pytest.raises(DigestError, match="places"):
        Template(replace(STORED, mark=mark))


@given(place=st.integers(0, len(STORED.data)), gone=st.integers(0, 40), new=st.binary(max_size=40))
def test_what_is_made_of_any_damaged_mail_is_safe_on_the_wire(place: int, gone: int, new: bytes) -> None:
    damaged = Frozen(mark=MARK, data=STORED.data[:place] + new + STORED.data[place + gone :])
    try:
        mail = b"".join(Template(damaged).mail(RECIPIENT))
    except DigestError:
        return
    assert mail.isascii()
    assert mail.count(b"\r") == mail.count(b"\n") == mail.count(b"\r\n")
    assert mail.endswith(b"\r\n")
    assert b"\r\n." not in mail
    assert max(map(len, mail.split(b"\r\n"))) <= 998
    head = mail.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n")
    assert tuple(field.partition(b":")[0].decode() for field in head) == HEADER_NAMES
    assert b"\r\nTo: jo@example.org\r\n" in mail


def long_values(length: int) -> list[Recipient]:
    """Recipients whose three values are `length` characters together."""
    rest = length - sum(map(len, (RECIPIENT.email, RECIPIENT.message_id, RECIPIENT.unsubscribe)))
    return [
        RECIPIENT._replace(email="x" * rest + RECIPIENT.email),
        RECIPIENT._replace(message_id="<" + "x" * rest + RECIPIENT.message_id[1:]),
        RECIPIENT._replace(unsubscribe=RECIPIENT.unsubscribe + "x" * rest),
    ]


def test_long_values_leave_every_header_line_under_998_bytes() -> None:
    template = Template(STORED)
    for recipient in long_values(898):
        assert max(map(len, b"".join(template.mail(recipient)).split(b"\r\n"))) <= 998


@pytest.mark.parametrize("recipient", long_values(899))
def test_longer_values_are_refused_without_all_of_them_being_shown(recipient: Recipient) -> None:
    with pytest.raises(ValueError, match="cannot stand in a mail") as refused:
        Template(STORED).mail(recipient)
    assert len(str(refused.value)) < 1_000


@pytest.mark.parametrize("email", [".jo@example.org", ".@example.org"])
def test_an_address_that_begins_with_a_dot_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a mail"):
        Template(STORED).mail(RECIPIENT._replace(email=email))
