"""What people and the clock decide about an edition: which state follows from which, and nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.core import runfile
from digest.core.mail import EditionState, SendState
from digest.core.runfile import Run
from digest.store import Store, decisions, editions, ledger
from digest.store._database import stamp
from stored import LATER, NOW, SLOT, claim, frozen, record, rows, set_edition, set_rows, settle, state_of, terms

REVIEW = editions.Waiting(state=EditionState.HELD, reason="review")
DEADLINE = NOW + timedelta(minutes=30)
READY = editions.Waiting(state=EditionState.READY, until=DEADLINE)
STATES = [(state.value, "") for state in EditionState if state != EditionState.HELD]
HELD = [("held", reason) for reason in ("review", "person", "check", "error", "no-source")]


def approved(store: Store, edition: str) -> bool:
    return decisions.approve(store, edition, LATER, lambda: True)


def held(store: Store, edition: str) -> bool:
    return decisions.hold(store, edition)


def reopened(store: Store, edition: str) -> bool:
    return decisions.reopen(store, edition, "1-run")


@pytest.mark.parametrize(("state", "reason"), STATES + HELD)
@pytest.mark.parametrize(
    ("decide", "allowed", "after"),
    [
        (approved, {"ready", "review", "person"}, ("sending", "")),
        (held, {"ready", "sending", "review"}, ("held", "person")),
        (reopened, {"ready", "review", "person", "check"}, ("composing", "")),
    ],
)
def test_each_decision_is_taken_in_its_states_alone(
    store: Store,
    decide: Callable[[Store, str], bool],
    allowed: set[str],
    after: tuple[str, str],
    state: str,
    reason: str,
) -> None:
    edition = frozen(store, 2)
    set_edition(store, edition, state, reason)
    is_allowed = (reason or state) in allowed
    assert decide(store, edition) is is_allowed
    expected = (after[0], reason if decide is reopened else after[1]) if is_allowed else (state, reason)
    assert (state_of(store, edition), record(store, edition).reason) == expected


def test_an_edition_is_released_when_its_time_is_over_and_has_two_days_from_then(store: Store) -> None:
    edition = frozen(store, 1, waiting=READY)
    assert record(store, edition).expires == stamp(DEADLINE + editions.LIFETIME)
    assert not decisions.release_due(store, DEADLINE - timedelta(seconds=1))
    assert state_of(store, edition) == "ready"
    assert not decisions.release_due(store, DEADLINE, "another")
    assert decisions.release_due(store, DEADLINE, edition)
    assert (state_of(store, edition), record(store, edition).release) == ("sending", "")
    assert not decisions.release_due(store, DEADLINE)


def test_what_its_editors_were_not_told_of_is_not_released(store: Store) -> None:
    first, second = frozen(store, 1, waiting=READY), frozen(store, 1, slot="2026-11-24T07:00", waiting=READY)
    assert not decisions.release_due(store, DEADLINE - timedelta(seconds=1), is_shown=lambda _: True)
    assert decisions.release_due(store, DEADLINE, is_shown=lambda edition: edition == second)
    assert (state_of(store, first), state_of(store, second)) == ("ready", "sending")
    assert not decisions.release_due(store, DEADLINE, is_shown=lambda _: False)


def test_a_bare_release_takes_all_that_is_due(store: Store) -> None:
    first, second = frozen(store, 1, waiting=READY), frozen(store, 1, slot="2026-11-24T07:00", waiting=READY)
    assert decisions.release_due(store, DEADLINE)
    assert {state_of(store, first), state_of(store, second)} == {"sending"}


def test_what_was_held_for_long_has_two_days_from_its_approval(store: Store, run: Run) -> None:
    edition, late = frozen(store, 1, waiting=REVIEW), NOW + timedelta(days=9)
    assert decisions.approve(store, edition, late, lambda: True)
    assert record(store, edition).expires == stamp(late + editions.LIFETIME)
    assert len(claim(store, edition, run, now=late + timedelta(days=1))) == 1


def test_what_a_check_held_for_long_has_two_days_from_when_a_person_sends_it(store: Store, run: Run) -> None:
    edition, late = frozen(store, 1, held="a link leads nowhere"), NOW + timedelta(days=9)
    decisions.release(store, edition, late)
    assert len(claim(store, edition, run, now=late + timedelta(days=1))) == 1


def test_what_was_changed_since_it_was_seen_is_not_approved(store: Store) -> None:
    edition = frozen(store, 1, waiting=REVIEW)
    assert not decisions.approve(store, edition, NOW, lambda: False)
    assert state_of(store, edition) == "held"


def test_what_has_no_mails_is_not_approved(store: Store) -> None:
    edition = frozen(store, 1, waiting=REVIEW)
    assert decisions.reopen(store, edition, "1-run")
    set_edition(store, edition, "held", "person")
    assert not approved(store, edition)


def test_a_hold_takes_the_mails_that_are_not_on_their_way_and_approval_gives_them_back(store: Store, run: Run) -> None:
    edition = frozen(store, 4)
    first, second = claim(store, edition, run, 2)
    before = runfile.listed(runfile.folder(store.path)), run.changes()
    assert held(store, edition)
    assert run.changes() > before[1]
    assert ledger.wanted(store, terms(run).tag, [first, second]) == ()
    assert claim(store, edition, run) == ()
    settle(store, run, [first], SendState.SENT)
    settle(store, run, [second], SendState.QUEUED)
    ledger.finish(store, edition)
    assert state_of(store, edition) == "held"
    assert approved(store, edition)
    assert len(claim(store, edition, run)) == 3


def test_a_reopened_edition_has_no_mails_and_remembers_what_it_waited_for(store: Store) -> None:
    edition = frozen(store, 2, carried=["a"], waiting=READY)
    assert reopened(store, edition)
    assert rows(store, edition) == ()
    assert editions.bodies(store, edition) == {}
    assert store.rows("SELECT * FROM carried") == []
    assert record(store, edition).release == stamp(DEADLINE)


@pytest.mark.parametrize("state", [state for state in SendState if state not in ("queued", "cancelled")])
def test_an_edition_of_which_a_mail_has_left_is_never_reopened(store: Store, state: SendState) -> None:
    edition = frozen(store, 2)
    set_rows(store, edition, [state])
    assert held(store, edition)
    assert not reopened(store, edition)
    assert len(rows(store, edition)) == 2
    assert editions.of_slot(store, "daily", SLOT) == record(store, edition)


def test_a_stop_ends_what_waits_for_editors(store: Store) -> None:
    edition = frozen(store, 2, waiting=READY)
    assert decisions.stop(store, edition, NOW)
    assert not decisions.release_due(store, NOW + timedelta(days=1))
    assert [row.state for row in rows(store, edition)] == ["cancelled"] * 2
