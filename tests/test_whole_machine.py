"""A whole newsletter lived through: slots, review, sends, deaths, changes, backups, and a clock that is set back.

Nobody is mailed twice for a slot unless a person ordered it; nothing unapproved, held or stopped leaves; the database
never forgets what it acknowledged, nor says what is not true.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from digest.core import runfile
from digest.core.mail import SendState
from digest.store import connect, decisions, ledger, retries
from machine.newsletter import HOURLY
from machine.people import People
from stored import LATER, claim, frozen, rows, settle, tag

People.TestCase.settings = settings(
    max_examples=30,
    derandomize=True,  # the long run of `make night` explores
    stateful_step_count=25,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[phase for phase in Phase if phase != Phase.explain],
)
TestWholeMachine = People.TestCase


@pytest.fixture
def machine() -> Iterator[People]:
    """A newsletter whose hourly edition of six o'clock was sent after a first backup."""
    machine = People()
    try:
        machine.start("10m")
        machine.backup()
        for minutes in (120, 10):
            machine.wait(minutes, news=True)
            machine.send((), machine.fate("well"))
        assert machine.model.left[HOURLY, "2026-11-23T0600", "r1@example.org"] == 1
        yield machine
    finally:
        machine.teardown()


def test_a_clock_that_is_set_back_after_a_restore_sends_nothing_once_more(machine: People) -> None:
    before = machine.model.left.copy()
    machine.wait(60, news=True)
    machine.restore(0)
    machine.wait(-60, news=True)
    for _ in range(2):
        machine.send((), machine.fate("well"))
        machine.wait(10, news=False)
    assert machine.model.left == before


def test_who_came_and_left_since_the_backup_stays_off_the_list(machine: People) -> None:
    machine.meddle("leave", 0)
    assert machine.model.decided.active[HOURLY, "r1@example.org"] is False
    machine.restore(0)
    for minutes in (60, 10):
        machine.wait(minutes, news=True)
        machine.send((), machine.fate("well"))
    readers = {email for job, slot, email in machine.model.left if (job, slot) == (HOURLY, "2026-11-23T0800")}
    assert readers == {f"r{number}@example.org" for number in range(2, 6)}


def test_an_edition_whose_mails_may_all_have_left_is_not_composed_anew(tmp_path: Path) -> None:
    with connect(tmp_path / "digest.db") as store, runfile.begin(runfile.folder(store.path)) as run:
        edition = frozen(store, 1)
        settle(store, run, claim(store, edition, run), SendState.UNCERTAIN)
        ledger.finish(store, edition)
        assert retries.retry(store, tag, edition, ["uncertain"], [], LATER) == 1
        assert decisions.hold(store, edition)
        assert not decisions.reopen(store, edition, run.id)
        assert [row.maybe for row in rows(store, edition)] == [True]
