import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from digest.core import runfile
from digest.core.mail import EditionState, SendState
from digest.core.runfile import Phase, Run
from digest.store import Store, decisions, ledger, recovery
from stored import LATER, NOW, claim, counts, frozen, record, rows, set_edition, settle, state_of, states

PATHS = {"PYTHONPATH": ":".join(sys.path)}
OTHER_BOOT = b"00000000-0000-0000-0000-000000000000"

# Claims a mail for each phase that is named, marks it so, and holds them until its input ends.
CLAIMER = """
import sys
from pathlib import Path
from digest.core import runfile
from digest.core.runfile import Phase
from digest.store import connect
from stored import claim
path = Path(sys.argv[1])
with runfile.begin(runfile.folder(path)) as run, connect(path) as store:
    phases = [Phase[name] for name in sys.argv[3:]]
    claims = claim(store, sys.argv[2], run, len(phases))
    for each, phase in zip(claims, phases):
        if phase:
            run.mark(each.place, Phase.LEAVING)
        run.mark(each.place, phase)
    print(run.id, flush=True)
    sys.stdin.read()
"""


@contextmanager
def claimer(store: Store, edition: str, phases: list[str]) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A living process that holds a mail in each of these phases, and its run file."""
    command = [sys.executable, "-c", CLAIMER, str(store.path), edition, *phases]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=PATHS) as process:
        assert process.stdout
        yield process, runfile.folder(store.path) / process.stdout.readline().strip()
        process.kill()


def killed(store: Store, edition: str, *phases: str) -> Path:
    """The run file of a process that held a mail in each of these phases and was killed."""
    with claimer(store, edition, list(phases)) as (_, file):
        pass
    return file


def recover(store: Store, uncertain: str = "hold") -> Mapping[str, int]:
    return recovery.recover(store, uncertain, LATER)


def test_after_kill_9_each_mail_is_what_its_phase_says(store: Store) -> None:
    edition = frozen(store, 7)
    killed(store, edition, *(phase.name for phase in Phase))
    assert states(store, edition) == ["sending"] * 5 + ["queued"] * 2
    assert recover(store) == {"queued": 1, "uncertain": 1, "sent": 1, "deferred": 1, "failed": 1}
    found = rows(store, edition)
    assert [row.state for row in found] == ["queued", "uncertain", "sent", "deferred", "failed", "queued", "queued"]
    assert [row.attempts for row in found] == [0, 1, 1, 1, 1, 0, 0]
    assert [row.reply.partition(";")[0] for row in found[2:5]] == ["taken", "not taken for now", "refused"]
    assert "died" in found[1].reply
    assert found[1].at == "2026-11-23T06:01:00+00:00"
    assert [row[0] for row in store.rows("SELECT due FROM sends WHERE state = 'deferred'")] == [
        "2026-11-23T06:06:00+00:00"
    ]
    assert runfile.listed(runfile.folder(store.path)) == ()
    assert recover(store) == {}


@pytest.mark.parametrize("harm", ["another boot", "cut", "empty", "garbage", "gone"])
def test_of_a_run_file_that_cannot_be_trusted_every_mail_is_uncertain(store: Store, harm: str) -> None:
    edition = frozen(store, 5)
    file = killed(store, edition, *(phase.name for phase in Phase))
    if harm == "gone":
        file.unlink()
    elif harm == "garbage":
        file.write_bytes(bytes(range(256)) * 10)
    else:
        with file.open("r+b") as opened:
            opened.write(OTHER_BOOT if harm == "another boot" else b"")
            opened.truncate({"another boot": 1 << 20, "cut": 40, "empty": 0}[harm])
    assert recover(store) == {"uncertain": 5}
    assert counts(store, edition) == {"uncertain": 5}


def test_recover_leaves_a_living_process_its_mails_even_when_it_is_stopped(store: Store) -> None:
    edition = frozen(store, 4)
    with claimer(store, edition, ["LEAVING", "SENT", "NOT_BEGUN"]) as (process, _):
        assert recover(store) == {}
        process.send_signal(signal.SIGSTOP)
        assert recover(store, "resend") == {}
        assert states(store, edition) == ["sending"] * 3 + ["queued"]
    assert recover(store) == {"uncertain": 1, "sent": 1, "queued": 1}


def test_recover_tells_the_runs_of_the_dead_from_those_of_the_living(store: Store, run: Run) -> None:
    edition = frozen(store, 4)
    claim(store, edition, run, 1)
    killed(store, edition, "SENT")
    killed(store, edition, "LEAVING")
    (runfile.folder(store.path) / "1-dead-and-idle").touch()
    assert recover(store) == {"uncertain": 1, "sent": 1}
    assert runfile.listed(runfile.folder(store.path)) == (run.id,)
    assert states(store, edition) == ["sending", "sent", "uncertain", "queued"]


def test_an_uncertain_mail_is_held_and_never_claimed_again_by_itself(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    killed(store, edition, "LEAVING")
    for _ in range(2):
        recover(store)
        assert claim(store, edition, run, now=LATER) == ()
    assert [(row.state, row.attempts, row.maybe) for row in rows(store, edition)] == [("uncertain", 1, False)]


def test_by_resend_a_mail_in_flight_at_a_death_is_sent_again_however_often_and_says_so(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    for attempt in range(1, 6):
        killed(store, edition, "LEAVING")
        assert recover(store, "resend") == {"queued": 1}
        (row,) = rows(store, edition)
        assert (row.state, row.attempts, row.maybe) == ("queued", attempt, True)
    settle(store, run, claim(store, edition, run, now=LATER), SendState.UNCERTAIN, uncertain="resend")
    assert states(store, edition) == ["queued"]


def test_by_drop_an_uncertain_mail_counts_as_failed(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    killed(store, edition, "LEAVING")
    assert recover(store, "drop") == {"failed": 1}
    (row,) = rows(store, edition)
    assert (row.state, row.maybe, row.reply[:10]) == ("failed", False, "given up: ")
    assert claim(store, edition, run, now=LATER) == ()


def test_what_was_held_is_sent_again_once_the_policy_is_to_resend(store: Store, run: Run) -> None:
    edition = frozen(store, 2)
    killed(store, edition, "LEAVING", "SENT")
    recover(store)
    ledger.finish(store, edition)
    assert state_of(store, edition) == EditionState.PARTIAL
    recover(store, "resend")
    assert state_of(store, edition) == EditionState.SENDING
    (mine,) = claim(store, edition, run, now=LATER)
    assert (mine.email, mine.attempts) == ("r0@example.org", 1)
    assert [row.maybe for row in rows(store, edition)] == [True, False]


def test_what_was_held_is_failed_once_the_policy_is_to_drop(store: Store) -> None:
    edition = frozen(store, 2)
    killed(store, edition, "LEAVING", "SENT")
    recover(store)
    recover(store, "drop")
    assert rows(store, edition)[0].reply[:10] == "given up: "
    assert states(store, edition) == ["failed", "sent"]


@pytest.mark.parametrize("state", ["stopped", "expired", "held"])
def test_what_was_held_of_an_edition_that_is_not_sent_any_more_stays_held(store: Store, state: str) -> None:
    edition = frozen(store, 1)
    killed(store, edition, "LEAVING")
    recover(store)
    set_edition(store, edition, state)
    recover(store, "resend")
    assert (states(store, edition), state_of(store, edition)) == (["uncertain"], state)


def test_what_was_held_of_a_stale_edition_stays_held(store: Store) -> None:
    edition = frozen(store, 1)
    killed(store, edition, "LEAVING")
    recover(store)
    recovery.recover(store, "resend", NOW + timedelta(hours=49))
    assert states(store, edition) == ["uncertain"]


def test_what_nobody_could_answer_three_times_is_not_queued_by_another_policy(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    with store.writing() as connection:
        connection.execute("UPDATE sends SET maybe = 3")
    settle(store, run, claim(store, edition, run), SendState.UNCERTAIN)
    recover(store, "resend")
    assert states(store, edition) == ["uncertain"]


@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_nothing_of_a_stopped_edition_is_left_open_by_a_process_that_died(store: Store, policy: str) -> None:
    edition = frozen(store, 6)
    with claimer(store, edition, [phase.name for phase in Phase]):
        assert decisions.stop(store, edition, NOW)
    recover(store, policy)
    assert states(store, edition) == ["cancelled", "uncertain", "sent", "cancelled", "failed", "cancelled"]
    assert [row.attempts for row in rows(store, edition)] == [0, 1, 1, 1, 1, 0]
    assert record(store, edition).state == EditionState.STOPPED
