import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from digest.core.errors import StoreError
from digest.core.web import Validators
from digest.store import Store, connect, sources, told
from stored import LATER, NOW, frozen, set_edition, set_rows


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
