import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.errors import DeliveryError
from digest.core.mail import SendState
from digest.core.runfile import Phase
from digest.core.settings import Delivery
from digest.deliver import smtp
from digest.deliver._wire import Patience
from mail_queue import BODY, Queue, all_of, begun, deliver, mail, mails
from scripted_relay import CLOSE, ScriptedRelay, running


def test_every_mail_arrives_once(tmp_path: Path) -> None:
    queue = mails(25)
    with running(ScriptedRelay()) as relay:
        delivery = Delivery(to=f"smtp+plain://127.0.0.1:{relay.port}")
        with begun(queue) as (run, _):
            smtp.deliver(delivery, tmp_path, queue.exchange, all_of, run, lambda: False)
        assert sorted(relay.recipients) == sorted(f"r{number}@example.org" for number in range(25))
        assert 1 <= relay.connections <= 8
        assert relay.count("QUIT") == relay.connections
    assert queue.batches[0] == 25
    assert {taken.sender for taken in relay.taken} == {"bounces@example.org"}
    assert queue.states == [SendState.SENT] * 25
    assert {(result.code, result.reply.partition(" as ")[0]) for result in queue.results} == {("250 2.0.0", "queued")}
    assert queue.phases == [Phase.SENT] * 25


def test_nothing_to_send_opens_no_connection() -> None:
    with running(ScriptedRelay()) as relay:
        deliver(relay, mails(0))
        assert relay.connections == 0


@given(st.lists(st.sampled_from([b"\r\n", b"a.\r\n", b"word ", b"=\r\n", b""]), max_size=30))
def test_the_relay_gets_the_bytes_of_the_chunks(pieces: list[bytes]) -> None:
    chunks = [b"Subject: x\r\n\r\n", *pieces, b"\r\n"]
    queue = Queue([mail(1, *chunks), mail(2)])
    with running(ScriptedRelay()) as relay:
        deliver(relay, queue)
    assert [taken.data for taken in relay.taken] == [b"".join(chunks), BODY]
    assert relay.count("MAIL") == 2


def test_a_mail_of_more_chunks_than_one_call_takes_arrives_whole() -> None:
    chunks = [b"Subject: x\r\n\r\n", *(f"line {number}\r\n".encode() for number in range(5_000))]
    queue = mails(3, *chunks)
    with running(ScriptedRelay()) as relay:
        deliver(relay, queue)
    assert [taken.data for taken in relay.taken] == [b"".join(chunks)] * 3


def test_a_large_mail_arrives_whole() -> None:
    body = BODY + b"0123456789abcdef\r\n" * 60_000
    with running(ScriptedRelay()) as relay:
        deliver(relay, Queue([mail(1, body)]))
    assert relay.taken[0].data == body
    assert f"MAIL FROM:<bounces@example.org> SIZE={len(body)}" in relay.commands


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("jörg@example.org", "not ASCII"),
        ("a b@example.org", "no address"),
        ("a>@example.org", "no address"),
        ("a@example.org> NOTIFY=NEVER", "no address"),
        ("a\r\nRCPT TO:<b@example.org>", "no address"),
        ("a@exämple.org", "no address"),
        ("nobody", "no address"),
    ],
)
def test_an_address_that_cannot_stand_in_a_command_fails_alone(email: str, why: str) -> None:
    queue = Queue([mail(1, email=email), mail(2)])
    with running(ScriptedRelay()) as relay:
        deliver(relay, queue)
    assert queue.states == [SendState.FAILED, SendState.SENT]
    assert why in queue.settled[0].reply
    assert relay.count("RCPT") == 1


def test_a_sender_that_cannot_stand_in_a_command_stops_the_run() -> None:
    queue = Queue([mail(1, sender="a> SIZE=1")])
    with running(ScriptedRelay()) as relay:
        with pytest.raises(DeliveryError, match="cannot be the sender"):
            deliver(relay, queue)
        assert relay.count("MAIL") == 0
    assert queue.states == [SendState.QUEUED]


def test_the_null_sender_is_a_sender() -> None:
    with running(ScriptedRelay(features=())) as relay:
        deliver(relay, Queue([mail(1, sender="")]))
    assert "MAIL FROM:<>" in relay.commands


@pytest.mark.parametrize(
    ("command", "reply", "state"),
    [
        ("MAIL", "451 4.3.0 later", SendState.DEFERRED),
        ("RCPT", "450 4.7.1 greylisted", SendState.DEFERRED),
        ("RCPT", "550 5.1.1 no such user", SendState.FAILED),
        ("DATA", "451 4.3.0 later", SendState.DEFERRED),
        ("DATA", "554 5.5.1 no", SendState.FAILED),
        ("END", "451 4.3.0 queue full", SendState.DEFERRED),
        ("END", "552 5.3.4 too big", SendState.FAILED),
        ("END", "554 5.7.1 spam", SendState.FAILED),
        ("END", "250 2.6.0 ok", SendState.SENT),
        ("RCPT", "251 2.1.5 will forward", SendState.SENT),
    ],
)
def test_a_reply_is_for_one_mail_and_the_next_one_goes_on(command: str, reply: str, state: SendState) -> None:
    queue = mails(2)
    with running(ScriptedRelay({command: [reply]})) as relay:
        deliver(relay, queue)
        assert relay.connections == 1
        assert relay.count("RSET") == (state is not SendState.SENT and command != "END")
    assert queue.states == [state, SendState.SENT]
    if state is not SendState.SENT:
        code, _, text = reply.partition(" ")
        enhanced, _, words = text.partition(" ")
        assert (queue.settled[0].code, queue.settled[0].reply) == (f"{code} {enhanced}", words)
        assert relay.recipients == ["r1@example.org"]


def test_a_reply_of_many_lines_is_one_clean_line() -> None:
    long = "550-5.1.1 The account\x07\r\n550-5.1.1 does  not\r\n550-" + "x" * 2000 + "\r\n550 5.1.1 exist"
    queue = mails(1)
    with running(ScriptedRelay({"RCPT": [long]})) as relay:
        deliver(relay, queue)
    (result,) = queue.results
    assert result.code == "550 5.1.1"
    assert result.reply.startswith("The account does not xxx")
    assert len(result.reply) <= 500
    assert result.reply.isprintable()


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("MAIL", "550 5.1.8 sender refused"),
        ("MAIL", "552 5.3.4 too big"),
        ("MAIL", "530 5.7.0 authentication required"),
        ("RCPT", "530 5.7.0 authentication required"),
        ("RCPT", "535 5.7.8 log in"),
        ("DATA", "530 5.7.0 authentication required"),
    ],
)
def test_a_refusal_of_us_stops_the_run_and_keeps_the_queue(command: str, reply: str) -> None:
    queue = mails(12)
    with running(ScriptedRelay({command: ["250 ok", reply] if command != "DATA" else ["354 go", reply]})) as relay:
        with pytest.raises(DeliveryError, match=reply) as caught:
            deliver(relay, queue)
        assert relay.count("MAIL") == 2
    assert "\n" not in str(caught.value)
    assert queue.states == [SendState.SENT] + [SendState.QUEUED] * 11
    assert queue.phases == [Phase.SENT] + [Phase.NOT_BEGUN] * 11


def test_three_refusals_of_the_sender_for_now_stop_the_run() -> None:
    queue = mails(6)
    script = {"MAIL": ["250 ok", *["450 4.7.1 slow down"] * 3]}
    with running(ScriptedRelay(script)) as relay, pytest.raises(DeliveryError, match="time and again: 450"):
        deliver(relay, queue)
    assert queue.states == [SendState.SENT] + [SendState.DEFERRED] * 3 + [SendState.QUEUED] * 2


def test_refusals_of_the_sender_with_successes_between_do_not() -> None:
    queue = mails(8)
    with running(ScriptedRelay({"MAIL": ["450 4.7.1 slow", "450 4.7.1 slow", "250 ok"] * 2})) as relay:
        deliver(relay, queue)
    assert queue.states.count(SendState.DEFERRED) == 4
    assert queue.states.count(SendState.SENT) == 4


def test_a_relay_that_takes_only_smaller_mails_gets_none() -> None:
    queue = mails(3)
    with running(ScriptedRelay(features=["SIZE 20"])) as relay:
        with pytest.raises(DeliveryError, match=f"takes mails of at most 20 bytes, and this one has {len(BODY)}"):
            deliver(relay, queue)
        assert relay.count("MAIL") == 0
    assert queue.states == [SendState.QUEUED] * 3


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE many", "SIZE " + "9" * 5_000])
def test_a_relay_that_names_no_limit_has_none(size: str) -> None:
    queue = mails(1)
    with running(ScriptedRelay(features=[size])) as relay:
        deliver(relay, queue)
    assert queue.states == [SendState.SENT]


@pytest.mark.parametrize(("features", "sent"), [((), 4), (["PIPELINING"], 5)])
def test_stopping_finishes_what_is_in_flight_and_gives_the_rest_back(features: list[str], sent: int) -> None:
    queue = mails(12)
    with running(ScriptedRelay(features=features)) as relay:
        deliver(relay, queue, stopping=lambda: len(relay.taken) >= 4)
    assert queue.states == [SendState.SENT] * sent + [SendState.QUEUED] * (12 - sent)
    assert queue.phases == [Phase.SENT] * sent + [Phase.NOT_BEGUN] * (12 - sent)
    assert queue.batches == [12, 0]
    assert len(relay.taken) == sent


def test_stopping_does_not_wait_for_a_relay_that_is_gone() -> None:
    queue = mails(2)
    patience = Patience(reconnect=(60, 60, 60))
    started = time.monotonic()
    with running(ScriptedRelay({"MAIL": [CLOSE]})) as relay:
        deliver(relay, queue, patience, stopping=lambda: relay.count("MAIL") > 0 and time.monotonic() > started + 0.2)
    assert time.monotonic() - started < 5
    assert queue.states == [SendState.QUEUED] * 2
    assert {result.reply for result in queue.results} == {"stopped before it was begun"}
