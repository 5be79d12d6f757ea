"""Each thing that a relay can do to one mail: a state, a phase, and the others arrive."""

import pytest

from digest.core.mail import SendState
from digest.core.runfile import Phase
from mail_queue import deliver, mails
from scripted_relay import CLOSE, HANG, TAKE_AND_CLOSE, ScriptedRelay, running

SENT, DEFERRED, FAILED, UNCERTAIN = SendState.SENT, SendState.DEFERRED, SendState.FAILED, SendState.UNCERTAIN


@pytest.mark.parametrize("features", [(), ("PIPELINING",)])
@pytest.mark.parametrize(
    ("command", "reply", "state", "phase"),
    [
        ("greeting", "421 4.3.2 busy", SENT, Phase.SENT),
        ("greeting", HANG, SENT, Phase.SENT),
        ("MAIL", "421 4.3.2 closing", SENT, Phase.SENT),
        ("RCPT", "450 4.2.1 try later", DEFERRED, Phase.DEFERRED),
        ("RCPT", "550 5.1.1 no such user", FAILED, Phase.REFUSED),
        ("DATA", CLOSE, SENT, Phase.SENT),
        ("END", "451 4.3.0 queue full", DEFERRED, Phase.DEFERRED),
        ("END", "554 5.7.1 refused", FAILED, Phase.REFUSED),
        ("END", "421 4.3.2 closing", DEFERRED, Phase.DEFERRED),
        ("END", CLOSE, UNCERTAIN, Phase.LEAVING),
        ("END", TAKE_AND_CLOSE, UNCERTAIN, Phase.LEAVING),
        ("END", HANG, UNCERTAIN, Phase.LEAVING),
        ("END", "250-" + "x" * 20_000, UNCERTAIN, Phase.LEAVING),
    ],
)
def test_a_fault_of_the_relay_befalls_one_mail(
    features: tuple[str, ...], command: str, reply: str, state: SendState, phase: Phase
) -> None:
    queue = mails(6)
    with running(ScriptedRelay({command: [reply]}, features=features)) as relay:
        deliver(relay, queue)
    assert queue.states == [state] + [SENT] * 5
    assert queue.phases == [phase] + [Phase.SENT] * 5
    assert sorted(relay.recipients) == sorted(set(relay.recipients))
    kept = {"r0@example.org"} if state is SENT or reply == TAKE_AND_CLOSE or reply.startswith("2") else set()
    assert set(relay.recipients) == kept | {f"r{number}@example.org" for number in range(1, 6)}


def test_a_mail_cut_off_in_the_middle_was_not_taken() -> None:
    queue = mails(4, b"Subject: x\r\n\r\n", *[b"0123456789abcdef\r\n"] * 1_000)
    with running(ScriptedRelay(drops_inside=1)) as relay:
        deliver(relay, queue)
    # All of it fitted into the kernel's buffers, so nobody knows.
    assert queue.states == [UNCERTAIN] + [SENT] * 3
    assert queue.phases == [Phase.LEAVING] + [Phase.SENT] * 3
    assert relay.recipients == ["r1@example.org", "r2@example.org", "r3@example.org"]
