import pytest

from digest.core.mail import SendState
from digest.core.runfile import Phase
from digest.deliver import _courier
from mail_queue import BODY, QUICK, Queue, deliver, mail, mails
from scripted_relay import CLOSE, ScriptedRelay, running

LOCK_STEP = ("SIZE 10240000",)


def test_commands_arrive_before_the_replies_to_those_before_them() -> None:
    queue = mails(6)
    # Who waits for the reply to a mail before the next MAIL, RCPT and DATA would wait for ever.
    with running(ScriptedRelay(held=5)) as relay:
        deliver(relay, queue)
        assert relay.connections == 1
    assert queue.states == [SendState.SENT] * 6
    assert relay.recipients == [f"r{number}@example.org" for number in range(6)]


def test_a_relay_that_does_not_announce_it_is_asked_one_thing_at_a_time() -> None:
    queue = mails(3)
    with running(ScriptedRelay(features=LOCK_STEP)) as relay:
        deliver(relay, queue)
        verbs = [command.split(" ")[0].upper() for command in relay.commands]
    assert verbs == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]
    assert queue.states == [SendState.SENT] * 3
    # Together the commands would have come in spite of the refusal.
    with running(ScriptedRelay({"RCPT": ["550 5.1.1 no"]}, features=LOCK_STEP)) as relay:
        deliver(relay, mails(1))
        assert relay.count("DATA") == 0


def test_a_go_ahead_for_nobody_gets_a_lone_dot_and_the_connection_goes_on() -> None:
    queue = mails(3)
    script = {"RCPT": ["250 ok", "550 5.1.1 no such user"], "DATA": ["354 go", "354 go for nobody"]}
    with running(ScriptedRelay(script)) as relay:
        deliver(relay, queue)
        assert relay.connections == 1
        assert [taken.data for taken in relay.taken] == [BODY] * 2
    assert queue.states == [SendState.SENT, SendState.FAILED, SendState.SENT]
    assert (queue.settled[1].code, queue.settled[1].reply) == ("550 5.1.1", "no such user")
    assert queue.phases == [Phase.SENT, Phase.REFUSED, Phase.SENT]


@pytest.mark.parametrize("reply", [CLOSE, "421 4.3.2 closing", "250-" + "x" * 20_000])
def test_a_lone_dot_without_a_good_answer_costs_the_connection_alone(reply: str) -> None:
    queue = mails(2)
    with running(ScriptedRelay({"RCPT": ["550 5.1.1 no"], "DATA": ["354 go"], "END": [reply]})) as relay:
        deliver(relay, queue)
        assert relay.connections == 2
    assert queue.states == [SendState.FAILED, SendState.SENT]


def test_a_go_ahead_after_a_refused_sender_never_becomes_an_empty_mail() -> None:
    queue = mails(2)
    script = {"MAIL": ["451 4.3.0 later"], "RCPT": ["250 ok"], "DATA": ["354 go"]}
    with running(ScriptedRelay(script)) as relay:
        deliver(relay, queue)
        assert relay.connections == 2
        assert [taken.data for taken in relay.taken] == [BODY]
    assert queue.states == [SendState.DEFERRED, SendState.SENT]


def test_a_refusal_counts_also_when_the_connection_is_lost_after_it() -> None:
    queue = mails(2)
    with running(ScriptedRelay({"RCPT": ["550 5.1.1 no"], "DATA": [CLOSE]})) as relay:
        deliver(relay, queue)
        assert relay.connections == 2
    assert queue.states == [SendState.FAILED, SendState.SENT]


def test_the_next_mail_is_untouched_by_what_befalls_the_one_before_it() -> None:
    queue = mails(3)
    with running(ScriptedRelay({"END": [CLOSE]})) as relay:
        deliver(relay, queue)
    assert queue.states == [SendState.UNCERTAIN, SendState.SENT, SendState.SENT]
    assert queue.phases == [Phase.LEAVING, Phase.SENT, Phase.SENT]
    assert relay.recipients == ["r1@example.org", "r2@example.org"]


def test_a_reply_too_many_is_not_taken_for_the_answer_to_a_mail() -> None:
    queue = mails(3)
    with running(ScriptedRelay({"DATA": ["354 go\r\n250 2.0.0 queued"], "END": [CLOSE]})) as relay:
        deliver(relay, queue, QUICK)
        assert relay.connections > 1
    assert queue.states.count(SendState.SENT) == len(relay.taken)


def test_parameters_are_sent_to_a_relay_that_announced_them_alone() -> None:
    with running(ScriptedRelay(features=["DSN", "SIZE", "8BITMIME", "SMTPUTF8"])) as relay:
        deliver(relay, mails(1))
        assert f"MAIL FROM:<bounces@example.org> SIZE={len(BODY)} RET=HDRS ENVID=e-0" in relay.commands
    with running(ScriptedRelay(features=[])) as relay:
        deliver(relay, mails(1))
        assert relay.commands[1:3] == ["MAIL FROM:<bounces@example.org>", "RCPT TO:<r0@example.org>"]


def test_an_envelope_identifier_is_xtext() -> None:
    first = mail(3)
    odd = first.claim.__class__(edition="a+b=c é", subscriber=3, email="r3@example.org", message_id="<3@x>", place=67)
    queue = Queue([first.__class__(claim=odd, chunks=first.chunks, return_path="b@example.org")])
    with running(ScriptedRelay(features=["DSN"])) as relay:
        deliver(relay, queue)
        assert relay.commands[1] == "MAIL FROM:<b@example.org> RET=HDRS ENVID=a+2Bb+3Dc+20+C3+A9-3"


def test_a_connection_carries_five_hundred_mails_and_says_good_bye() -> None:
    count = _courier.MAILS_A_CONNECTION + 20
    queue = mails(count)
    with running(ScriptedRelay()) as relay:
        deliver(relay, queue)
        assert relay.connections == relay.count("QUIT") == 2
        carried = relay.commands.index("QUIT")
        assert sum(command.startswith("MAIL") for command in relay.commands[:carried]) == _courier.MAILS_A_CONNECTION
    assert queue.states == [SendState.SENT] * count
