import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from digest.core.errors import StoreError
from digest.core.mail import EditionState
from digest.core.web import Validators
from digest.store import Store, connect, decisions, editions, sources, told
from digest.store._database import stamp
from stored import LATER, NOW, frozen, record, set_edition, set_rows

REVIEW = editions.Waiting(state=EditionState.HELD, reason="review")
READY = editions.Waiting(state=EditionState.READY, until=NOW + timedelta(minutes=1))


def test_what_was_told_is_remembered_by_edition_and_reason(store: Store) -> None:
    first, second = frozen(store), frozen(store, slot="2026-11-24T07:00")
    told.mark(store, first, ["failed", "deferred"], NOW)
    told.mark(store, first, ["failed"], LATER)
    assert told.reasons(store, first) == {"failed", "deferred"}
    assert told.reasons(store, second) == frozenset()


def test_what_is_owed_is_not_told_until_it_is(store: Store) -> None:
    edition = frozen(store)
    told.owe(store, edition, ["failed", "deferred"])
    told.mark(store, edition, ["deferred"], NOW)
    assert told.owed(store) == {edition: ("failed",)}
    assert told.reasons(store, edition) == {"deferred"}
    told.mark(store, edition, ["failed"], NOW)
    assert told.owed(store) == {}


def test_what_editors_were_shown_is_known_by_its_code_and_is_no_report(store: Store) -> None:
    edition = frozen(store, waiting=READY)
    assert not told.is_shown(store, edition)
    told.show(store, edition, "01234567", NOW, LATER)
    assert told.is_shown(store, edition)
    assert told.is_shown(store, edition, "01234567")
    assert not told.is_shown(store, edition, "0123456")
    assert told.owed(store) == {}


def test_who_is_shown_it_late_delays_its_release_and_nobody_brings_it_forward(store: Store) -> None:
    edition, after = frozen(store, waiting=READY), LATER + timedelta(hours=1)
    assert READY.until
    for until, release in ((NOW, READY.until), (after, after), (LATER, after)):
        told.show(store, edition, str(until), NOW, until)
        found = record(store, edition)
        assert (found.release, found.expires) == (stamp(release), stamp(release + editions.LIFETIME))


def test_what_waits_for_a_person_has_no_release_however_late_it_is_shown(store: Store) -> None:
    edition = frozen(store, waiting=REVIEW)
    before = record(store, edition)
    told.show(store, edition, "01234567", NOW, LATER)
    assert record(store, edition) == before


def test_one_run_alone_takes_it_on_to_tell_the_editors(store: Store) -> None:
    edition = frozen(store, 1, waiting=READY)
    known = record(store, edition)
    assert told.take(store, known, "2-run")
    assert not told.take(store, known, "3-run")
    known = record(store, edition)
    assert known.run == "2-run"
    assert decisions.stop(store, edition, NOW)
    assert not told.take(store, known, "3-run")


@pytest.mark.parametrize("waiting", [READY, REVIEW])
def test_what_is_shelved_waits_for_a_person_and_is_owed_to_the_editors(store: Store, waiting: editions.Waiting) -> None:
    edition = frozen(store, 1, waiting=waiting)
    told.shelve(store, edition, "nobody was told")
    found = record(store, edition)
    assert (found.state, found.reason, found.release, found.detail) == ("held", "review", "", "nobody was told")
    assert told.owed(store) == {edition: ("unseen",)}
    told.mark(store, edition, ["unseen"], NOW)
    told.shelve(store, edition, "nobody was told")
    assert told.owed(store) == {}
    assert not decisions.release_due(store, NOW + timedelta(days=9))
    assert decisions.approve(store, edition, NOW, lambda: True)


@pytest.mark.parametrize("state", ["sending", "held", "composing", "stopped"])
def test_only_what_is_under_review_is_shelved(store: Store, state: str) -> None:
    edition = frozen(store, 1, waiting=READY)
    set_edition(store, edition, state)
    told.shelve(store, edition, "too late")
    assert (record(store, edition).state, told.owed(store)) == (state, {})


def test_an_edition_that_is_not_there_is_an_error_of_the_store(store: Store) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        told.mark(store, "none", ["failed"], NOW)


def test_a_full_disk_is_an_error_of_the_store(store: Store) -> None:
    edition = frozen(store)
    pages = store.rows("PRAGMA page_count")[0][0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        told.mark(store, edition, [f"{number}{'x' * 5000}" for number in range(20)], NOW)
    assert told.reasons(store, edition) == frozenset()


def test_the_last_finished_edition_is_that_of_the_newest_slot(store: Store) -> None:
    assert told.last_finished(store, "daily") is None
    slots = ["2026-11-21T07:00", "2026-11-22T07:00", "2026-11-23T07:00"]
    old, new, _ = [frozen(store, slot=slot) for slot in slots]
    set_edition(store, old, "sent")
    set_edition(store, new, "partial")
    found = told.last_finished(store, "daily")
    assert found
    assert (found.edition, found.composed) == (new, NOW)


def test_the_queue_is_what_waits_in_all_editions(store: Store) -> None:
    assert told.queue(store) == 0
    set_rows(store, frozen(store, 4), ["queued", "deferred", "sent", "failed"])
    frozen(store, 2, job="other")
    assert told.queue(store) == 4


def test_how_the_last_checks_of_sources_ended(store: Store) -> None:
    for error in ("HTTP 500", "HTTP 502"):
        sources.record(store, "a", Validators(), error, NOW)
    sources.record(store, "b", Validators(), "", NOW + timedelta(hours=1))
    assert told.checks(store) == {
        "a": told.Check(failures=2, error="HTTP 502"),
        "b": told.Check(failures=0, error=""),
    }


def test_the_size_counts_what_is_not_folded_in_yet(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        frozen(store, 200)
        assert told.size(store) == sum(each.stat().st_size for each in (path, tmp_path / "digest.db-wal"))
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM sends").fetchone() == (200,)
    connection.close()
