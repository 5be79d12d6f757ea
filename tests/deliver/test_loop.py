"""Tasks go on when what they wait for has come, and none keeps another one waiting."""

import math
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.deliver._loop import READ, WRITE, Loop, in_thread, ready, run, rung


def turned(loop: Loop, seconds: float = 5) -> None:
    """Turn until all tasks have ended."""
    end = time.monotonic() + seconds
    while len(loop):
        assert time.monotonic() < end
        loop.turn()


async def read(sock: socket.socket, seconds: float) -> bytes:
    await ready(sock, READ, time.monotonic() + seconds)
    return sock.recv(100)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12).flatmap(lambda count: st.permutations(range(count))))
def test_every_task_gets_what_was_sent_to_its_own_socket(order: list[int]) -> None:
    with ExitStack() as stack:
        pairs = [[stack.enter_context(sock) for sock in socket.socketpair()] for _ in order]
        got: dict[int, bytes] = {}

        async def reader(number: int) -> None:
            got[number] = await read(pairs[number][0], 5)

        loop = Loop()
        for number in sorted(order):
            loop.start(reader(number))
        assert len(loop) == len(order)
        for number in order:
            pairs[number][1].send(b"%d" % number)
        turned(loop)
    assert got == {number: b"%d" % number for number in order}
    assert loop.errors == []


def test_who_waits_too_long_is_told_and_the_others_are_not() -> None:
    (silent, far), (busy, other) = socket.socketpair(), socket.socketpair()
    got: list[bytes] = []

    async def reader(sock: socket.socket, seconds: float) -> None:
        got.append(await read(sock, seconds))

    with silent, far, busy, other:
        loop = Loop()
        loop.start(reader(silent, 0.05))
        loop.start(reader(busy, 5))
        while not loop.errors:
            loop.turn()
        other.send(b"late")
        turned(loop)
    assert got == [b"late"]
    assert [type(error) for error in loop.errors] == [TimeoutError]


def test_what_came_in_time_counts_though_the_loop_itself_was_held_up() -> None:
    near, far = socket.socketpair()
    got: list[bytes] = []

    async def reader() -> None:
        got.append(await read(near, 0.05))

    with near, far:
        loop = Loop()
        loop.start(reader())
        far.send(b"in time")
        time.sleep(0.3)  # as a ledger on a slow disk does
        turned(loop)
    assert (got, loop.errors) == ([b"in time"], [])


def test_what_came_in_time_counts_though_another_task_held_the_loop_up() -> None:
    (slow, far), (near, other) = socket.socketpair(), socket.socketpair()
    got: list[bytes] = []

    async def sleeper() -> None:
        await read(slow, 5)
        other.send(b"in time")
        time.sleep(0.3)  # noqa: ASYNC251  it is to hold the loop up

    async def reader() -> None:
        got.append(await read(near, 0.15))

    with slow, far, near, other:
        loop = Loop()
        loop.start(sleeper())
        loop.start(reader())
        far.send(b"x")
        turned(loop)
    assert (got, loop.errors) == ([b"in time"], [])


def test_a_socket_that_takes_no_more_is_waited_for_until_it_does() -> None:
    near, far = socket.socketpair()
    near.settimeout(0)
    far.settimeout(0)

    async def writer() -> None:
        while True:
            try:
                near.send(b"x" * 65_536)
            except BlockingIOError:
                break
        await ready(near, WRITE, time.monotonic() + 5)
        near.send(b"x")

    async def reader() -> None:
        while await read(far, 5):
            pass

    with near, far:
        loop = Loop()
        loop.start(writer())
        assert len(loop) == 1
        loop.start(reader())
        while len(loop) == 2:
            loop.turn()
        near.close()
        turned(loop)
    assert loop.errors == []


@pytest.mark.parametrize(("until", "is_rung"), [(0.05, False), (math.inf, True)])
def test_a_bell_wakes_all_who_listen_and_so_does_their_time(until: float, *, is_rung: bool) -> None:
    woken: list[int] = []
    moment = time.monotonic() + until

    async def listener(number: int) -> None:
        await rung(moment)
        woken.append(number)

    loop = Loop()
    for number in range(3):
        loop.start(listener(number))
    loop.turn() if is_rung else None
    assert woken == []
    if is_rung:
        loop.ring()
        loop.turn()
        assert woken == [0, 1, 2]
    turned(loop)
    assert woken == [0, 1, 2]
    assert is_rung or time.monotonic() >= moment


def test_a_bell_that_nobody_heard_is_over() -> None:
    woken: list[bool] = []

    async def listener() -> None:
        await rung(math.inf)
        woken.append(True)

    loop = Loop()
    loop.ring()
    loop.turn()  # a bell that goes on ringing would keep the loop from ever waiting
    loop.start(listener())
    loop.turn()
    assert woken == []
    loop.ring()
    turned(loop)
    assert woken == [True]


def test_work_that_blocks_keeps_nobody_else_waiting() -> None:
    near, far = socket.socketpair()
    gate, order = threading.Event(), list[str]()

    async def blocked() -> None:
        order.append(await in_thread(lambda: "opened" if gate.wait(5) else "late"))

    async def reader() -> None:
        order.append((await read(near, 5)).decode())
        gate.set()

    before = threading.active_count()
    with near, far:
        loop = Loop()
        loop.start(blocked())
        loop.start(reader())
        far.send(b"read")
        turned(loop)
    assert order == ["read", "opened"]
    assert threading.active_count() == before


def refused() -> str:
    raise ConnectionRefusedError("nobody")


async def given_back() -> str:
    return "given"


@pytest.mark.parametrize(
    ("work", "found"), [(given_back, "given"), (lambda: in_thread(refused), ConnectionRefusedError)]
)
def test_what_a_task_raises_or_gives_comes_back_to_who_runs_it(
    work: Callable[[], Awaitable[str]], found: str | type[Exception]
) -> None:
    async def waited() -> str:
        return await work()

    if isinstance(found, str):
        assert run(waited()) == found
    else:
        with pytest.raises(found):
            run(waited())
