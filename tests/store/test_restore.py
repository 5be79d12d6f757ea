import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from digest.core.mail import SendState
from digest.core.runfile import Run
from digest.store import Store, connect, editions, recovery
from store.copied import SOON, backup, restored
from stored import (
    NOW,
    SLOT,
    claim,
    counts,
    frozen,
    issue,
    record,
    set_edition,
    settle,
)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Where another newsletter's database would lie."""
    folder = tmp_path / "new"
    folder.mkdir()
    return folder / "digest.db"


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("digest.db.before-*"))


@pytest.mark.parametrize("state", ["composing", "held", "ready", "sending"])
def test_restore_stops_what_was_not_finished(store: Store, elsewhere: Path, state: str) -> None:
    edition = frozen(store, 3)
    set_edition(store, edition, state)
    source = backup(store)
    done = restored(elsewhere, source)
    assert (done.stopped, done.closed, done.cancelled, done.uncertain) == ((edition,), (), 3, 0)
    assert done.left is None
    with connect(elsewhere) as other:
        assert record(other, edition).state == "stopped"
        assert "restored from a backup at 2026-11-23T07:00:00" in record(other, edition).detail
        assert counts(other, edition) == {"cancelled": 3}


def test_what_was_on_its_way_when_the_backup_was_made_is_uncertain(store: Store, elsewhere: Path, run: Run) -> None:
    edition = frozen(store, 4)
    first, second = claim(store, edition, run, 1), claim(store, edition, run, 1)
    settle(store, run, first, SendState.SENT)
    source = backup(store)
    settle(store, run, second, SendState.SENT)
    restored(elsewhere, source)
    with connect(elsewhere) as other:
        assert counts(other, edition) == {"cancelled": 2, "sent": 1, "uncertain": 1}
        assert recovery.recover(other, "resend", SOON) == {}
        assert counts(other, edition) == {"cancelled": 2, "sent": 1, "uncertain": 1}
        assert editions.unfinished(other) == ()


@pytest.mark.parametrize("state", ["sent", "partial"])
def test_by_no_policy_a_restored_edition_is_taken_up_again(store: Store, elsewhere: Path, run: Run, state: str) -> None:
    edition = frozen(store, 1)
    settle(store, run, claim(store, edition, run), SendState.UNCERTAIN)
    set_edition(store, edition, state)
    source = backup(store)
    assert restored(elsewhere, source).stopped == ()
    with connect(elsewhere) as other:
        recovery.recover(other, "resend", SOON)
        assert (record(other, edition).state, counts(other, edition)) == (state, {"uncertain": 1})


def test_a_slot_without_an_edition_counts_as_done(store: Store, elsewhere: Path) -> None:
    source = backup(store)
    done = restored(elsewhere, source, {"daily": SLOT, "weekly": "2026-11-23"})
    assert done.closed == ("daily-2026-11-23T0700", "weekly-2026-11-23")
    with connect(elsewhere) as other:
        for edition in done.closed:
            assert record(other, edition).state == "stopped"
            assert not editions.is_open(other, record(other, edition))
        assert not editions.begin(other, issue(), "1-run")


def test_a_skipped_slot_is_not_composed_anew_and_a_finished_one_stays(store: Store, elsewhere: Path) -> None:
    skipped, sent = frozen(store, 1), frozen(store, 1, job="weekly")
    set_edition(store, skipped, "skipped")
    set_edition(store, sent, "sent")
    source = backup(store)
    assert restored(elsewhere, source, {"daily": SLOT, "weekly": SLOT}).closed == (skipped,)
    with connect(elsewhere) as other:
        assert (record(other, skipped).state, record(other, sent).state) == ("stopped", "sent")


def test_slots_between_the_backup_and_now_are_not_due(store: Store, elsewhere: Path) -> None:
    editions.known_since(store, "daily", NOW - timedelta(days=9))
    source = backup(store)
    restored(elsewhere, source, {"weekly": "2026-11-23"})
    with connect(elsewhere) as other:
        assert editions.known_since(other, "daily", NOW) == SOON
        assert editions.known_since(other, "weekly", NOW) == SOON


def test_a_stopped_slot_is_sent_again_to_those_who_did_not_get_it(store: Store, elsewhere: Path, run: Run) -> None:
    edition = frozen(store, 3)
    settle(store, run, claim(store, edition, run, 1), SendState.SENT)
    source = backup(store)
    restored(elsewhere, source)
    with connect(elsewhere) as other:
        again = frozen(other, 3, revision=2, without=(edition,))
        assert counts(other, again) == {"queued": 2}
