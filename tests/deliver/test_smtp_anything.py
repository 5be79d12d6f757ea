"""Whatever a relay says: each mail has one result, nobody gets two, and what counts as sent was kept."""

from collections import Counter
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.errors import DeliveryError
from digest.core.mail import SendState
from digest.core.runfile import Phase
from digest.deliver._wire import Patience
from mail_queue import deliver, mails
from scripted_relay import CLOSE, TAKE_AND_CLOSE, ScriptedRelay, running

HASTY = Patience(connect=1, command=0.2, data=0.2, block=0.2, end=0.2, reconnect=(0, 0, 0), quiet=0.05)
YES = "250 2.0.0 ok"
REPLIES = st.sampled_from(
    [
        YES,
        YES,
        YES,
        "251 will forward",
        "250-many\r\n250 lines",
        "354 go on",
        "421 4.3.2 closing",
        "450 4.2.1 later",
        "451 4.7.1 greylisted",
        "550 5.1.1 nobody",
        "552 5.3.4 too big",
        "530 5.7.0 log in",
        "199 what",
        "gibberish",
        "",
        CLOSE,
    ]
)
ENDS = st.one_of(REPLIES, st.sampled_from([YES, TAKE_AND_CLOSE]))
SCRIPTS = st.fixed_dictionaries(
    {},
    optional={
        "greeting": st.lists(st.sampled_from(["220 hello", "421 busy", CLOSE]), max_size=4),
        "MAIL": st.lists(REPLIES, max_size=12),
        "RCPT": st.lists(REPLIES, max_size=12),
        "DATA": st.lists(st.one_of(st.just("354 go"), REPLIES), max_size=12),
        "END": st.lists(ENDS, max_size=12),
        "RSET": st.lists(REPLIES, max_size=4),
    },
)
PHASES = {
    SendState.SENT: Phase.SENT,
    SendState.DEFERRED: Phase.DEFERRED,
    SendState.FAILED: Phase.REFUSED,
    SendState.UNCERTAIN: Phase.LEAVING,
    SendState.QUEUED: Phase.NOT_BEGUN,
}


@settings(max_examples=150, deadline=None)
@given(
    script=SCRIPTS,
    features=st.sampled_from([(), ("PIPELINING",), ("PIPELINING", "DSN", "SIZE 0")]),
    count=st.integers(1, 12),
    connections=st.integers(1, 4),
)
def test_each_mail_has_one_result_and_what_counts_as_sent_was_kept_once(
    script: dict[str, Any], features: tuple[str, ...], count: int, connections: int
) -> None:
    queue = mails(count)
    with running(ScriptedRelay(script, features=features)) as relay:
        with suppress(DeliveryError):
            deliver(relay, queue, HASTY, connections=connections)
        kept = Counter(relay.recipients)
    given_back = Counter(result.claim.subscriber for result in queue.results)
    assert given_back == Counter(range(count))
    assert max(kept.values(), default=0) <= 1
    for result in queue.results:
        assert queue.phases[result.claim.subscriber] is PHASES[result.state], result
        if result.state is SendState.SENT:
            assert kept[result.claim.email] == 1, result
        if result.state is SendState.QUEUED:
            assert kept[result.claim.email] == 0, result
