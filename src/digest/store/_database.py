"""A path -> an open, sound, migrated database in which every write is one immediate transaction."""

import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from digest.core import plug
from digest.core.errors import StoreError
from digest.store import _copy, _soundness, migrations

_BUSY_SECONDS = 30
_log = logging.getLogger(__name__)


class Store:
    """An open database, opaque outside this room."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        connection.row_factory = sqlite3.Row
        if not connection.execute("PRAGMA page_count").fetchone()[0]:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only an empty file takes it
        _use_wal(connection)
        # FULL: with NORMAL a power cut loses the last commits and mails go out twice (facts/trust.md 1.7).
        # Who is forgotten leaves nothing behind in the file.
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")

    def rows(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.connection.execute(sql, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that takes the write lock at once: a later upgrade would fail without waiting."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            # A full disk has rolled back by itself; a commit that failed has not.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise


@contextmanager
def connect(path: Path) -> Iterator[Store]:
    """The database at `path`, made, checked or migrated when needed; StoreError when it cannot be used."""
    with _soundness.held(path, _BUSY_SECONDS), opened(path) as store:
        try:
            if _soundness.is_due(path):
                _soundness.check(path, store.connection)
            migrate(store)
        except UnicodeDecodeError as error:  # in the names of tables and columns, or in what SQLite says of them
            raise StoreError(_soundness.damaged(path, str(error))) from error
        yield store


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """The database at `path` as it is, for one who holds its folder; StoreError says what helps."""
    with suppress(OSError):
        # Addresses lie in it: nobody else reads it, from the first byte on. Never opened when it is there: closing it
        # would end the locks that SQLite holds on it for this process (sqlite.org/howtocorrupt.html 2.2).
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        raw = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        with closing(raw) as connection:
            yield Store(path, connection)
    except sqlite3.Error as error:
        raise StoreError(_soundness.explained(path, error)) from error


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL, waiting for others: SQLite itself does not wait when two processes switch a new database."""
    give_up = monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > give_up:
                raise
            sleep(0.01)
        else:
            return


def migrate(store: Store, *, keep: bool = True) -> None:
    """Bring the tables up to date in one transaction; what was there before is kept beside the database."""
    known = set(plug.names(migrations.__name__))
    applied = _applied(store)
    if newer := applied - known:
        raise StoreError(f"{store.path}: made by a newer digest ({', '.join(sorted(newer))}); upgrade digest")
    # Read-only so far: a second process must not wait for the write lock of a long send.
    if applied == known:
        return
    schema = plug.load("digest.store", "schema")
    with store.writing() as connection:
        waiting = sorted(known - _applied(store))  # another process may have been faster
        if keep and applied and waiting:
            _keep(store.path, waiting[0])
        schema.migrate(connection)
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise StoreError(_soundness.damaged(store.path, "rows that belong to nothing"))


def _applied(store: Store) -> set[str]:
    """The steps of the tables' history that are done."""
    if not store.rows("SELECT 1 FROM sqlite_schema WHERE name = '_sqlite_migrations'"):
        return set()
    return {row[0] for row in store.rows("SELECT name FROM _sqlite_migrations WHERE migration_set = 'digest'")}


def _keep(path: Path, migration: str) -> None:
    """Copy the database as it was before a migration, once."""
    kept = path.with_name(f"{path.name}{_soundness.BEFORE}{migration}")
    if not kept.exists():
        # Not through the connection that writes: SQLite copies nothing from it then.
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            _copy.copy(connection, kept, lambda _done, _total: None)
        _log.warning("%s: upgraded; what it was before is kept in %s", path, kept.name)


def stamp(moment: datetime) -> str:
    """A moment as stored: UTC, ISO 8601, whole seconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def moment(text: str) -> datetime:
    """The moment of a stored stamp."""
    return datetime.fromisoformat(text)
