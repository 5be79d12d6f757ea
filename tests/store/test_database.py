import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.errors import StoreError
from digest.core.mail import Claim, EditionState, Result, SendState
from digest.core.web import Validators
from digest.store import Store, articles, connect, corrections, editions, ledger, sources, subscribers
from digest.store._database import moment, stamp
from stored import NOW, article, composition, frozen, issue

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

CLAIM = Claim(edition="daily-2026-11-23T0700", subscriber=1, email="r0@example.org", message_id="<x@example.org>")
ENTRY = subscribers.Entry(email="new@example.org", name="", topics=(), language="", timezone="")
WRITERS: dict[str, Callable[[Store], object]] = {
    "articles.add": lambda store: articles.add(store, "key", [article("new")]),
    "corrections.change": lambda store: corrections.change(store, "new", NOW, pinned=True),
    "editions.begin": lambda store: editions.begin(store, issue(slot="2026-11-24T07:00"), "1-run"),
    "editions.close": lambda store: editions.close(store, CLAIM.edition, EditionState.SKIPPED, "", ""),
    "editions.freeze": lambda store: editions.freeze(store, CLAIM.edition, composition({}, of="")),
    "editions.release": lambda store: editions.release(store, CLAIM.edition),
    "editions.known_since": lambda store: editions.known_since(store, "weekly", NOW),
    "ledger.exchange": lambda store: ledger.exchange(
        store, CLAIM.edition, "1-run", [Result(claim=CLAIM, state=SendState.SENT, code="", reply="")], 1, NOW
    ),
    "ledger.finish": lambda store: ledger.finish(store, CLAIM.edition),
    "sources.record": lambda store: sources.record(store, "key", Validators(), "", NOW),
    "subscribers.take_over": lambda store: subscribers.take_over(store, "daily", [ENTRY], NOW, dry_run=False),
    "subscribers.add": lambda store: subscribers.add(store, "daily", "new@example.org", name="", source="cli", now=NOW),
    "subscribers.add_configured": lambda store: subscribers.add_configured(store, "daily", ["new@example.org"], NOW),
    "subscribers.remove": lambda store: subscribers.remove(store, "daily", "r0@example.org", NOW),
}


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


@pytest.mark.parametrize("writer", WRITERS)
def test_a_write_waits_for_another_process_and_then_works(store: Store, writer: str) -> None:
    frozen(store, 1)
    with closing(sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.1, other.execute, ["COMMIT"])
        begun = time.monotonic()
        timer.start()
        WRITERS[writer](store)
        assert time.monotonic() - begun >= 0.1
        timer.join()


@pytest.mark.parametrize("writer", WRITERS)
def test_a_write_is_one_immediate_transaction(store: Store, writer: str) -> None:
    frozen(store, 1)
    told: list[str] = []
    store.connection.set_trace_callback(told.append)
    WRITERS[writer](store)
    store.connection.set_trace_callback(None)
    words = [statement.split()[0] for statement in told]
    writes = [place for place, word in enumerate(words) if word in ("INSERT", "UPDATE", "DELETE")]
    begun, done = words.index("BEGIN"), words.index("COMMIT")
    assert told[begun] == "BEGIN IMMEDIATE"
    assert writes
    assert all(begun < place < done for place in writes)


def test_every_function_that_writes_is_among_the_tested(store: Store) -> None:
    rooms = (articles, corrections, editions, ledger, sources, subscribers)
    writing = {
        f"{room.__name__.rpartition('.')[2]}.{name}"
        for room in rooms
        for name, function in vars(room).items()
        if "writing" in getattr(getattr(function, "__code__", None), "co_names", ())
    }
    assert writing - {"ledger._give_up"} == set(WRITERS)
    assert store.rows("SELECT * FROM editions") == []


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


@given(seconds, seconds, st.integers(-1439, 1439))
def test_stamps_sort_as_their_moments_do(one: int, other: int, offset: int) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    first, second = epoch + timedelta(seconds=one), epoch + timedelta(seconds=other)
    elsewhere = first.astimezone(timezone(timedelta(minutes=offset)))
    assert moment(stamp(elsewhere)) == first
    assert (stamp(elsewhere) < stamp(second)) == (first < second)
