import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from digest.core.mail import EditionState, SendState
from digest.core.runfile import Run
from digest.store import Store, decisions, ledger, subscribers, suppressions
from digest.store._database import moment
from stored import (
    LATER,
    NOW,
    claim,
    counts,
    frozen,
    rows,
    set_edition,
    settle,
    state_of,
    states,
    tag,
)

PATHS = {"PYTHONPATH": ":".join(sys.path)}

# Sends an edition's mails by naming each on a line, ten at a time, until there are none.
DRAINER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from digest.core import runfile
from digest.core.mail import Result, SendState
from digest.store import connect, ledger
from stored import NOW, terms
path = Path(sys.argv[1])
with runfile.begin(runfile.folder(path)) as run, connect(path) as store:
    results = []
    while claims := ledger.exchange(store, sys.argv[2], terms(run), results, 10, NOW).claims:
        print(*(claim.email for claim in claims), sep="\\n")
        results = [Result(claim=claim, state=SendState.SENT, code="250", reply="ok") for claim in claims]
"""

# Claims where no file may grow beyond a megabyte and its run file is as long already.
CRAMPED = """
import resource, signal, sys
from pathlib import Path
from digest.core import runfile
from digest.store import connect
from stored import claim
path = Path(sys.argv[1])
with runfile.begin(runfile.folder(path)) as run, connect(path) as store:
    run.reserve(1 << 20)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
    claim(store, sys.argv[2], run)
"""


def test_a_claim_is_for_this_run_alone_and_names_the_mail(store: Store, run: Run, other: Run) -> None:
    edition = frozen(store, 3)
    first = claim(store, edition, run, 2)
    assert [(c.edition, c.email) for c in first] == [(edition, "r0@example.org"), (edition, "r1@example.org")]
    assert [row.message_id for row in rows(store, edition)][:2] == [c.message_id for c in first]
    assert [c.email for c in claim(store, edition, other)] == ["r2@example.org"]
    assert claim(store, edition, run) == ()
    assert counts(store, edition) == {"sending": 3}


def test_each_claim_has_a_place_of_its_own_also_when_it_is_claimed_again(store: Store, run: Run) -> None:
    edition = frozen(store, 5)
    places: list[int] = []
    for want in (1, 2, 5, 1):
        claims = claim(store, edition, run, want)
        places += [each.place for each in claims]
        settle(store, run, claims, SendState.QUEUED)
    assert len(places) == 9
    assert all(first < second for first, second in pairwise(places))


def test_wanting_nothing_claims_nothing(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    assert claim(store, edition, run, 0) == ()
    assert counts(store, edition) == {"queued": 1}


@pytest.mark.parametrize("state", ["sent", "deferred", "failed", "uncertain"])
def test_an_answer_is_settled_with_its_code_and_reply(store: Store, run: Run, state: str) -> None:
    edition = frozen(store, 2)
    settle(store, run, claim(store, edition, run, 1), SendState(state), code="451")
    row = rows(store, edition)[0]
    assert (row.state, row.code, row.reply, row.attempts) == (state, "451", "as the relay says", 1)
    assert row.at == "2026-11-23T06:01:00+00:00"
    assert row.maybe is False


def test_a_mail_that_was_not_begun_is_queued_again_and_counts_as_no_attempt(store: Store, run: Run, other: Run) -> None:
    edition = frozen(store, 1)
    settle(store, run, claim(store, edition, run, 1), SendState.QUEUED)
    assert [(row.state, row.attempts) for row in rows(store, edition)] == [("queued", 0)]
    assert len(claim(store, edition, other)) == 1


def test_a_settled_mail_is_settled_once(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    claims = claim(store, edition, run, 1)
    settle(store, run, claims, SendState.SENT)
    settle(store, run, claims, SendState.FAILED)
    assert [(row.state, row.attempts) for row in rows(store, edition)] == [("sent", 1)]


def test_a_run_settles_no_mail_of_another_run(store: Store, run: Run, other: Run) -> None:
    edition = frozen(store, 1)
    settle(store, other, claim(store, edition, run, 1), SendState.SENT)
    assert counts(store, edition) == {"sending": 1}


def test_a_mail_is_not_claimed_before_it_is_due(store: Store, run: Run) -> None:
    edition = frozen(store, 2)
    with store.writing() as connection:
        connection.execute("UPDATE sends SET due = '2026-11-23T06:01:00+00:00' WHERE email = 'r0@example.org'")
    assert [c.email for c in claim(store, edition, run)] == ["r1@example.org"]
    assert [c.email for c in claim(store, edition, run, now=LATER)] == ["r0@example.org"]


def test_a_deferred_mail_waits_five_minutes_and_then_three_times_as_long_up_to_four_hours(
    store: Store, run: Run
) -> None:
    edition, now, waits = frozen(store, 1), NOW, []
    for _ in range(6):
        settle(store, run, claim(store, edition, run, now=now), SendState.DEFERRED, now=now)
        due = moment(store.rows("SELECT due FROM sends")[0][0])
        assert claim(store, edition, run, now=due - timedelta(seconds=1)) == ()
        waits.append((due - now) // timedelta(minutes=1))
        now = due
    assert waits == [5, 15, 45, 135, 240, 240]


@pytest.mark.parametrize("state", [state for state in EditionState if state != EditionState.SENDING])
def test_only_an_edition_that_is_being_sent_gives_mails_away(store: Store, run: Run, state: EditionState) -> None:
    edition = frozen(store, 1)
    set_edition(store, edition, state)
    assert claim(store, edition, run) == ()
    assert claim(store, "another", run) == ()


def test_whoever_left_is_cancelled_and_others_are_claimed_instead(store: Store, run: Run) -> None:
    edition = frozen(store, 5)
    for number in (0, 1, 3):
        subscribers.remove(store, "daily", f"r{number}@example.org", NOW)
    assert [c.email for c in (*claim(store, edition, run, 2), *claim(store, edition, run, 2))] == [
        "r2@example.org",
        "r4@example.org",
    ]
    assert states(store, edition) == ["cancelled", "cancelled", "sending", "cancelled", "sending"]


def test_an_edition_whose_readers_all_left_claims_nobody(store: Store, run: Run) -> None:
    edition = frozen(store, 25)
    for number in range(25):
        subscribers.remove(store, "daily", f"r{number}@example.org", NOW)
    assert claim(store, edition, run, 10) == ()
    assert counts(store, edition) == {"cancelled": 25}
    assert {row.reply for row in rows(store, edition)} == {"left before it was sent"}


def test_one_who_left_and_came_back_before_the_claim_is_mailed(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    subscribers.remove(store, "daily", "r0@example.org", NOW)
    subscribers.add(store, "daily", "r0@example.org", name="", source="cli", now=NOW)
    assert len(claim(store, edition, run)) == 1


def test_of_claimed_mails_those_are_wanted_that_may_still_leave(store: Store, run: Run) -> None:
    edition = frozen(store, 4)
    claims = claim(store, edition, run)
    assert ledger.wanted(store, tag, claims) == claims
    subscribers.remove(store, "daily", "r1@example.org", NOW)
    suppressions.add(store, tag, ["R2@Example.org"], "complained", "by hand", NOW)
    assert [each.email for each in ledger.wanted(store, tag, claims)] == ["r0@example.org", "r3@example.org"]
    assert ledger.wanted(store, tag, claims[1:3]) == ledger.wanted(store, tag, ()) == ()
    decisions.stop(store, edition, NOW)
    assert ledger.wanted(store, tag, claims) == ()


def test_every_stop_suppression_and_leave_is_counted_for_those_who_send(store: Store, run: Run) -> None:
    edition = frozen(store, 3)
    seen = [run.changes()]
    subscribers.remove(store, "daily", "r0@example.org", NOW)
    seen.append(run.changes())
    suppressions.add(store, tag, ["r1@example.org"], "complained", "", NOW)
    seen.append(run.changes())
    settle(store, run, claim(store, edition, run), SendState.FAILED, code="550 5.1.1")
    seen.append(run.changes())
    decisions.stop(store, edition, NOW)
    seen.append(run.changes())
    assert all(before < after for before, after in pairwise(seen))
    claim(store, edition, run)
    assert run.changes() == seen[-1]


def test_a_disk_without_room_for_places_is_an_error_and_leaves_every_mail_queued(store: Store) -> None:
    edition = frozen(store, 3)
    command = [sys.executable, "-c", CRAMPED, str(store.path), edition]
    done = subprocess.run(command, capture_output=True, text=True, env=PATHS, check=False)
    assert "StoreError: run file of" in done.stderr
    assert counts(store, edition) == {"queued": 3}


def test_processes_that_send_one_edition_at_once_share_it_without_a_mail_twice(store: Store) -> None:
    edition = frozen(store, 400)
    command = [sys.executable, "-c", DRAINER, str(store.path), edition]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=PATHS) for _ in range(4)]
    mailed = Counter(email for process in processes for email in process.communicate()[0].split())
    assert [process.returncode for process in processes] == [0] * 4
    assert len(mailed) == mailed.total() == 400
    ledger.finish(store, edition)
    assert state_of(store, edition) == EditionState.SENT


@pytest.mark.parametrize("payload", ["'", "'; DROP TABLE sends; --", '"', "a\0b"])
def test_sql_in_a_reply_is_stored_as_text(store: Store, run: Run, payload: str) -> None:
    edition = frozen(store, 1)
    settle(store, run, claim(store, edition, run), SendState.FAILED, code=payload)
    # SQLite reads a text in JSON only up to a NUL, so there is none in it.
    assert [(row.state, row.code) for row in rows(store, edition)] == [("failed", payload.replace("\0", ""))]
    suppressions.add(store, tag, [payload], "bounced", payload, NOW)
    assert [tuple(row)[1:3] for row in store.rows("SELECT * FROM suppressions")] == [("bounced", payload)]
