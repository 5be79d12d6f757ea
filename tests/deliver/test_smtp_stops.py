import threading
import time
from collections.abc import Callable, Sequence

import pytest

from digest.core import runfile
from digest.core.mail import Batch, Claim, Result, SendState
from digest.core.runfile import Phase
from digest.deliver import smtp
from digest.deliver._relay import Relay, Security
from digest.deliver._wire import Patience
from mail_queue import QUICK, begun, deliver, mails
from scripted_relay import HANG, ScriptedRelay, running

SENT, QUEUED = SendState.SENT, SendState.QUEUED


@pytest.mark.parametrize("features", [(), ("PIPELINING",)])
@pytest.mark.parametrize("connections", [1, 4])
def test_after_a_stop_at_most_the_mails_in_flight_follow(features: tuple[str, ...], connections: int) -> None:
    queue = mails(300)
    target = Relay(security=Security.NONE, host="127.0.0.1", port=0)
    asked: list[int] = []
    before = 0

    with running(ScriptedRelay(features=features, pause=0.001)) as relay, begun(queue) as (run, folder):

        def stop() -> None:
            nonlocal before
            while len(relay.taken) < 40:
                time.sleep(0.001)
            runfile.changed(folder)
            before = len(relay.taken)

        def wanted(claims: Sequence[Claim]) -> Sequence[Claim]:
            asked.append(len(claims))
            return [claim for claim in claims if claim.subscriber == 299]

        stopper = threading.Thread(target=stop)
        stopper.start()
        target = Relay(security=Security.NONE, host="127.0.0.1", port=relay.port)
        smtp.send(target, queue.exchange, wanted, run, lambda: False, QUICK, connections)
        stopper.join()
    assert before <= len(relay.taken) <= before + connections + 1
    assert "r299@example.org" in relay.recipients
    assert queue.states.count(SENT) == len(relay.taken)
    assert queue.states.count(QUEUED) == 300 - len(relay.taken)
    assert {result.reply for result in queue.results if result.state is QUEUED} == {"no longer wanted"}
    # Once for all that is in hand, not once for each mail.
    assert len(asked) < 100
    assert all(taken.data for taken in relay.taken)


def test_a_change_while_mails_are_claimed_is_not_missed() -> None:
    queue = mails(5)
    with running(ScriptedRelay()) as relay, begun(queue) as (run, folder):

        def exchange(results: Sequence[Result], want: int) -> Batch:
            claimed = queue.exchange(results, want)
            runfile.changed(folder)
            return claimed

        target = Relay(security=Security.NONE, host="127.0.0.1", port=relay.port)
        smtp.send(target, exchange, lambda _: [], run, lambda: False, QUICK, 2)
    assert relay.taken == []
    assert queue.states == [QUEUED] * 5


def test_an_envelope_of_an_unwanted_mail_is_reset_where_data_was_not_sent() -> None:
    queue = mails(3)
    with running(ScriptedRelay(features=())) as relay, begun(queue) as (run, folder):
        asked: list[Sequence[Claim]] = []

        def exchange(results: Sequence[Result], want: int) -> Batch:
            claimed = queue.exchange(results, want)
            if claimed.mails:
                runfile.changed(folder)
            return claimed

        def wanted(claims: Sequence[Claim]) -> Sequence[Claim]:
            asked.append(claims)
            if len(asked) == 1:  # before the first envelope; the next change comes after it
                runfile.changed(folder)
                return claims
            return [claim for claim in claims if claim.subscriber]

        target = Relay(security=Security.NONE, host="127.0.0.1", port=relay.port)
        smtp.send(target, exchange, wanted, run, lambda: False, QUICK, 1)
        assert (relay.count("RSET"), relay.connections) == (1, 1)
    assert queue.states == [QUEUED, SENT, SENT]


def stopped_by(clock: float) -> Callable[[], bool]:
    return lambda: time.monotonic() > clock


@pytest.mark.parametrize("connections", [1, 5])
def test_a_signal_ends_idle_couriers_and_keeps_every_answer(connections: int) -> None:
    queue = mails(400)
    with running(ScriptedRelay(pause=0.002)) as relay:
        deliver(relay, queue, stopping=stopped_by(time.monotonic() + 0.3), connections=connections)
    assert queue.states.count(SENT) == len(relay.taken) > 0
    assert len(queue.results) == sum(queue.batches)
    assert set(queue.states) == {SENT, QUEUED}


@pytest.mark.parametrize("ends_at", [1, 10_000], ids=["stopped", "not stopped"])
def test_while_a_relay_takes_its_time_nobody_runs_in_circles(ends_at: int) -> None:
    queue, began, used = mails(1), time.monotonic(), time.process_time()
    with running(ScriptedRelay(pause=0.5)) as relay:
        deliver(relay, queue, Patience(), stopping=lambda: len(relay.commands) > ends_at, connections=3)
    assert time.process_time() - used < 0.3 * (time.monotonic() - began)
    assert queue.states == [SENT]


def test_a_stop_before_a_relay_that_never_greets_ends_at_once_and_gives_all_back() -> None:
    queue = mails(5)
    with running(ScriptedRelay({"greeting": [HANG] * 9})) as relay:
        began = time.monotonic()
        deliver(relay, queue, Patience(), stopping=stopped_by(began + 0.2), connections=3)
        assert time.monotonic() - began < 60  # not the five minutes that a greeting may take
    assert queue.states == [QUEUED] * 5
    assert queue.phases == [Phase.NOT_BEGUN] * 5


def test_after_a_stop_the_answer_to_a_mail_that_left_is_waited_for() -> None:
    queue = mails(4)
    with running(ScriptedRelay(features=(), pause=0.9)) as relay:  # 3.6 s a mail, longer than any grace
        deliver(relay, queue, Patience(), stopping=lambda: relay.count("DATA") > 0, connections=1)
    assert queue.states == [SENT, QUEUED, QUEUED, QUEUED]
