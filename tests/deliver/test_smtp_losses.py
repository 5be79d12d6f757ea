import pytest

from digest.core.errors import DeliveryError
from digest.core.mail import SendState
from digest.core.runfile import Phase
from mail_queue import Queue, deliver, mail, mails
from scripted_relay import CLOSE, HANG, TAKE_AND_CLOSE, ScriptedRelay, running


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "reply", ["421 4.3.2 closing", CLOSE, HANG, "250-no end" + "\r\n250-x" * 6000, "gibberish", "199 what"]
)
def test_a_connection_lost_before_the_body_is_opened_again_for_the_same_mail(command: str, reply: str) -> None:
    queue = mails(3)
    ready = "354 go" if command == "DATA" else "250 ok"
    with running(ScriptedRelay({command: [ready, reply]})) as relay:
        deliver(relay, queue)
        assert relay.connections == 2
    assert queue.states == [SendState.SENT] * 3
    assert relay.recipients == [f"r{number}@example.org" for number in range(3)]


def test_a_relay_that_takes_few_mails_a_connection_gets_all() -> None:
    queue = mails(12)
    with running(ScriptedRelay({"MAIL": ["250 ok", "250 ok", "421 4.7.0 enough"] * 5})) as relay:
        deliver(relay, queue)
        assert relay.connections == 6
    assert queue.states == [SendState.SENT] * 12
    assert len(relay.taken) == 12


def test_a_relay_that_closes_again_and_again_stops_the_run() -> None:
    queue = mails(12)
    with running(ScriptedRelay({"RCPT": ["250 ok", *["421 4.3.2 overloaded"] * 9]})) as relay:
        with pytest.raises(DeliveryError, match=r"^relay 127.0.0.1:\d+: it said 421 4.3.2 overloaded$"):
            deliver(relay, queue)
        assert relay.connections == 4
    assert queue.states == [SendState.SENT] + [SendState.QUEUED] * 11
    assert queue.phases == [Phase.SENT] + [Phase.NOT_BEGUN] * 11


def test_a_relay_that_is_gone_stops_the_run() -> None:
    queue = mails(2)
    with running(ScriptedRelay()) as relay:
        pass
    with pytest.raises(DeliveryError, match="connection refused"):
        deliver(relay, queue)
    assert queue.states == [SendState.QUEUED] * 2


@pytest.mark.parametrize("reply", [CLOSE, TAKE_AND_CLOSE, HANG, "gibberish", "354 what"])
def test_no_reply_to_a_whole_mail_is_uncertain_and_never_sent_again(reply: str) -> None:
    queue = mails(3)
    with running(ScriptedRelay({"END": ["250 ok", reply]})) as relay:
        deliver(relay, queue)
        assert relay.connections == 2
        assert relay.count("RCPT TO:<r1@") == 1
    assert queue.states == [SendState.SENT, SendState.UNCERTAIN, SendState.SENT]
    assert relay.recipients.count("r1@example.org") == (reply == TAKE_AND_CLOSE)
    assert reply == "354 what" or queue.settled[1].reply.startswith("no reply to the whole mail: ")


def test_a_relay_that_never_answers_a_whole_mail_stops_the_run() -> None:
    queue = mails(8)
    script = {"END": [TAKE_AND_CLOSE] * 9}
    with (
        running(ScriptedRelay(script)) as relay,
        pytest.raises(DeliveryError, match="mails go without an answer: no reply to the whole mail"),
    ):
        deliver(relay, queue)
    assert queue.states == [SendState.UNCERTAIN] * 4 + [SendState.QUEUED] * 4


def test_a_relay_that_closes_at_the_end_of_a_mail_refuses_it_for_now() -> None:
    queue = mails(2)
    with running(ScriptedRelay({"END": ["421 4.3.2 closing"]})) as relay:
        deliver(relay, queue)
        assert relay.connections == 2
    assert queue.states == [SendState.DEFERRED, SendState.SENT]


@pytest.mark.parametrize("reply", [CLOSE, "421 4.3.2 closing", "500 5.5.1 what"])
def test_a_relay_that_does_not_reset_gets_a_new_connection(reply: str) -> None:
    queue = mails(2)
    with running(ScriptedRelay({"RCPT": ["550 5.1.1 no"], "RSET": [reply]})) as relay:
        deliver(relay, queue)
        assert relay.connections == 2
    assert queue.states == [SendState.FAILED, SendState.SENT]


def test_a_relay_that_drops_inside_a_mail_has_not_got_it_and_gets_it_again() -> None:
    queue = Queue([mail(1, *[b"0123456789abcdef\r\n"] * 500_000), mail(2)])
    with running(ScriptedRelay(drops_inside=1)) as relay:
        deliver(relay, queue)
        assert relay.connections == 2
    assert queue.states == [SendState.SENT] * 2
    assert relay.recipients == ["r1@example.org", "r2@example.org"]
