import threading
import time
from collections.abc import Sequence
from itertools import pairwise

import pytest

from digest.core import runfile
from digest.core.errors import DeliveryError, StoreError
from digest.core.mail import Batch, Claim, Exchange, Result, SendState, Wanted
from digest.core.runfile import Phase
from digest.deliver import smtp
from digest.deliver._relay import Relay, Security
from digest.deliver._wire import Patience
from mail_queue import QUICK, Queue, all_of, begun, deliver, mails
from scripted_relay import CLOSE, ScriptedRelay, running

SENT, QUEUED = SendState.SENT, SendState.QUEUED


def helpers() -> int:
    return sum(thread.name.startswith("opening") for thread in threading.enumerate())


def send(relay: ScriptedRelay, queue: Queue, exchange: Exchange, wanted: Wanted = all_of, connections: int = 4) -> None:
    target = Relay(security=Security.NONE, host="127.0.0.1", port=relay.port)
    with begun(queue) as (run, _):
        smtp.send(target, exchange, wanted, run, lambda: False, QUICK, connections)


@pytest.mark.parametrize("features", [(), ("PIPELINING",)])
def test_many_connections_carry_each_mail_once(features: tuple[str, ...]) -> None:
    queue = mails(1_200)
    with running(ScriptedRelay(features=features)) as relay:
        deliver(relay, queue, connections=8)
        assert 2 <= max(relay.crowd) <= 8
    assert queue.states == [SENT] * 1_200
    assert queue.phases == [Phase.SENT] * 1_200
    assert sorted(relay.recipients) == sorted(f"r{number}@example.org" for number in range(1_200))
    assert helpers() == 0


def test_no_more_than_a_batch_is_claimed_at_once_and_results_come_back_meanwhile() -> None:
    queue = mails(1_200)
    with running(ScriptedRelay()) as relay:
        deliver(relay, queue, connections=2)
    assert max(queue.batches) == 500
    assert sum(queue.batches) == 1_200


def test_no_more_connections_are_opened_than_there_are_mails() -> None:
    with running(ScriptedRelay(pause=0.02)) as relay:
        deliver(relay, mails(3), connections=8)
        assert relay.connections <= 3


def test_results_are_given_back_within_a_second_or_so() -> None:
    queue = mails(100)
    given: list[float] = []

    def exchange(results: Sequence[Result], want: int) -> Batch:
        given.append(time.monotonic())
        return queue.exchange(results, want)

    with running(ScriptedRelay(features=(), pause=0.007)) as relay:
        send(relay, queue, exchange, connections=1)
    assert queue.states == [SENT] * 100
    assert max(later - sooner for sooner, later in pairwise(given)) < 1.6


def test_a_relay_that_bears_few_connections_gets_few_and_all_mails() -> None:
    queue = mails(200)
    with running(ScriptedRelay(room=2, pause=0.002)) as relay:
        deliver(relay, queue, Patience(reconnect=(0, 0.05, 0.1), quiet=30), connections=8)
        assert max(relay.crowd) <= 2
        # Eight at first, then half as many and half again, not eight time and again.
        assert relay.connections <= 20
    assert queue.states == [SENT] * 200


@pytest.mark.parametrize("features", [(), ("PIPELINING",)])
def test_a_relay_that_says_421_gets_half_as_many_connections(features: tuple[str, ...]) -> None:
    queue = mails(600)
    script = {"MAIL": ["250 ok"] * 100 + ["421 4.7.0 slow down"]}
    with running(ScriptedRelay(script, features=features, pause=0.002)) as relay:
        deliver(relay, queue, Patience(quiet=30), connections=8)
        assert max(relay.crowd[:90]) > 4
        assert max(relay.crowd[-200:]) <= 4
    assert queue.states == [SENT] * 600


def test_after_a_quiet_while_there_is_one_connection_more() -> None:
    queue = mails(300)
    script = {"MAIL": ["250 ok"] * 8 + ["421 4.7.0 slow down"]}
    with running(ScriptedRelay(script, features=(), pause=0.001)) as relay:
        deliver(relay, queue, Patience(reconnect=(0, 0.01, 0.1), quiet=0.1), connections=4)
        assert relay.connections >= 5
    assert queue.states == [SENT] * 300


def test_a_mail_that_breaks_each_connection_fails_once_others_went_through() -> None:
    queue = mails(6)
    with running(ScriptedRelay(refused={"r0@example.org": CLOSE})) as relay:
        deliver(relay, queue)
        assert relay.count("RCPT TO:<r0@") == 3
    assert queue.states == [SendState.FAILED] + [SENT] * 5
    assert queue.settled[0].reply == "the connection broke at it 3 times: it closed the connection"
    assert queue.phases == [Phase.REFUSED] + [Phase.SENT] * 5


def test_a_mail_that_is_told_to_wait_each_time_is_deferred() -> None:
    queue = mails(6)
    with running(ScriptedRelay(refused={"r0@example.org": "421 4.7.0 not this one"})) as relay:
        deliver(relay, queue, connections=2)
    assert queue.states == [SendState.DEFERRED] + [SENT] * 5


def test_when_the_next_mail_breaks_too_it_is_the_relay() -> None:
    queue = mails(6)
    with running(ScriptedRelay({"RCPT": [CLOSE] * 9})) as relay:
        with pytest.raises(DeliveryError, match=r"^relay 127\.0\.0\.1:\d+: it closed the connection$"):
            deliver(relay, queue)
        assert (relay.count("RCPT TO:<r0@"), relay.count("RCPT TO:<r1@")) == (3, 1)
    assert queue.states == [QUEUED] * 6
    assert queue.phases == [Phase.NOT_BEGUN] * 6


def test_a_mail_that_breaks_connections_alone_is_tried_later() -> None:
    queue = mails(1)
    with running(ScriptedRelay(refused={"r0@example.org": CLOSE})) as relay:
        deliver(relay, queue)
    assert queue.states == [SendState.DEFERRED]


def broken_exchange(queue: Queue, times: int) -> Exchange:
    def exchange(results: Sequence[Result], want: int) -> Batch:
        if len(queue.batches) == times:
            raise StoreError("disk full")
        return queue.exchange(results, want)

    return exchange


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_ledger_that_fails_ends_all_couriers(times: int) -> None:
    queue = mails(2_000)
    with running(ScriptedRelay()) as relay, pytest.raises(StoreError, match="disk full"):
        send(relay, queue, broken_exchange(queue, times))
    assert helpers() == 0
    assert len(relay.taken) < 2_000


def test_a_ledger_that_cannot_say_what_is_wanted_ends_the_run() -> None:
    queue = mails(20)
    with running(ScriptedRelay()) as relay, begun(queue) as (run, folder):

        def exchange(results: Sequence[Result], want: int) -> Batch:
            claimed = queue.exchange(results, want)
            runfile.changed(folder)
            return claimed

        def wanted(claims: Sequence[Claim]) -> Sequence[Claim]:
            raise StoreError(f"locked for {len(claims)}")

        target = Relay(security=Security.NONE, host="127.0.0.1", port=relay.port)
        with pytest.raises(StoreError, match="locked"):
            smtp.send(target, exchange, wanted, run, lambda: False, QUICK, 2)
    assert relay.taken == []
    assert queue.states == [QUEUED] * 20
    assert helpers() == 0


def test_a_mail_about_to_leave_is_given_back_when_the_ledger_fails_at_the_next() -> None:
    queue, asked = mails(3), list[int]()
    with running(ScriptedRelay()) as relay, begun(queue) as (run, folder):

        def exchange(results: Sequence[Result], want: int) -> Batch:
            batch = queue.exchange(results, want)
            if batch.mails:
                runfile.changed(folder)
            return batch

        def wanted(claims: Sequence[Claim]) -> Sequence[Claim]:
            asked.append(len(claims))
            if len(asked) == 3:
                raise StoreError("locked")
            runfile.changed(folder)
            return claims

        target = Relay(security=Security.NONE, host="127.0.0.1", port=relay.port)
        with pytest.raises(StoreError, match="locked"):
            smtp.send(target, exchange, wanted, run, lambda: False, QUICK, 1)
    assert asked == [3, 1, 2]  # all that wait, the first once more before it leaves, those behind it
    assert queue.states == [QUEUED] * 3
    assert queue.phases == [Phase.NOT_BEGUN] * 3


def test_a_trouble_of_one_connection_stops_all_and_waits_for_what_is_in_flight() -> None:
    queue = mails(100)
    refused = {"r50@example.org": "530 5.7.0 authentication required"}
    with running(ScriptedRelay(refused=refused, pause=0.002)) as relay:
        with pytest.raises(DeliveryError, match=r"530 5\.7\.0 authentication required"):
            deliver(relay, queue, connections=4)
        assert helpers() == 0
    assert queue.states.count(SENT) == len(relay.taken)
    assert set(queue.states) == {SENT, QUEUED}
    assert len(queue.results) == 100
    assert all("530" in result.reply for result in queue.results if result.state is QUEUED)
