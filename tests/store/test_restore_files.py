import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from digest.core import runfile
from digest.core.errors import StoreError, UsageError
from digest.store import articles, connect, editions, safety, subscribers, suppressions
from digest.store.audience import Audience
from digest.store.schema import migrations
from store.copied import NEXT, SLOTS, SOON, backup, restored
from stored import (
    LATER,
    NOW,
    article,
    composition,
    counts,
    frozen,
    issue,
    tag,
)


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("digest.db.before-*"))


def test_restore_brings_everything_back_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        articles.add(store, "key", [article("early")])
        source = backup(store)
        articles.add(store, "key", [article("late")])
    done = restored(path, source, {})
    with connect(path) as store:
        assert [each.id for each in articles.newest(store, 9)] == ["early"]
        assert safety.faults(store) == ()
    with connect(Path(done.kept)) as store:
        assert {each.id for each in articles.newest(store, 9)} == {"early", "late"}
    assert kept(tmp_path) == [Path(done.kept).name] == ["digest.db.before-restore-20261123T070000Z"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_who_left_since_the_backup_stays_off_the_list(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        frozen(store, 3)
        source = backup(store)
        subscribers.remove(store, "daily", "r1@example.org", LATER)
        suppressions.add(store, tag, ["r2@example.org"], "complained", "", LATER)
        subscribers.add(store, "daily", "new@example.org", name="", source="cli", now=LATER)
    assert restored(path, source).left == 1
    with connect(path) as store:
        states = {each.email: each.state for each in subscribers.listed(store)}
        assert states == {
            "r0@example.org": "active",
            "r1@example.org": "unsubscribed",
            "r2@example.org": "active",
        }
        assert suppressions.found(store.connection, tag, ["r2@example.org"]) == {"r2@example.org": "complained: "}


@pytest.mark.parametrize("kind", ["text", "truncated", "flipped", "another", "newer", "missing"])
def test_what_is_no_sound_backup_changes_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        frozen(store, 50)
        source = backup(store)
    data = bytearray(source.read_bytes())
    if kind == "text":
        source.write_text("a text that somebody put here " * 200)
    elif kind == "truncated":
        source.write_bytes(data[: len(data) // 2])
    elif kind == "flipped":
        assert b"r20@example.orgr20@" in data
        source.write_bytes(data.replace(b"r20@example.orgr20@", b"r2x@example.orgr20@", 1))
    elif kind == "newer":
        with closing(sqlite3.connect(source)) as connection, connection:
            connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'digest', 'm099_from_afar', '2030')")
    else:
        source.unlink()
    if kind == "another":
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("CREATE TABLE other (x)")
    before = dump(path)
    with pytest.raises((StoreError, UsageError), match=r"^[^\n]+$"):
        restored(path, source)
    assert dump(path) == before
    assert sorted(each.name for each in tmp_path.iterdir() if each != source) == ["digest.db"]


def test_a_backup_of_an_older_schema_is_migrated_and_left_as_it_is(tmp_path: Path) -> None:
    path, source = tmp_path / "digest.db", tmp_path / "old.db"
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        migrations.apply(Database(connection), stop_before="m004_delivery")
    before = source.read_bytes()
    restored(path, source)
    assert source.read_bytes() == before
    assert kept(tmp_path) == []
    with connect(path) as store:
        assert frozen(store, 1, slot=NEXT)


@pytest.mark.parametrize("broken", ["bytes", "page", "log"])
def test_a_damaged_database_is_put_aside_as_it_is(tmp_path: Path, broken: str) -> None:
    path, log = tmp_path / "digest.db", tmp_path / "digest.db-wal"
    with connect(path) as store:
        frozen(store, 20)
        source = backup(store)
    data = path.read_bytes()
    path.write_bytes(data[:8192] + bytes(4096) + data[12288:] if broken == "page" else b"no database" * 1000)
    if broken == "log":
        log.write_bytes(b"no log" * 1000)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="digest restore FILE"), connect(path):
        pass
    done = restored(path, source)
    assert done.left is None
    assert Path(done.kept).read_bytes()[100:] == before[100:]  # its header may say that it has no log now
    assert not log.exists()
    with connect(path) as store:
        assert safety.faults(store) == ()
        assert editions.unfinished(store) == ()


def test_a_living_process_keeps_its_database(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        source = backup(store)
        with pytest.raises(StoreError, match="another digest has it open"):
            restored(path, source)
        with runfile.begin(runfile.folder(path)), pytest.raises(StoreError, match="another digest has it open"):
            restored(path, source)
    with closing(sqlite3.connect(path)) as other:
        other.execute("SELECT count(*) FROM editions").fetchall()
        with pytest.raises(StoreError, match="another program has it open"):
            restored(path, source)
    assert kept(tmp_path) == []
    restored(path, source)


def test_run_files_of_the_old_database_go(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        source = backup(store)
    runs = runfile.folder(path)
    runs.mkdir(exist_ok=True)
    (runs / "1234-abcdef").write_bytes(b"")
    restored(path, source)
    assert runfile.listed(runs) == ()


def test_an_interrupted_restore_lets_nobody_in_until_it_is_done(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        frozen(store, 1)
        source = backup(store)
    path.rename(tmp_path / "digest.db.restored")
    with (
        pytest.raises(StoreError, match=r"a restore was interrupted; run `digest restore FILE` once more"),
        connect(path),
    ):
        pass
    assert not path.exists()
    restored(path, source)
    with connect(path) as store:
        assert len(editions.listed(store)) == 1


def test_opening_waits_for_a_restore(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        source = backup(store)
    done: list[float] = []

    def progress(_done: int, _total: int) -> None:
        if not done:
            thread.start()
            time.sleep(0.3)
            done.append(0)

    def come() -> None:
        with connect(path) as store:
            done.append(len(editions.listed(store)))

    thread = threading.Thread(target=come)
    safety.restore(path, source, SLOTS, SOON, progress)
    thread.join()
    assert done == [0, 1]


def test_a_composition_for_everybody_still_freezes_after_a_restore(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        subscribers.add_configured(store, "daily", ["r0@example.org"], NOW)
        source = backup(store)
    restored(path, source)
    with connect(path) as store:
        assert editions.begin(store, issue(slot=NEXT), "1-run")
        new = editions.edition_id("daily", NEXT)
        assert editions.freeze(store, new, composition(new, Audience(job="daily")))
        assert counts(store, new) == {"queued": 1}
