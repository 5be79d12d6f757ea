"""What hinders a reading by IMAP is one line, in which no password stands."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from digest import mailbox
from scripted_imap import Reply, ScriptedImap, running

PASSWORD = "c4nary"  # noqa: S105  of nobody


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", PASSWORD)


def read(server: ScriptedImap) -> None:
    with mailbox.reading(server.target, Path()) as box:
        for letter in box.letters(lambda _: False):
            box.handled(letter)


def failure(replies: dict[str, Reply]) -> str:
    """What is said of a server with such replies."""
    with running(replies) as server, pytest.raises(mailbox.MailboxError) as caught:
        read(server)
    text = str(caught.value)
    assert text.isprintable()
    start = f"mailbox 127.0.0.1:{server.port}: "
    assert text.startswith(start)
    return text.removeprefix(start)


def test_a_server_without_auth_plain_hears_login_with_everything_quoted() -> None:
    with running({"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"}) as server:
        target = server.target.replace("//me@", "//m%22e%20x@").replace("INBOX", "a%22%20b%5C")
        with mailbox.reading(target, Path()):
            pass
    assert server.of("LOGIN") == [f'LOGIN "m\\"e x" "{PASSWORD}"']
    assert server.of("SELECT") == ['SELECT "a\\" b\\\\"']


@pytest.mark.parametrize("password", ["pässword", "two\r\nlines"])
def test_a_password_that_login_cannot_carry_does_not_leave(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", password)
    said = failure({"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"})
    assert said == "takes only a password of ASCII characters (DIGEST_IMAP_PASSWORD): no AUTH=PLAIN"


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ({"greeting": "* BYE too many\r\n"}, "it does not answer as it should: b'* BYE too many'"),
        ({"greeting": "220 smtp ready\r\n"}, "it does not answer as it should: unexpected response: b'220 smtp ready'"),
        ({"greeting": "* OK\r\n"}, "it does not answer as it should: "),
        ({"CAPABILITY": "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK done\r\n"}, "offers no log-in by password"),
        (
            {"secret": "{tag} NO [ALERT] come later\r\n"},
            "wrong user or password for me (DIGEST_IMAP_PASSWORD): [ALERT]",
        ),
        ({"SELECT": "{tag} NO no such folder\r\n"}, "cannot open the folder INBOX: no such folder"),
        ({"SELECT": "{tag} BAD what\r\n"}, "it does not answer as it should: SELECT command error: BAD [b'what']"),
        ({"SELECT": "* 3 EXISTS\r\n{tag} OK done\r\n"}, "it does not answer as it should: it names no UIDVALIDITY"),
        (
            {"SELECT": "* OK [UIDVALIDITY 7] ok\r\n{tag} OK done\r\n"},
            "it does not answer as it should: it names no EXISTS",
        ),
        (
            {"SELECT": "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK [READ-ONLY] done\r\n"},
            "me may not set flags in INBOX, without which letters cannot be marked as handled",
        ),
        ({"UID SEARCH": "{tag} NO busy\r\n"}, "it does not answer as it should: it refuses to search: busy"),
        ({"UID SEARCH": "* SEARCH 1 two\r\n{tag} OK done\r\n"}, "it answers a search with what are no numbers"),
        ({"UID FETCH": "* BYE going down\r\n"}, "it does not answer as it should: "),
    ],
)
def test_each_refusal_is_one_line(replies: dict[str, Reply], said: str) -> None:
    if replies == {"greeting": "* OK\r\n"}:
        replies = {**replies, "CAPABILITY": "{tag} OK done\r\n"}
    assert said in failure(replies)


@pytest.mark.parametrize(
    "line", ["{tag} NO {secret} is wrong\r\n", "{secret}\r\n", "+ {secret}\r\n", "* BYE {secret}\r\n"]
)
def test_a_server_that_repeats_the_password_puts_it_into_no_message(line: str) -> None:
    def echo(command: str) -> Iterable[bytes]:
        tag, secret = command.split(" ")
        for each in (secret, PASSWORD):
            yield line.format(tag=tag, secret=each).encode()
        raise ConnectionError("enough")

    with running({"secret": echo}) as server, pytest.raises(mailbox.MailboxError) as caught:
        read(server)
    assert server.commands[2] not in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_nobody_listening_and_no_such_host_are_clear() -> None:
    with running({}) as server:
        pass
    with pytest.raises(mailbox.MailboxError, match="nobody listens there"):
        read(server)
    with (
        pytest.raises(mailbox.MailboxError, match=r"cannot find the host nowhere\.invalid"),
        mailbox.reading("imaps://me@nowhere.invalid", Path()),
    ):
        pass
