"""Databases of every schema so far, upgraded with a kill at each statement: nothing is lost."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from digest.core.errors import StoreError
from digest.store import connect, editions, safety
from digest.store.schema import migrations

NAMES = [migration.name for migration in migrations.pending(Database(memory=True))]
FIRST = """
INSERT INTO sources VALUES ('https://example.com/feed', 'etag', '', '2026-11-01T00:00:00+00:00', NULL, 1, 'gone');
INSERT INTO articles (id, url, title, text, summary, source, author, published, first_seen, image, enclosures)
  VALUES ('a', NULL, 'Ein Titel', 'Der Text', '', 'Docks', '', NULL, '2026-11-01T00:00:00+00:00', NULL, '[]');
INSERT INTO sightings VALUES ('https://example.com/feed', 'a');
INSERT INTO jobs VALUES ('daily', '2026-11-01T00:00:00+00:00');
INSERT INTO editions
  (id, job, slot, revision, number, state, reason, detail, run, composed, subject, content, unsubscribe)
  VALUES ('daily-1', 'daily', '1', 1, 1, 'sent', '', '', 'r', '2026-11-01T07:00:00+00:00', 'S', '{}', 'u@example.org'),
    ('daily-2', 'daily', '2', 1, 2, 'sending', '', '', 'r', '2026-11-02T07:00:00+00:00', 'S', '{}', 'u@example.org');
INSERT INTO bodies VALUES ('daily-1', '', 'm', x'00ff'), ('daily-2', '', 'm', x'01ff');
INSERT INTO carried (edition, article) VALUES ('daily-1', 'a'), ('daily-1', 'b');
INSERT INTO subscribers (id, job, address, email, name, state, source, created, changed)
  VALUES (1, 'daily', 'a@example.org', 'A@example.org', 'Ann', 'active', 'cli', '2026', '2026'),
    (7, 'daily', 'b@example.org', 'b@example.org', '', 'unsubscribed', 'config', '2026', '2026');
"""
SENDS = """
INSERT INTO sends (edition, subscriber, email, variant, message_id, state, attempts, due, run, code, reply, at, maybe{})
  VALUES ('daily-1', 1, 'A@example.org', '', '<1.1@x>', 'sent', 1, '', '', '250', 'ok', '2026', 0{}),
    ('daily-1', 7, 'b@example.org', '', '<1.7@x>', 'uncertain', 1, '', '', '', '', '2026', 1{}),
    ('daily-2', 1, 'A@example.org', '', '<2.1@x>', 'queued', 0, '', '', '', '', '', 0{});
"""
LATER = {
    "m002": "INSERT INTO images VALUES ('h', x'ff', 9, 9); INSERT INTO pictures VALUES ('a', 'h', 'h');",
    "m003": "INSERT INTO corrections VALUES ('a', 'cars', 1, 0, '2026'); UPDATE subscribers SET topics = '[\"cars\"]';",
    "m004": "INSERT INTO suppressions VALUES ('t', 'bounced', '550', 'daily-1', '2026');"
    "INSERT INTO pace VALUES ('relay', 1.5, 2.5); UPDATE editions SET recipients = 2;",
    "m005": "INSERT INTO edits VALUES ('daily-1', 'T', '', ''); INSERT INTO told VALUES ('daily-1', 'check', '2026');",
    "m007": "UPDATE carried SET story = 'a' WHERE article = 'b';",
    "m008": "INSERT INTO wordings VALUES (7, 'h', 'Send it');"
    "INSERT INTO consents VALUES (7, 1, '2026', 'form', 7, '192.0.2.0/24', '2026', '', '');"
    "INSERT INTO requests VALUES (1, '2026', 't', 'p', 'd'); UPDATE subscribers SET paused_until = '2027';",
    "m010": "INSERT INTO heard VALUES ('l', '2026'), ('s', '2026');"
    "INSERT INTO feedback VALUES ('l', '2026', 'hard', '5.1.1', 'gone', 'suppressed', 'daily-1', 1, 't', '2026');",
}
# For each statement of an upgrade: a copy of the database, and a process that dies at that statement.
DYING = """
import os, shutil, sys
from pathlib import Path
from digest.store import _database
migrate = _database.migrate
def die_at(left):
    def watched(store, **options):
        statements = iter(range(left))
        store.connection.set_trace_callback(lambda _: next(statements, None) is None and os._exit(9))
        migrate(store, **options)
        os._exit(7)
    return watched
source, code, statement = Path(sys.argv[1]), 9 << 8, 0
while code == 9 << 8:
    path = source.with_name(f"{statement}.db")
    shutil.copy(source, path)
    if not os.fork():
        _database.migrate = die_at(statement)
        with _database.connect(path):
            pass
    statement, code = statement + 1, os.wait()[1]
print(statement, code >> 8)
"""
# Opens a database where no file may be longer than some kilobytes.
CRAMPED = """
import resource, signal, sys
from pathlib import Path
from digest.store import connect
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
with connect(Path(sys.argv[1])):
    pass
"""


def made(path: Path, schema: str) -> Path:
    """A database as the digest of that schema left it, with rows in every table."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        following = NAMES[NAMES.index(schema) + 1 :]
        migrations.apply(Database(connection), stop_before=following)
        places = (", 64",) * 3 if schema >= "m004" else ("",) * 3
        connection.executescript(FIRST + SENDS.format(", place" if schema >= "m004" else "", *places))
        for prefix, statements in LATER.items():
            if prefix <= schema[:4]:
                connection.executescript(statements)
    return path


def dump(path: Path) -> list[str]:
    """All that is in it, but for the moments at which it was migrated."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE _sqlite_migrations SET applied_at = ''")
        return list(connection.iterdump())


def names(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]


def columns(path: Path) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    with closing(sqlite3.connect(path)) as connection:
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        ).fetchall():
            yield table, sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({table})"))


def upgraded(path: Path) -> Path:
    with connect(path) as store:
        assert safety.faults(store) == ()
    return path


@pytest.mark.parametrize("schema", NAMES)
def test_every_schema_so_far_is_upgraded_and_equal_to_a_new_one(tmp_path: Path, schema: str) -> None:
    old = upgraded(made(tmp_path / "old.db", schema))
    new = upgraded(tmp_path / "new.db")
    assert names(old) == names(new) == NAMES
    assert list(columns(old)) == list(columns(new))


@pytest.mark.parametrize("schema", NAMES)
def test_what_was_there_is_there_after_an_upgrade(tmp_path: Path, schema: str) -> None:
    with connect(upgraded(made(tmp_path / "old.db", schema))) as store:
        assert [record.id for record in editions.listed(store)] == ["daily-1", "daily-2"]
        assert editions.listed(store)[0].recipients == 2
        sends = store.rows("SELECT email, state, maybe FROM sends ORDER BY message_id")
        assert [tuple(row) for row in sends] == [
            ("A@example.org", "sent", 0),
            ("b@example.org", "uncertain", 1),
            ("A@example.org", "queued", 0),
        ]
        assert store.rows("SELECT count(*) FROM carried")[0][0] == 2
        assert [body.data for body in editions.bodies(store, "daily-1").values()] == [b"\x00\xff"]


def test_a_kill_at_any_statement_of_the_newest_upgrade_loses_nothing(tmp_path: Path) -> None:
    kill_at_each_statement(tmp_path, NAMES[-2])


def kill_at_each_statement(tmp_path: Path, schema: str) -> None:
    """Of the upgrade from a schema: what is left is all or nothing, and the next upgrade makes it whole."""
    whole = dump(upgraded(made(tmp_path / "whole.db", schema)))
    source = made(tmp_path / "source.db", schema)
    command = [sys.executable, "-c", DYING, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    statements, code = map(int, done.stdout.split())
    assert (statements > 9, code) == (True, 7)
    before, found = dump(source), []
    for statement in range(statements):
        path = tmp_path / f"{statement}.db"
        found.append(dump(path))
        assert dump(upgraded(path)) == whole
    assert [each for each in found if each not in (before, whole)] == []
    assert (found[0], found[-1]) == (before, whole)


@pytest.mark.parametrize("schema", NAMES[:-1])
def test_a_database_is_kept_as_it_was_before_an_upgrade(
    tmp_path: Path, schema: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = made(tmp_path / "digest.db", schema)
    before = dump(path)
    following = NAMES[NAMES.index(schema) + 1]
    kept = tmp_path / f"digest.db.before-{following}"
    upgraded(path)
    assert dump(kept) == before
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: upgraded; what it was before is kept in {kept.name}"
    ]
    upgraded(path)
    assert sorted(each.name for each in tmp_path.glob("*before*")) == [kept.name]
    assert len(caplog.records) == 1


def test_a_new_database_keeps_no_copy(tmp_path: Path) -> None:
    upgraded(tmp_path / "digest.db")
    assert [path.name for path in tmp_path.iterdir()] == ["digest.db"]


def test_a_copy_that_is_there_already_stays(tmp_path: Path) -> None:
    path = made(tmp_path / "digest.db", NAMES[0])
    kept = tmp_path / f"digest.db.before-{NAMES[1]}"
    kept.write_bytes(b"the first one")
    upgraded(path)
    assert kept.read_bytes() == b"the first one"


def test_without_room_for_the_copy_nothing_is_upgraded(tmp_path: Path) -> None:
    path = made(tmp_path / "digest.db", NAMES[0])
    before = dump(path)
    done = subprocess.run([sys.executable, "-c", CRAMPED, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(r"digest\.db\.before-m002_pictures: cannot be written: .+; the copy was given up", done.stderr)
    assert dump(path) == before
    assert [each.name for each in tmp_path.iterdir()] == ["digest.db"]


def test_a_damaged_database_is_not_upgraded(tmp_path: Path) -> None:
    path = made(tmp_path / "digest.db", NAMES[0])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM editions WHERE id = 'daily-1'")
    with pytest.raises(StoreError, match="damaged"), connect(path):
        pass
    assert names(path) == NAMES[:1]
