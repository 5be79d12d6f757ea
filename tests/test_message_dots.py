"""No line of a mail begins with a dot, whatever is said in it and to whom: read back by the standard library."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.core.mail import Rendered
from digest.message import Headers, Recipient, Template, freeze, reader

MARK = "0f1e2d3c4b5a6978"
MARKS = reader(MARK)
HEADERS = Headers(
    edition="daily-2026-11-23T0700",
    sender="Meridian <brief@news.example.org>",
    date=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    list_id="<daily.news.example.org>",
)
MESSAGE_ID = "<daily.8f3a@news.example.org>"
# What quoted-printable treats in its own way, dots most of all.
DOTTED = st.text(st.sampled_from("....x=é \t\r\n"), max_size=400)
ADDRESSES = st.text(st.sampled_from("....x=&'"), min_size=1, max_size=300).map(lambda local: f"a{local}@example.org")
LINKS = st.text(st.sampled_from("....x=&?%"), max_size=300).map(lambda rest: f"mailto:{rest}.")


def mail(text: str, html: str, email: str = "jo@example.org", unsubscribe: str = "mailto:leave@example.org") -> bytes:
    rendered = Rendered(subject="A plant opens", preheader="", html=html, text=text)
    recipient = Recipient(email=email, message_id=MESSAGE_ID, unsubscribe=unsubscribe)
    return b"".join(Template(freeze(rendered, HEADERS, MARK)).mail(recipient))


def parts(data: bytes) -> list[str]:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return [str(part.get_content()).replace("\r\n", "\n") for part in message.iter_parts()]


def is_ready_for_the_wire(data: bytes) -> bool:
    lines = data.split(b"\r\n\r\n", 1)[1].split(b"\r\n")
    return max(map(len, lines)) <= 76 and b"\r\n." not in data and not data.startswith(b".")


@given(text=DOTTED, html=DOTTED)
@example(text="." * 500, html=("." * 77 + "\n") * 3)
@example(text=".", html="\n.\n..\n")
def test_dotted_texts_come_back_as_they_were(text: str, html: str) -> None:
    data = mail(text, html)
    assert parts(data) == [text.replace("\r\n", "\n"), html.replace("\r\n", "\n")]
    assert is_ready_for_the_wire(data)


@given(before=DOTTED, between=DOTTED, after=DOTTED, email=ADDRESSES, link=LINKS)
def test_dotted_values_stand_where_the_marks_stood(
    before: str, between: str, after: str, email: str, link: str
) -> None:
    body = f"{before}{MARKS.email}{between}{MARKS.unsubscribe}{after}"
    data = mail(body, body, email, link)
    shown = (f"{before}{a}{between}{b}{after}" for a, b in ((email, link), (escape(email), escape(link))))
    assert parts(data) == [text.replace("\r\n", "\n") for text in shown]
    assert is_ready_for_the_wire(data)


@pytest.mark.parametrize("length", range(1, 90))
def test_dots_fit_at_every_column(length: int) -> None:
    for filling in ("x" * length + ".", "." * length, "x" * length + "\n.", "." + "x" * length):
        for text in (filling, f"{filling}\n", f"{filling} ", f"{filling}é", f"{filling}x"):
            data = mail(text, f"{text}{MARKS.email}")
            assert parts(data) == [text, f"{text}jo@example.org"]
            assert is_ready_for_the_wire(data)


def test_a_line_without_a_dot_at_its_beginning_is_left_as_it_is() -> None:
    assert b"\r\nx.y ...\r\n" in mail("x.y ...\n", "")
    assert b"\r\n=2E.y\r\n" in mail("..y\n", "")
