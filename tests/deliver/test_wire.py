"""What may have left when a connection breaks decides whether a mail is tried again."""

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver._loop import run
from digest.deliver._reply import Reply
from digest.deliver._stream import Secured
from digest.deliver._wire import Patience, Session, reason

BRIEF = Patience(command=0.3, block=0.3, end=0.3)


@pytest.fixture
def pair() -> Iterator[tuple[Session, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
        with near, far:
            yield Session(near, BRIEF), far


def drain(far: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        received += far.recv(65_536)
    return received


def test_chunks_that_do_not_fit_at_once_arrive_whole_and_in_order(pair: tuple[Session, socket.socket]) -> None:
    session, far = pair
    chunks = [bytes([number % 251]) * (number % 5_000) for number in range(6_000)]
    size = sum(map(len, chunks))
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(drain(far, size)))
    reader.start()
    run(session.send_chunks(chunks, size))
    reader.join()
    assert got == [b"".join(chunks)]
    assert session.accepted == size


def test_a_relay_that_takes_no_more_is_given_up_with_what_it_took(pair: tuple[Session, socket.socket]) -> None:
    session, far = pair
    chunks = [b"x" * 1_000_000] * 40
    with pytest.raises(TimeoutError) as failed:
        run(session.send_chunks(chunks, 40_000_000))
    assert reason(failed.value) == "it does not answer in time"
    assert 0 < session.accepted < 40_000_000
    assert len(drain(far, session.accepted)) == session.accepted


def test_of_a_block_under_tls_that_fails_all_may_have_left() -> None:
    near, far = socket.socketpair()
    with near, far:
        context = ssl.create_default_context()
        stream = Secured(context.wrap_socket(near, server_hostname="relay", do_handshake_on_connect=False))
        far.close()
        with pytest.raises(OSError, match=r"."):
            run(stream.send([b"x" * 1_000], 1_000, 0.3))
        stream.sock.close()
    assert stream.accepted == 1_000


@given(st.binary(max_size=80))
def test_a_reply_reads_alike_the_short_way_and_the_long(text: bytes) -> None:
    words = text.replace(b"\n", b"").strip()
    # A last empty line takes the long way and adds no word.
    assert Reply.read(250, words) == Reply.read(250, words + b"\n")


@pytest.mark.parametrize(
    "words", [b"2.0.0 ok queued as 1", b"2.0.0", b"ok", b"", b"2.0.0.1 x", b"3.0.0 x", b"2.0.1234 x"]
)
def test_an_enhanced_code_is_found_the_short_way_too(words: bytes) -> None:
    assert Reply.read(250, words) == Reply.read(250, words + b"\n")
