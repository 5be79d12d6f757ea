"""Mails made to stop the reader: nothing is raised, nothing takes long, nothing unsafe is passed on."""

import time
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feedback import Kind, read
from feedback.letters import OURS, READER, abuse, failed, status_report, written

SIZE = 1_000_000
SERVER = b"From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: failure notice\n"
HTML = SERVER + b"Content-Type: text/html\n\n"
STATUS = SERVER + b"Content-Type: message/delivery-status\n\n"
MIXED = b"Content-Type: multipart/mixed; boundary=x\n\n"
MAILS = {
    "zeros": b"\0" * SIZE,
    "at signs": SERVER + b"\n" + b"a@" * (SIZE // 2),
    "dots": SERVER + b"\n" + b"a@a." * (SIZE // 4),
    "a word without end": SERVER + b"\n" + b"a" * SIZE,
    "spaces": SERVER + b"\n" + b" " * SIZE,
    "headers": b"a:\n" * (SIZE // 3),
    "a folded header": b"Subject: x\n" + b" a\n" * (SIZE // 3),
    "boundaries in a header": b"Content-Type: multipart/mixed; " + b"boundary=   " * (SIZE // 12),
    "parts in parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(SIZE // 50)
    ),
    "parts in parts of one name": MIXED + (b"--x\n" + MIXED) * (SIZE // 50),
    "empty parts": MIXED + b"--x\n\n" * (SIZE // 5),
    "open tags": HTML + b"<" * SIZE,
    "open scripts": HTML + b"<script>" * (SIZE // 8),
    "ampersands": HTML + b"&" * SIZE,
    "recipients": SERVER + b"\n" + b"".join(b"<a%d@b.example>: no\n" % n for n in range(SIZE // 20)),
    "groups": STATUS + b"Final-Recipient: rfc822; a@b.example\n\n" * (SIZE // 40),
    "a long diagnostic": STATUS + b"Final-Recipient: x;a@b.example\nDiagnostic-Code: " + b"5.1.1 a.b-" * (SIZE // 10),
    "labels": SERVER + b"\n" + b"message to   " * (SIZE // 13),
    "markers": SERVER + b"\n" + b"original message:\n" * (SIZE // 18),
    "encoded words": b"Subject: " + b"=?" * (SIZE // 2),
    "answers": b"Subject: " + b"re: " * (SIZE // 4),
    "references": SERVER + b"References: " + b"<a@" * (SIZE // 3),
    "switches": SERVER + b"Content-Type: text/plain; charset=iso-2022-jp\n\n" + b"\x1b$B" * (SIZE // 3),
    "lists in lists": b'\n{"notificationType":' + b"[" * SIZE,
    "objects in objects": b'\n{"notificationType":' + b'{"a":' * (SIZE // 5),
}
CHARSETS = ("idna", "punycode", "zip", "hex", "rot13", "unicode_escape", "utf-99", "utf-8\0", "", "x" * 5_000)


@pytest.mark.parametrize("name", MAILS)
def test_a_megabyte_made_to_hurt_takes_less_than_a_second(name: str) -> None:
    begun = time.process_time()
    notice = read(MAILS[name])
    assert time.process_time() - begun < 1
    assert len(notice.recipients) <= 100


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-unknown", ""])
def test_lies_about_charset_and_encoding_stop_nothing(charset: str, encoding: str) -> None:
    more = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n"
    notice = read(written(f"<{READER}>: caf\xe9 user unknown \xff=ZZ=", more=more))
    assert notice.kind in {Kind.HARD, Kind.SOFT, Kind.OTHER}


def test_no_more_than_a_megabyte_is_read() -> None:
    assert read(SERVER + b"\n" + b"x\n" * SIZE + f"<{READER}>: user unknown".encode()).recipients == ()


def test_a_reason_is_one_clean_line() -> None:
    notice = read(status_report(failed("5.1.1", "550 \x1b[31mno\u202e such\x00 user")))
    assert notice.reason.isprintable()
    assert "\x1b" not in notice.reason
    assert "\u202e" not in notice.reason


@given(st.binary(max_size=3_000))
def test_any_bytes_give_a_notice(raw: bytes) -> None:
    assert isinstance(read(raw).kind, Kind)


@given(
    st.sampled_from([status_report(failed("5.1.1", "550 no such user")), abuse("Feedback-Type: abuse"), written("no")]),
    st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=12)), max_size=8),
)
def test_any_damage_gives_a_notice_of_clean_values(mail: bytes, damages: list[tuple[int, bytes]]) -> None:
    damaged = bytearray(mail)
    for at, put in damages:
        damaged[at : at + len(put)] = put
    notice = read(bytes(damaged))
    assert not any(category(character) == "Cc" for character in notice.reason)
    assert len(notice.reason) <= 300
    for address in (*notice.recipients, *notice.return_paths):
        assert address == address.lower()
        assert address.count("@") == 1
        assert not any(character.isspace() for character in address)


@given(st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_line_ends_and_a_mailbox_line_change_nothing(end: str, boxed: bool) -> None:  # noqa: FBT001  drawn, not chosen by a caller
    mail = status_report(failed("5.1.1", "550 no such user")).replace(b"\n", end.encode())
    notice = read(b"From MAILER-DAEMON Sun Nov 22 07:00:00 2026" + end.encode() + mail if boxed else mail)
    assert (notice.kind, notice.recipients, notice.return_paths) == (Kind.HARD, (READER,), (OURS,))
