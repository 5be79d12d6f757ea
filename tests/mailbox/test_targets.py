"""What names a mailbox, and what does not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import mailbox
from digest.mailbox._server import Security, Server, parse, quoted


@pytest.mark.parametrize(
    "target",
    [
        "imaps://bounces@mail.example.org/INBOX",
        "imaps://bounces@example.org@mail.example.org",
        "IMAPS://bounces%40example.org@[2001:db8::1]:1993/Lists%2FBounces",
        "imap+plain://me@127.0.0.1:1143/INBOX",
        "imap+plain://me@localhost",
        "imap+plain://me@[::1]:143/",
        "maildir:mail/bounces",
        "maildir:/var/mail/a:b",
        "mail/bounces",
        "/var/mail/a:b",
        "./imap:x",
        "-",
    ],
)
def test_these_are_mailboxes(target: str) -> None:
    mailbox.check_target(target)


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("", "maildir:FOLDER"),
        ("maildir:", "maildir:FOLDER"),
        ("a\0b", "maildir:FOLDER"),
        ("pop3://me@mail.example.org", "imaps://user@host/INBOX, maildir:FOLDER, a Maildir's path or -"),
        ("imap://me@mail.example.org", "imaps://user@host/INBOX"),
        ("imaps:", "imaps://user@host:993/INBOX (TLS)"),
        ("imaps://mail.example.org/INBOX", "the user before the @ is missing"),
        ("imaps://@mail.example.org/INBOX", "the user before the @ is missing"),
        ("imaps://me@/INBOX", "imaps://user@host:993/INBOX"),
        ("imaps://me@mail.example.org:0/INBOX", "imaps://user@host:993/INBOX"),
        ("imaps://me@mail.example.org:/INBOX", "imaps://user@host:993/INBOX"),
        ("imaps://me@mail.example.org:99999/INBOX", "imaps://user@host:993/INBOX"),
        ("imaps://me@mail.example.org/INBOX?x", "imaps://user@host:993/INBOX"),
        ("imaps://me@mail.example.org/INBOX#x", "imaps://user@host:993/INBOX"),
        ("imaps://me@mail.example.org/IN%0D%0ABOX", "imaps://user@host:993/INBOX"),
        ("imaps://m%00e@mail.example.org/INBOX", "imaps://user@host:993/INBOX"),
        ("imaps://m%FFe@mail.example.org/INBOX", "imaps://user@host:993/INBOX"),
        ("imaps://me@mail.example.org/IN BOX", "spaces and control characters as %20"),
        ("imaps://me@ma_il..example.org/INBOX", "imaps://user@host:993/INBOX"),
        ("imaps://me@[fe80::1%25eth0]/INBOX", "imaps://user@host:993/INBOX"),
        ("imap+plain://me@mail.example.org/INBOX", "allowed are localhost, 127.0.0.1 and [::1]"),
        ("imap+plain://me@localhost.example.org/INBOX", "allowed are localhost, 127.0.0.1 and [::1]"),
    ],
)
def test_anything_else_is_told_what_is_allowed(target: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=r"allowed (is|are)") as caught:
        mailbox.check_target(target)
    assert allowed in str(caught.value)
    with pytest.raises(ValueError, match=r"allowed (is|are)"), mailbox.reading(target, Path()):
        pass


@pytest.mark.parametrize("target", ["imaps://me:c4nary@mail.example.org/INBOX", "imap+plain://me:c4nary@127.0.0.1"])
def test_a_password_in_the_address_is_refused_and_not_repeated(target: str) -> None:
    with pytest.raises(ValueError, match="set DIGEST_IMAP_PASSWORD in the environment") as caught:
        mailbox.check_target(target)
    assert "c4nary" not in str(caught.value)


def test_an_address_says_where_whose_and_which_folder() -> None:
    server = parse("imaps://b%C3%BC%40example.org@mäil.example.org/Lists/Rück%20läufer")
    assert server == Server(
        security=Security.TLS,
        host="xn--mil-qla.example.org",
        port=993,
        user="bü@example.org",
        folder="Lists/Rück läufer",
    )
    assert str(server) == "mailbox xn--mil-qla.example.org:993"
    assert str(parse("imap+plain://me@[::1]")) == "mailbox [::1]:143"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("INBOX", '"INBOX"'),
        ('a "b" \\c', r'"a \"b\" \\c"'),
        ("~peter/mail/台北/日本語", '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'),  # RFC 3501 5.1.3
        ("a&b", '"a&-b"'),
        ("&ü", '"&-&APw-"'),
        ("😀", '"&2D3eAA-"'),
    ],
)
def test_a_folders_name_is_sent_as_servers_know_it(name: str, sent: str) -> None:
    assert quoted(name) == sent


@given(st.text())
def test_whatever_stands_there_is_a_mailbox_or_a_sentence(target: str) -> None:
    try:
        mailbox.check_target(target)
    except ValueError as error:
        said = str(error)
    else:
        said = "allowed"
    assert "allowed" in said or "DIGEST_IMAP_PASSWORD" in said


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_what_is_sent_stays_one_quoted_string(name: str) -> None:
    sent = quoted(name)
    assert sent.isascii()
    assert sent.isprintable()
    assert '"' not in sent[1:-1].replace("\\\\", "").replace('\\"', "")
