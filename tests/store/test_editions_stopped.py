from datetime import timedelta

import pytest

from digest.core import runfile
from digest.core.mail import EditionState
from digest.core.runfile import Run
from digest.store import Store, decisions, editions, subscribers
from digest.store.audience import Audience
from stored import LATER, NOW, SLOT, claim, composition, frozen, issue, record, set_edition, state_of, states

ID = "daily-2026-11-23T0700"


@pytest.mark.parametrize("state", [*EditionState])
def test_what_is_not_finished_can_be_stopped(store: Store, state: EditionState) -> None:
    edition = frozen(store, 2)
    set_edition(store, edition, state, "check")
    stoppable = state in ("composing", "held", "ready", "sending")
    assert decisions.stop(store, edition, LATER) is stoppable
    found = record(store, edition)
    if stoppable:
        assert (found.state, found.reason, found.detail) == ("stopped", "", "stopped at 2026-11-23T06:01:00+00:00")
    else:
        assert found.state == state
    is_over = stoppable or state == "stopped"
    assert states(store, edition) == (["cancelled"] * 2 if is_over else ["queued"] * 2)
    assert not decisions.stop(store, edition, LATER)


def test_what_was_stopped_while_it_was_composed_is_not_frozen(store: Store, run: Run) -> None:
    subscribers.add_configured(store, "daily", ["a@example.org"], NOW)
    assert editions.begin(store, issue(), run.id)
    assert decisions.stop(store, ID, NOW)
    before = record(store, ID)
    assert not editions.freeze(store, ID, composition(ID, Audience(job="daily"), carried=["a"]))
    assert record(store, ID) == before
    assert editions.bodies(store, ID) == {}
    assert store.rows("SELECT * FROM sends") == store.rows("SELECT * FROM carried") == []


@pytest.mark.parametrize(("state", "reason"), [("held", "no-source"), ("held", "error"), ("skipped", "")])
def test_what_was_stopped_while_it_was_composed_stays_stopped_whatever_the_composition_came_to(
    store: Store, run: Run, state: str, reason: str
) -> None:
    assert editions.begin(store, issue(), run.id)
    assert decisions.stop(store, ID, NOW)
    editions.close(store, ID, EditionState(state), reason, "no source answered")
    assert state_of(store, ID) == "stopped"
    assert not editions.begin(store, issue(), "2-run")


def test_only_what_is_composed_is_frozen(store: Store) -> None:
    edition = frozen(store, 1)
    assert not editions.freeze(store, edition, composition(edition, Audience(job="daily")))
    assert not editions.freeze(store, "another", composition("another", Audience(job="daily")))
    assert states(store, edition) == ["queued"]


def test_a_frozen_edition_has_two_days_from_its_composition(store: Store) -> None:
    assert record(store, frozen(store, 1)).expires == "2026-11-25T06:00:00+00:00"


def test_a_revision_is_an_edition_of_its_own(store: Store, run: Run) -> None:
    first = frozen(store, 2)
    decisions.stop(store, first, NOW)
    again = frozen(store, 2, revision=2)
    assert again == f"{ID}.2"
    assert [found.id for found in editions.revisions(store, "daily", SLOT)] == [first, again]
    newest = editions.of_slot(store, "daily", SLOT)
    assert newest
    assert newest.id == again
    assert len(claim(store, again, run)) == 2
    assert states(store, first) == ["cancelled"] * 2


def test_an_earlier_revision_does_not_count_as_the_last_edition_sent(store: Store) -> None:
    for revision, hours in ((1, 5), (2, 6)):
        edition = frozen(store, 1, revision=revision)
        with store.writing() as connection:
            composed = (NOW + timedelta(hours=hours)).isoformat()
            connection.execute("UPDATE editions SET state = 'sent', composed = ? WHERE id = ?", (composed, edition))
    assert editions.last_sent(store, "daily") == NOW + timedelta(hours=6)
    assert editions.last_sent(store, "daily", [f"{ID}.2"]) == NOW + timedelta(hours=5)
    assert editions.last_sent(store, "daily", [ID, f"{ID}.2"]) is None


def test_a_composition_whose_run_is_dead_is_open_and_one_of_a_living_run_is_not(store: Store, run: Run) -> None:
    assert editions.begin(store, issue(), run.id)
    assert not editions.is_open(store, record(store, ID))
    assert not editions.begin(store, issue(), "2-run")
    with runfile.begin(runfile.folder(store.path)) as other:
        assert editions.begin(store, issue("weekly"), other.id)
    assert editions.is_open(store, record(store, "weekly-2026-11-23T0700"))
