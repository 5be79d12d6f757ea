import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import combinations_with_replacement

import pytest

from digest.core import runfile
from digest.core.mail import Claim, EditionState, Result, SendState
from digest.store import Store, ledger, subscribers
from stored import NOW, frozen, set_rows, state_of

LATER = NOW + timedelta(minutes=1)
PATHS = {"PYTHONPATH": ":".join(sys.path)}

# Claims so many mails in a run of its own and holds them until its input ends.
CLAIMER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from digest.core import runfile
from digest.store import connect, ledger
path = Path(sys.argv[1])
with runfile.begin(runfile.folder(path)) as run, connect(path) as store:
    claims = ledger.exchange(store, sys.argv[2], run, (), int(sys.argv[3]), datetime.now(UTC))
    print(len(claims), flush=True)
    sys.stdin.read()
"""
# Sends an edition's mails by naming each on a line, ten at a time, until there are none.
DRAINER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from digest.core import runfile
from digest.core.mail import Result, SendState
from digest.store import connect, ledger
path = Path(sys.argv[1])
with runfile.begin(runfile.folder(path)) as run, connect(path) as store:
    results = []
    while claims := ledger.exchange(store, sys.argv[2], run, results, 10, datetime.now(UTC)):
        print(*(claim.email for claim in claims), sep="\\n")
        results = [Result(claim=claim, state=SendState.SENT, code="250", reply="ok") for claim in claims]
"""


def claim(store: Store, edition: str, want: int, run: str = "1-run") -> tuple[Claim, ...]:
    return ledger.exchange(store, edition, run, (), want, NOW)


def settle(store: Store, claims: tuple[Claim, ...], state: SendState, run: str = "1-run", code: str = "") -> None:
    results = [Result(claim=claim, state=state, code=code, reply="as the relay says") for claim in claims]
    assert ledger.exchange(store, claims[0].edition, run, results, 0, LATER) == ()


def test_a_claim_is_for_this_run_alone_and_names_the_mail(store: Store) -> None:
    edition = frozen(store, 3)
    first = claim(store, edition, 2)
    assert [(c.edition, c.email) for c in first] == [(edition, "r0@example.org"), (edition, "r1@example.org")]
    assert [row.message_id for row in ledger.rows(store, edition)][:2] == [c.message_id for c in first]
    assert [c.email for c in claim(store, edition, 9, "2-run")] == ["r2@example.org"]
    assert claim(store, edition, 9) == ()
    assert ledger.counts(store, edition) == {"sending": 3}


def test_wanting_nothing_claims_nothing(store: Store) -> None:
    edition = frozen(store, 1)
    assert claim(store, edition, 0) == ()
    assert ledger.counts(store, edition) == {"queued": 1}


@pytest.mark.parametrize("state", ["sent", "deferred", "failed", "uncertain"])
def test_an_answer_is_settled_with_its_code_and_reply(store: Store, state: str) -> None:
    edition = frozen(store, 2)
    settle(store, claim(store, edition, 1), SendState(state), code="451")
    row = ledger.rows(store, edition)[0]
    assert (row.state, row.code, row.reply, row.attempts) == (state, "451", "as the relay says", 1)
    assert row.at == "2026-11-23T06:01:00+00:00"
    assert row.maybe == 0


def test_a_mail_that_was_not_begun_is_queued_again_and_counts_as_no_attempt(store: Store) -> None:
    edition = frozen(store, 1)
    settle(store, claim(store, edition, 1), SendState.QUEUED)
    assert [(row.state, row.attempts) for row in ledger.rows(store, edition)] == [("queued", 0)]
    assert len(claim(store, edition, 9, "2-run")) == 1


def test_a_settled_mail_is_settled_once(store: Store) -> None:
    edition = frozen(store, 1)
    claims = claim(store, edition, 1)
    settle(store, claims, SendState.SENT)
    settle(store, claims, SendState.FAILED)
    assert [(row.state, row.attempts) for row in ledger.rows(store, edition)] == [("sent", 1)]


def test_a_run_settles_no_mail_of_another_run(store: Store) -> None:
    edition = frozen(store, 1)
    settle(store, claim(store, edition, 1), SendState.SENT, run="2-run")
    assert ledger.counts(store, edition) == {"sending": 1}


def test_a_mail_is_not_claimed_before_it_is_due(store: Store) -> None:
    edition = frozen(store, 2)
    with store.writing() as connection:
        connection.execute("UPDATE sends SET due = '2026-11-23T06:01:00+00:00' WHERE email = 'r0@example.org'")
    assert [c.email for c in claim(store, edition, 9)] == ["r1@example.org"]
    assert [c.email for c in ledger.exchange(store, edition, "1-run", (), 9, LATER)] == ["r0@example.org"]


@pytest.mark.parametrize("state", [state for state in EditionState if state != EditionState.SENDING])
def test_only_an_edition_that_is_being_sent_gives_mails_away(store: Store, state: EditionState) -> None:
    edition = frozen(store, 1)
    with store.writing() as connection:
        connection.execute("UPDATE editions SET state = ?", (state,))
    assert claim(store, edition, 9) == ()


def test_whoever_left_is_cancelled_and_others_are_claimed_instead(store: Store) -> None:
    edition = frozen(store, 5)
    for number in (0, 1, 3):
        subscribers.remove(store, "daily", f"r{number}@example.org", NOW)
    assert [c.email for c in (*claim(store, edition, 2), *claim(store, edition, 2))] == [
        "r2@example.org",
        "r4@example.org",
    ]
    states = [row.state for row in ledger.rows(store, edition)]
    assert states == ["cancelled", "cancelled", "sending", "cancelled", "sending"]


def test_an_edition_whose_readers_all_left_claims_nobody(store: Store) -> None:
    edition = frozen(store, 25)
    for number in range(25):
        subscribers.remove(store, "daily", f"r{number}@example.org", NOW)
    assert claim(store, edition, 10) == ()
    assert ledger.counts(store, edition) == {"cancelled": 25}
    assert {row.reply for row in ledger.rows(store, edition)} == {"left before it was sent"}


def test_one_who_left_and_came_back_before_the_claim_is_mailed(store: Store) -> None:
    edition = frozen(store, 1)
    subscribers.remove(store, "daily", "r0@example.org", NOW)
    subscribers.add(store, "daily", "r0@example.org", name="", source="cli", now=NOW)
    assert len(claim(store, edition, 9)) == 1


def test_recover_leaves_a_living_process_its_mails_even_when_it_is_stopped(store: Store) -> None:
    edition = frozen(store, 8)
    command = [sys.executable, "-c", CLAIMER, str(store.path), edition, "5"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=PATHS) as process:
        assert process.stdout
        assert process.stdout.readline() == "5\n"
        assert ledger.recover(store, NOW) == 0
        process.send_signal(signal.SIGSTOP)
        assert ledger.recover(store, NOW) == 0
        assert ledger.counts(store, edition) == {"queued": 3, "sending": 5}
        process.kill()
        process.wait()
    assert ledger.recover(store, LATER) == 5
    assert ledger.counts(store, edition) == {"queued": 3, "uncertain": 5}
    assert ledger.recover(store, LATER) == 0
    row = ledger.rows(store, edition)[0]
    assert (row.attempts, row.at) == (1, "2026-11-23T06:01:00+00:00")
    assert "died" in row.reply
    assert runfile.listed(runfile.folder(store.path)) == ()


def test_recover_tells_the_runs_of_the_dead_from_those_of_the_living(store: Store) -> None:
    edition = frozen(store, 4)
    runs = runfile.folder(store.path)
    with runfile.begin(runs) as living:
        claim(store, edition, 1, living)
        claim(store, edition, 1, "1-without-a-file")
        (runs / "1-dead").touch()
        claim(store, edition, 1, "1-dead")
        (runs / "1-dead-and-idle").touch()
        assert ledger.recover(store, NOW) == 2
        assert runfile.listed(runs) == (living,)
        assert [row.state for row in ledger.rows(store, edition)] == ["sending", "uncertain", "uncertain", "queued"]


def test_an_uncertain_mail_is_never_claimed_again(store: Store) -> None:
    edition = frozen(store, 1)
    claim(store, edition, 1)
    ledger.recover(store, NOW)
    assert claim(store, edition, 9, "2-run") == ()
    settle(store, (Claim(edition=edition, subscriber=1, email="", message_id=""),), SendState.SENT)
    assert ledger.counts(store, edition) == {"uncertain": 1}


def test_processes_that_send_one_edition_at_once_share_it_without_a_mail_twice(store: Store) -> None:
    edition = frozen(store, 400)
    command = [sys.executable, "-c", DRAINER, str(store.path), edition]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=PATHS) for _ in range(4)]
    mailed = Counter(email for process in processes for email in process.communicate()[0].split())
    assert [process.returncode for process in processes] == [0] * 4
    assert len(mailed) == mailed.total() == 400
    ledger.finish(store, edition)
    assert state_of(store, edition) == EditionState.SENT


def finished(states: tuple[str, ...]) -> str:
    """What design 4 says of an edition with rows in these states."""
    if {"queued", "sending", "deferred"} & set(states):
        return "sending"
    if set(states) <= {"sent", "suppressed", "cancelled"}:
        return "sent"
    # Nobody got it and for somebody it ran out of time; what may have arrived is not forgotten.
    return "expired" if "expired" in states and not {"sent", "uncertain"} & set(states) else "partial"


def test_an_editions_state_follows_its_rows(store: Store) -> None:
    edition = frozen(store, 2)
    for states in combinations_with_replacement(sorted(SendState), 2):
        with store.writing() as connection:
            connection.execute("UPDATE editions SET state = 'sending'")
        set_rows(store, edition, states)
        ledger.finish(store, edition)
        assert (states, state_of(store, edition)) == (states, finished(states))


@pytest.mark.parametrize("state", ["held", "stopped", "composing", "skipped", "sent", "partial", "expired"])
def test_only_an_edition_that_is_being_sent_is_finished(store: Store, state: str) -> None:
    edition = frozen(store, 1)
    with store.writing() as connection:
        connection.execute("UPDATE editions SET state = ?", (state,))
    ledger.finish(store, edition)
    assert state_of(store, edition) == state


def test_a_report_has_every_recipient_by_address_and_adds_up(store: Store) -> None:
    edition = frozen(store, 12)
    settle(store, claim(store, edition, 5), SendState.SENT)
    found = ledger.rows(store, edition)
    assert [row.email for row in found] == sorted(f"r{number}@example.org" for number in range(12))
    assert ledger.counts(store, edition) == Counter(row.state for row in found) == {"queued": 7, "sent": 5}
    assert ledger.rows(store, "another") == ()


@pytest.mark.parametrize("payload", ["'", "'; DROP TABLE sends; --", '"', "a\0b"])
def test_sql_in_a_reply_is_stored_as_text(store: Store, payload: str) -> None:
    edition = frozen(store, 1)
    (mine,) = claim(store, edition, 1, payload)
    result = Result(claim=mine, state=SendState.FAILED, code=payload, reply=payload)
    ledger.exchange(store, edition, payload, [result], 1, NOW)
    assert [(row.state, row.code, row.reply) for row in ledger.rows(store, edition)] == [("failed", payload, payload)]
