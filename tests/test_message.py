"""A frozen mail and the mails made of it, read back by the standard library's own parser."""

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.errors import DigestError
from digest.core.mail import Rendered
from digest.core.text import line
from digest.message import HEADER_NAMES, Headers, Recipient, Template, freeze, reader

MARK = "0f1e2d3c4b5a6978"
DATE = datetime(2026, 11, 23, 7, 0, tzinfo=timezone(timedelta(hours=1)))
HEADERS = Headers(
    edition="daily-2026-11-23T0700",
    sender="Meridian <brief@news.example.org>",
    date=DATE,
    list_id="<daily.news.example.org>",
)
RECIPIENT = Recipient(
    email="jo.o'neil=x@example.org",
    message_id="<daily-2026-11-23T0700.8f3a@news.example.org>",
    unsubscribe="mailto:leave+8f3a@example.org?subject=leave&body=" + "x" * 90,
)
# Everything a str can hold but lone surrogates, which no cleaned text has.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def rendered(subject: str = "A plant opens", text: str = "text\n", html: str = "<p>html</p>\n") -> Rendered:
    return Rendered(subject=subject, preheader="", html=html, text=text)


def mail(made: Rendered, *, headers: Headers = HEADERS, mark: str = MARK, recipient: Recipient = RECIPIENT) -> bytes:
    return b"".join(Template(freeze(made, headers, mark)).mail(recipient))


def parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def parts(data: bytes) -> list[str]:
    return [str(part.get_content()).replace("\r\n", "\n") for part in parsed(data).iter_parts()]


def is_safe_on_the_wire(data: bytes) -> bool:
    return data.isascii() and not re.search(rb"\r(?!\n)|(?<!\r)\n", data)


@given(text=TEXTS, html=TEXTS)
def test_both_parts_decode_to_what_was_rendered(text: str, html: str) -> None:
    data = mail(rendered(text=text, html=html))
    assert parts(data) == [text.replace("\r\n", "\n"), html.replace("\r\n", "\n")]
    assert is_safe_on_the_wire(data)
    body = data.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 76


@given(before=TEXTS, between=TEXTS, after=TEXTS)
def test_a_recipients_values_stand_where_the_marks_stood(before: str, between: str, after: str) -> None:
    marks = reader(MARK)
    body = f"{before}{marks.email}{between}{marks.unsubscribe}{marks.email}{after}"
    data = mail(rendered(text=body, html=body))
    values = (RECIPIENT.email, RECIPIENT.unsubscribe)
    escaped = (RECIPIENT.email.replace("'", "&#x27;"), RECIPIENT.unsubscribe.replace("&", "&amp;"))
    expected = [
        f"{before}{email}{between}{link}{email}{after}".replace("\r\n", "\n") for email, link in (values, escaped)
    ]
    assert parts(data) == expected
    assert max(map(len, data.split(b"\r\n\r\n", 1)[1].split(b"\r\n"))) <= 76
    assert MARK.encode() not in data


@pytest.mark.parametrize("length", range(60, 90))
def test_lines_before_a_mark_have_at_most_76_columns(length: int) -> None:
    for filling in ("x" * length, "é" * (length // 3), "x" * length + " ", "x" * length + "\n", "." * length):
        body = f"{filling}{reader(MARK).email}"
        data = mail(rendered(text=body))
        assert max(map(len, data.split(b"\r\n\r\n", 1)[1].split(b"\r\n"))) <= 76
        assert parts(data)[0] == f"{filling}{RECIPIENT.email}"


def test_the_header_is_exactly_this() -> None:
    message = parsed(mail(rendered()))
    assert tuple(message.keys()) == HEADER_NAMES
    assert {name: str(message[name]) for name in HEADER_NAMES[:-1]} == {
        "From": "Meridian <brief@news.example.org>",
        "To": RECIPIENT.email,
        "Subject": "A plant opens",
        "Date": "Mon, 23 Nov 2026 07:00:00 +0100",
        "Message-ID": RECIPIENT.message_id,
        "List-Id": "<daily.news.example.org>",
        "List-Unsubscribe": f"<{RECIPIENT.unsubscribe}>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "Feedback-ID": "daily-2026-11-23T0700:daily:digest:news.exa-3256d6",
        "MIME-Version": "1.0",
    }
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@given(subject=st.text(max_size=300))
def test_any_subject_is_shown_as_it_is_and_injects_nothing(subject: str) -> None:
    data = mail(rendered(subject=subject))
    message = parsed(data)
    assert tuple(message.keys()) == HEADER_NAMES
    assert message["Subject"] == line(subject)
    assert is_safe_on_the_wire(data)
    header = data.split(b"Subject:")[1].split(b"Date:")[0]
    assert max(map(len, header.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?x=0D=0ABcc:_a@b.example?=",
        "=?utf-8?b?eA0KQmNjOiBhQGIuZXhhbXBsZQ==?=",
        "=?utf-8?q?=0D=0A=0D=0A<script>?= and more",
        "x\r\nBcc: a@b.example",
        "x\r\n\r\nbody",
        "x\x0bBcc: a@b\x0c\x85\u2028\u2029c",
        "NUL \x00 and \ud800",
        "long " * 100,
        "x" * 5_000,
        "é" * 400,
        "emoji 👩‍👩‍👧‍👦 " * 20,
        "trailing =",
        "=?",
        "%%UNSUB%% %%EMAIL%%",
    ],
)
def test_a_hostile_subject_or_name_is_shown_literally(subject: str) -> None:
    data = mail(rendered(subject=subject), headers=replace(HEADERS, sender=f"{subject} <brief@news.example.org>"))
    message = parsed(data)
    assert tuple(message.keys()) == HEADER_NAMES
    assert message["Subject"] == line(subject)
    assert b"Bcc: a@b" not in data.replace(b"Subject: x Bcc: a@b", b"").replace(b'From: "x Bcc: a@b', b"")
    again = message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert again["Bcc"] is None


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("Meridian <b@example.org>", "Meridian"),
        ('"Meridian, Inc." <b@example.org>', "Meridian, Inc."),
        ("Meridian, Inc. (x) <b@example.org>", "Meridian, Inc. (x)"),
        ('A "quoted" name <b@example.org>', 'A "quoted" name'),
        ("Méridien <b@example.org>", "Méridien"),
        ("नमस्ते दुनिया " * 8 + "<b@example.org>", ("नमस्ते दुनिया " * 8).strip()),
        ("Long name " * 9 + "<b@example.org>", ("Long name " * 9).strip()),
        ("b@example.org", ""),
        ("<b@example.org>", ""),
    ],
)
def test_a_senders_name_is_quoted_or_encoded_as_it_needs(sender: str, name: str) -> None:
    data = mail(rendered(), headers=replace(HEADERS, sender=sender))
    shown = message_from_bytes(data, policy=policy.compat32)["From"]
    phrase, _, address = shown.replace("\r\n", "").rpartition("<")
    # The newer parser of Python 3.11 puts a space between two encoded words of a name (RFC 2047 6.2 wants none).
    decoded = str(make_header(decode_header(phrase.strip()))).strip('"').replace('\\"', '"')
    assert (decoded, address.rstrip(">")) == (name, "b@example.org")
    assert max(map(len, data.split(b"To:")[0].split(b"\r\n"))) <= 78


def test_a_retry_is_byte_identical_and_the_mark_leaves_no_trace() -> None:
    def made(mark: str) -> Rendered:
        return rendered(text=f"{reader(mark).email}\n", html=f'<a href="{reader(mark).unsubscribe}">leave</a>')

    first, second = (mail(made(mark), mark=mark) for mark in (MARK, "f" * 16))
    assert first == second
    assert MARK.encode() not in first
    assert freeze(made(MARK), HEADERS, MARK) == freeze(made(MARK), HEADERS, MARK)
    assert first != mail(made(MARK), headers=replace(HEADERS, edition="daily-2026-11-24T0700"))


def test_only_the_runs_own_mark_is_looked_for() -> None:
    other = reader("a" * 16)
    body = f"%%UNSUB%% %%EMAIL%% {other.email} %%{MARK}%% %%{MARK}:email%%"
    assert parts(mail(rendered(text=body, html=body))) == [body, body]


def test_recipients_share_the_bytes_between_their_values() -> None:
    body = f"{'long ' * 1000}{reader(MARK).email}{'long ' * 1000}"
    template = Template(freeze(rendered(text=body, html=body), HEADERS, MARK))
    one, two = (template.mail(RECIPIENT._replace(email=email)) for email in ("ann@example.org", "bob@example.org"))
    shared = [chunk for chunk, other in zip(one, two, strict=True) if chunk is other]
    assert sum(map(len, shared)) > 0.97 * sum(map(len, one))
    assert b"".join(one).replace(b"ann@example.org", b"bob@example.org") == b"".join(two)


BAD = ("", "\r", "\n", "\r\nBcc: x@y.example", "\0", "\x7f", "é", "\u2028", " x", "<", ">")


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("field", ["email", "message_id", "unsubscribe"])
def test_a_value_that_cannot_stand_in_a_mail_is_refused(field: str, bad: str) -> None:
    template = Template(freeze(rendered(), HEADERS, MARK))
    good: str = getattr(RECIPIENT, field)
    for value in (good[:9] + bad + good[9:], good + bad, bad + good) if bad else ("", "x"):
        with pytest.raises(ValueError, match="cannot stand in a mail"):
            template.mail(RECIPIENT._replace(**{field: value}))


@pytest.mark.parametrize(
    "email", ["a@b.example,c@d.example", "a b@c.example", "a@b@c.example", "(x)a@b.example", '"a"@b.c']
)
def test_an_address_that_reads_as_another_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a mail"):
        Template(freeze(rendered(), HEADERS, MARK)).mail(RECIPIENT._replace(email=email))


@pytest.mark.parametrize(
    "headers",
    [
        replace(HEADERS, list_id="<x.example>\r\nBcc: a@b.example"),
        replace(HEADERS, list_id="<x.example>\r\n\r\nbody"),
        replace(HEADERS, list_id="<x.example>\nX: y"),
        replace(HEADERS, list_id="<é.example>"),
        replace(HEADERS, list_id=f"<{'x' * 1_000}>"),
        replace(HEADERS, sender="é@example.org"),
    ],
)
def test_a_mail_that_is_unsafe_on_the_wire_is_never_frozen(headers: Headers) -> None:
    with pytest.raises(DigestError):
        freeze(rendered(), headers, MARK)


@pytest.mark.parametrize("mark", ["", "short", "with-dash-in", "%%%%%%%%%%"])
def test_a_mark_that_could_stand_in_a_text_is_refused(mark: str) -> None:
    with pytest.raises(ValueError, match="is no mark"):
        reader(mark)
