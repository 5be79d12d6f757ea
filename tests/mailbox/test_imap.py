"""A scripted server: what it may say, and what is asked of it."""

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from digest import mailbox
from digest.mailbox import imap
from digest.mailbox._server import parse
from digest.mailbox._wire import Patience
from scripted_imap import ScriptedImap, running


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", "c4nary")


def nothing(_letter: str) -> bool:
    return False


def read(server: ScriptedImap, known: Callable[[str], bool] = nothing) -> list[mailbox.Letter]:
    """A reading that marks every letter."""
    with mailbox.reading(server.target, Path()) as box:
        letters = []
        for letter in box.letters(known):
            letters.append(letter)
            box.handled(letter)
        return letters


def test_letters_are_read_without_being_seen_and_ours_are_marked() -> None:
    with running({}) as server:
        letters = read(server)
    assert [(letter.data, letter.size) for letter in letters] == [(b"hi", 2)] * 3
    assert server.of("UID") == [
        "UID SEARCH 1:* UNKEYWORD $Digest UNDELETED",
        *(
            command
            for uid in (11, 12, 13)
            for command in (
                f"UID FETCH {uid} (RFC822.SIZE BODY.PEEK[]<0.1048576>)",
                rf"UID STORE {uid} +FLAGS.SILENT (\Seen $Digest)",
            )
        ),
    ]
    assert server.commands[-1] == "LOGOUT"


def test_of_what_is_known_not_a_byte_is_asked_for() -> None:
    with running({}) as server:
        known = {letter.id for letter in read(server)}
        asked = len(server.of("UID FETCH"))
        assert read(server, known.__contains__) == []
    assert len(known) == 3
    assert len(server.of("UID FETCH")) == asked


def test_other_folders_and_new_numbers_make_other_ids() -> None:
    with running({}) as server:
        ids = {letter.id for letter in read(server)}
        server.replies = {"SELECT": "* 3 EXISTS\r\n* OK [UIDVALIDITY 8] ok\r\n{tag} OK done\r\n"}
        assert ids.isdisjoint(letter.id for letter in read(server))
    keys = {
        parse(f"imaps://{each}").key for each in ("a@h/INBOX", "b@h/INBOX", "a@i/INBOX", "a@h/x", "a@h/inbox", "a@h")
    }
    assert len(keys) == 4


def test_where_there_are_no_keywords_what_is_seen_is_left_out() -> None:
    replies = {
        "SELECT": "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [PERMANENTFLAGS (\\Seen)] ok\r\n{tag} OK done\r\n"
    }
    with running(replies) as server:
        read(server)
    assert server.of("UID SEARCH") == ["UID SEARCH 1:* UNSEEN UNDELETED"]
    assert server.of("UID STORE 11") == [r"UID STORE 11 +FLAGS.SILENT (\Seen)"]


def test_an_empty_folder_is_not_searched() -> None:
    with running({"SELECT": "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK done\r\n"}) as server:
        assert read(server) == []
    assert server.of("UID") == []


def test_a_large_folder_is_searched_in_parts_and_only_as_far_as_needed() -> None:
    def found(command: str) -> Iterable[bytes]:
        tag, _, _, window, *_ = command.split(" ")
        first = int(window.split(":")[0])
        yield b"* SEARCH %b\r\n" % b" ".join(b"%d" % (first + each) for each in range(700))
        yield f"{tag} OK done\r\n".encode()

    select = "* 50000 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK done\r\n"
    with running({"SELECT": select, "UID SEARCH": found}) as server:
        first = {letter.id for letter in read(server)}
        windows = [command.split(" ")[2] for command in server.of("UID SEARCH")]
        assert windows == ["1:20000", "20001:40000"]
        second = {letter.id for letter in read(server, first.__contains__)}
        assert [command.split(" ")[2] for command in server.of("UID SEARCH")[2:]] == [*windows, "40001:*"]
    assert len(first) == 1_000
    assert len(second) == 1_000
    assert first.isdisjoint(second)


@pytest.mark.parametrize(
    ("reply", "data"),
    [
        ("* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (BODY[]<0> {{2}}\r\nhi RFC822.SIZE 2 UID {uid})\r\n", b"hi"),
        ("* 1 FETCH (UID {uid} BODY[] {{2}}\r\nhi)\r\n* 4 EXISTS\r\n* 2 FETCH (FLAGS (a))\r\n", b"hi"),
        ('* 1 FETCH (UID {uid} RFC822.SIZE 0 BODY[]<0> "")\r\n', b""),
        ('* 1 FETCH (UID {uid} RFC822.SIZE 4 BODY[]<0> "a\\"\\\\b")\r\n', b'a"\\b'),
        ("* 1 FETCH (UID {uid} RFC822.SIZE 0 BODY[]<0> NIL)\r\n", b""),
        ("* 1 FETCH (UID {uid} BODY[]<0> {{12}}\r\n UID 5 BODY[])\r\n", b" UID 5 BODY["),
    ],
)
def test_an_answer_is_understood_in_each_form_it_may_have(reply: str, data: bytes) -> None:
    with running({"UID FETCH": reply.replace("12}}", "12}}") + "{tag} OK done\r\n"}) as server:
        assert [letter.data for letter in read(server)] == [data] * 3


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "* 1 FETCH (UID {uid} FLAGS (\\Seen))\r\n",
        "* 1 FETCH (UID 99 BODY[]<0> {{2}}\r\nhi)\r\n",
        "* 1 FETCH (BODY[]<0> {{2}}\r\nhi)\r\n",
    ],
)
def test_a_letter_that_has_gone_or_is_another_is_passed_over(reply: str) -> None:
    with running({"UID FETCH": reply + "{tag} OK done\r\n"}) as server:
        assert read(server) == []
    assert len(server.of("UID FETCH")) == 3


def test_a_letter_that_cannot_be_read_or_marked_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    def fetched(command: str) -> Iterable[bytes]:
        tag, _, _, uid, *_ = command.split(" ")
        if uid == "12":
            yield f"{tag} NO [SERVERBUG] broken\x1b[2J\r\n".encode()
        else:
            yield f"* 1 FETCH (UID {uid} BODY[] {{2}}\r\nhi)\r\n{tag} OK done\r\n".encode()

    with running({"UID FETCH": fetched, "UID STORE": "{tag} NO no room\r\n"}) as server:
        assert len(read(server)) == 2
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert ["cannot be read: [SERVERBUG] broken" in line for line in told] == [False, True, False]
    assert ["cannot be marked: no room" in line for line in told] == [True, False, True]
    assert all(line.isprintable() for line in told)


def test_what_is_longer_than_was_asked_for_is_cut() -> None:
    data = b"x" * ((1 << 20) + 9)
    with running(
        {"UID FETCH": "* 1 FETCH (UID {uid} BODY[]<0> {{1048585}}\r\n" + data.decode() + ")\r\n{tag} OK done\r\n"}
    ) as server:
        letters = read(server)
    assert [(len(letter.data), letter.size) for letter in letters] == [(1 << 20, len(data))] * 3


def test_when_time_is_over_the_rest_is_for_the_next_reading() -> None:
    with running({}) as server, imap.visit(parse(server.target), Patience(total=0)) as box:
        assert list(box.letters(nothing)) == []
    assert server.of("UID") == []

    def slow(_letter: str) -> bool:
        time.sleep(0.4)
        return False

    with running({}) as server, imap.visit(parse(server.target), Patience(total=0.2)) as box:
        assert list(box.letters(slow)) == []
    assert len(server.of("UID")) == 1
