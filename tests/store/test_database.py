import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.errors import StoreError
from digest.store import (
    Store,
    articles,
    connect,
    editions,
    subscribers,
)
from digest.store._database import moment, stamp
from stored import NOW, article

OPENER = """
import sys
from pathlib import Path
from digest.store import connect, subscribers
from datetime import datetime, UTC
print("ready", flush=True)
sys.stdin.readline()
with connect(Path(sys.argv[1])) as store:
    subscribers.add(store, "daily", sys.argv[2], name="", source="cli", now=datetime.now(UTC))
"""


def one(store: Store, sql: str) -> object:
    return store.rows(sql)[0][0]


def test_every_table_of_a_new_database_is_strict(store: Store) -> None:
    found = {row["name"]: row["strict"] for row in store.rows("PRAGMA table_list") if row["name"][0] != "_"}
    own = {name: strict for name, strict in found.items() if not name.startswith("sqlite_")}
    assert {"articles", "bodies", "carried", "editions", "jobs", "sends", "sightings", "sources", "subscribers"} <= set(
        own
    )
    assert set(own.values()) == {1}


def test_a_database_opened_again_keeps_what_is_in_it(tmp_path: Path) -> None:
    with connect(tmp_path / "digest.db") as store:
        subscribers.add(store, "daily", "a@example.org", name="", source="cli", now=NOW)
    with connect(tmp_path / "digest.db") as store:
        assert [s.email for s in subscribers.listed(store)] == ["a@example.org"]


def test_commits_survive_a_power_cut_and_references_hold(store: Store) -> None:
    assert one(store, "PRAGMA journal_mode") == "wal"
    assert one(store, "PRAGMA synchronous") == 2
    assert one(store, "PRAGMA foreign_keys") == 1
    assert one(store, "PRAGMA trusted_schema") == 0


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store, store.writing() as connection:
        connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'digest', 'm099_from_afar', '2030')")
    before = path.read_bytes()
    with (
        pytest.raises(StoreError, match=r"digest\.db: made by a newer digest \(m099_from_afar\); upgrade digest"),
        connect(path),
    ):
        pass
    assert path.read_bytes() == before


@pytest.mark.parametrize("broken", ["bytes", "folder", "no parent"])
def test_what_is_no_database_is_refused_in_one_line(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "digest.db"
    if broken == "bytes":
        path.write_bytes(b"no database" * 1000)
    elif broken == "folder":
        path.mkdir()
    else:
        path = tmp_path / "gone" / "digest.db"
    with pytest.raises(StoreError, match=r"^[^\n]*digest\.db: [^\n]+$"), connect(path):
        pass


@pytest.mark.parametrize("attempt", range(5))
def test_processes_that_open_a_new_database_at_once_all_work(tmp_path: Path, attempt: int) -> None:
    path = tmp_path / f"{attempt}.db"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, str(path), f"r{number}@example.org"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(6)
    ]
    for process in processes:
        assert process.stdout
        process.stdout.readline()
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in processes]
    assert errors == [""] * 6
    with connect(path) as store:
        assert len(subscribers.listed(store)) == 6


def test_reading_and_opening_do_not_wait_for_a_writer(store: Store) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        with connect(store.path) as second:
            assert subscribers.listed(second) == ()
        assert editions.listed(store) == ()
        assert time.monotonic() - begun < 5


def fail_in_a_write(store: Store) -> None:
    with store.writing() as connection:
        connection.execute("INSERT INTO jobs VALUES ('daily', 'x')")
        raise ZeroDivisionError


def test_a_failed_write_leaves_nothing_and_the_next_one_works(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_in_a_write(store)
    assert store.rows("SELECT * FROM jobs") == []
    editions.known_since(store, "daily", NOW)
    assert one(store, "SELECT count(*) FROM jobs") == 1


def fill(path: Path) -> None:
    with connect(path) as store:
        articles.add(store, "key", [article("small")])
        store.connection.execute(f"PRAGMA max_page_count = {one(store, 'PRAGMA page_count')}")
        articles.add(store, "key", [article(f"{number}-{'x' * 1000}") for number in range(100)])


def test_a_full_disk_is_named_and_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with pytest.raises(StoreError, match=r"digest\.db: database or disk is full"):
        fill(path)
    with connect(path) as store:
        assert [found.id for found in articles.newest(store, 9)] == ["small"]
        assert articles.add(store, "key", [article("other")]) == 1


seconds = st.integers(-60_000_000_000, 250_000_000_000)


@settings(deadline=None)
@given(seconds, seconds, st.integers(-1439, 1439))
def test_stamps_sort_as_their_moments_do(one: int, other: int, offset: int) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    first, second = epoch + timedelta(seconds=one), epoch + timedelta(seconds=other)
    elsewhere = first.astimezone(timezone(timedelta(minutes=offset)))
    assert moment(stamp(elsewhere)) == first
    assert (stamp(elsewhere) < stamp(second)) == (first < second)
