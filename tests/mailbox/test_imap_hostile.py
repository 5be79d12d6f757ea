"""Servers that mean ill: each ends in one line, soon and without much memory."""

import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest import mailbox
from digest.mailbox import imap
from digest.mailbox._server import parse
from digest.mailbox._wire import Patience
from scripted_imap import Reply, running

STEPS = ("greeting", "CAPABILITY", "AUTHENTICATE", "secret", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE")
IMPATIENT = Patience(connect=2, command=0.2)


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", "c4nary")


def read(step: str, reply: Reply, patience: Patience = IMPATIENT) -> int:
    """How many letters are read and marked where the server says this at one step."""
    with running({step: reply}) as server, imap.visit(parse(server.target), patience) as box:
        count = 0
        for letter in box.letters(lambda _: False):
            box.handled(letter)
            count += 1
        return count


def failure(step: str, reply: Reply, patience: Patience = IMPATIENT) -> str:
    with pytest.raises(mailbox.MailboxError) as caught:
        read(step, reply, patience)
    assert str(caught.value).isprintable()
    return str(caught.value)


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def without_end(part: bytes) -> Callable[[str], Iterable[bytes]]:
    return lambda _command: repeat(part)


def dripping(command: str) -> Iterator[bytes]:
    for byte in chain.from_iterable(repeat(f"* {command}\r\n".encode())):
        yield bytes([byte])
        time.sleep(0.02)


@pytest.mark.parametrize("step", ["CAPABILITY", "secret", "SELECT", "UID FETCH"])
@pytest.mark.parametrize("part", [b"x" * 65_536, b"* OK\r\n" * 10_000, b"* A {65536}\r\n" + b"y" * 65_536 + b"\r\n"])
def test_an_answer_without_end_ends(step: str, part: bytes) -> None:
    with little_memory():
        said = failure(step, without_end(part), Patience(command=20))
    assert said.endswith(("its answer does not end", "it announces 65,536 bytes, for which no answer has room"))


@pytest.mark.parametrize("step", STEPS)
def test_a_literal_of_ten_gigabytes_is_refused_before_it_comes(step: str) -> None:
    with little_memory():
        said = failure(step, "* X {{10000000000}}\r\n", Patience(command=20))
    assert said.endswith("it announces 10,000,000,000 bytes, for which no answer has room")


@pytest.mark.parametrize("step", STEPS)
def test_a_literal_whose_length_is_no_length_is_refused(step: str) -> None:
    assert failure(step, "* X {{" + "9" * 5_000 + "}}\r\n")


@pytest.mark.parametrize("step", STEPS[1:])
@pytest.mark.parametrize("reply", ["", "* 1 FETCH (UID 11 BODY[] {{5}}\r\nhi", dripping])
def test_a_server_that_does_not_answer_in_time_is_left(step: str, reply: Reply) -> None:
    started = time.monotonic()
    assert failure(step, reply).endswith("it does not answer in time")
    assert time.monotonic() - started < 3


def test_a_greeting_that_does_not_come_is_not_waited_for() -> None:
    assert failure("greeting", "").endswith("it does not answer in time")


def test_challenges_without_end_end() -> None:
    assert failure("secret", "+ YWdhaW4=\r\n").endswith("it does not answer in time")
    assert failure("secret", without_end(b"+ \r\n"), Patience(command=20)).endswith("its answer does not end")


def test_a_count_without_end_costs_the_time_of_one_reading() -> None:
    select = "* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK done\r\n"
    with running({"SELECT": select, "UID SEARCH": "* SEARCH\r\n{tag} OK done\r\n"}) as server:
        started = time.monotonic()
        with imap.visit(parse(server.target), Patience(total=0.3)) as box:
            assert list(box.letters(lambda _: False)) == []
        assert time.monotonic() - started < 3


def test_numbers_that_are_told_again_and_again_are_a_thousand_letters() -> None:
    found = "* SEARCH " + " ".join(map(str, range(1, 100_000))) + "\r\n{tag} OK done\r\n"
    assert read("UID SEARCH", found, Patience()) == 1_000


WORDS = st.sampled_from(
    [
        *(
            b"* ",
            b"+ ",
            b"OK ",
            b"NO ",
            b"BYE ",
            b"FETCH ",
            b"SEARCH ",
            b"EXISTS ",
            b"\r\n",
            b"\n",
            b"{3}\r\n",
            b"{-1}",
        ),
        *(b"(", b")", b"[", b"]", b"UID 11 ", b"BODY[]<0> ", b'"', b"\\", b"[UIDVALIDITY 7] ", b"NIL ", b"\xff", b"\0"),
        *(b"CAPABILITY ", b"PREAUTH ", b"[READ-ONLY] ", b"[PERMANENTFLAGS (", b"0", b"12 ", b"%TAG "),
    ]
)
ANSWERS = st.lists(WORDS | st.binary(max_size=8), max_size=30).map(b"".join)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(step=st.sampled_from(STEPS), answer=ANSWERS, ends=st.booleans())
def test_whatever_a_server_says_is_letters_or_one_line(step: str, answer: bytes, *, ends: bool) -> None:
    def said(command: str) -> Iterator[bytes]:
        tag = command.partition(" ")[0].encode()
        yield answer.replace(b"%TAG", tag)
        if ends:
            yield b"\r\n" + tag + b" OK done\r\n"
        else:
            raise ConnectionError("enough")

    try:
        read(step, said)
    except mailbox.MailboxError as error:
        line = str(error)
    else:
        line = "mailbox 127.0.0.1:"
    assert line.isprintable()
    assert line.startswith("mailbox 127.0.0.1:")
