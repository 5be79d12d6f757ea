import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from digest.core.errors import StoreError, UsageError
from digest.store import Store, articles, connect, safety
from store.copied import WRITER, backup, silent
from stored import (
    article,
    frozen,
)


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_backup_is_equal_sound_private_and_one_file(store: Store) -> None:
    frozen(store, 3)
    target = store.path.with_name("copy.db")
    made = safety.backup(store, target, silent, force=False)
    assert (made.editions, made.sends, made.bytes) == (1, 3, target.stat().st_size)
    assert target.stat().st_mode & 0o777 == 0o600
    assert dump(target) == dump(store.path)
    assert sorted(path.name for path in store.path.parent.glob("*copy.db*")) == ["copy.db"]


@pytest.mark.parametrize("name", ["digest.db", "digest.db-wal", "../{folder}/digest.db", "link.db", "hard.db"])
@pytest.mark.parametrize("force", [True, False])
def test_the_database_itself_is_no_place_for_a_backup(store: Store, name: str, *, force: bool) -> None:
    frozen(store, 1)
    store.path.with_name("link.db").symlink_to(store.path)
    store.path.with_name("hard.db").hardlink_to(store.path)
    with pytest.raises(UsageError, match="the database itself"):
        safety.backup(store, store.path.parent / name.format(folder=store.path.parent.name), silent, force=force)
    assert safety.faults(store) == ()


def test_an_earlier_backup_is_replaced_only_by_force(store: Store) -> None:
    target = backup(store)
    frozen(store, 1)
    before = target.read_bytes()
    with pytest.raises(UsageError, match="--force"):
        backup(store)
    assert target.read_bytes() == before
    target.with_name("copy.db-wal").write_bytes(b"the log of another database")
    backup(store, force=True)
    assert dump(target) == dump(store.path)


def test_a_backup_that_cannot_be_written_leaves_nothing(store: Store) -> None:
    before = sorted(store.path.parent.iterdir())
    with pytest.raises(StoreError, match=r"gone/copy\.db: cannot be written"):
        safety.backup(store, store.path.parent / "gone" / "copy.db", silent, force=False)
    with pytest.raises(UsageError, match="is there already"):
        safety.backup(store, store.path.parent, silent, force=True)
    assert sorted(store.path.parent.iterdir()) == before


def test_a_backup_blocks_no_writer_and_never_begins_anew(store: Store) -> None:
    for part in range(40):
        articles.add(store, "key", [article(f"{part}-{number}-{'x' * 3000}") for number in range(200)])
    command = [sys.executable, "-c", WRITER, str(store.path), "0.005"]
    told: list[int] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
        safety.backup(store, store.path.with_name("copy.db"), lambda done, _: told.append(done), force=False)
        output, _ = writer.communicate()
    count, slowest = output.split()
    assert told == sorted(told)
    assert len(told) > 3
    assert int(count) > 10
    assert float(slowest) < 1
    with connect(store.path.with_name("copy.db")) as copied:
        assert len(articles.newest(copied, 9_999)) == 8_000
