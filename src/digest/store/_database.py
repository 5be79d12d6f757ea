"""A path -> an open, migrated database in which every write is one immediate transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from digest.core.errors import StoreError
from digest.store._schema import migrations

_BUSY_SECONDS = 30


class Store:
    """An open database, opaque outside this room."""

    def __init__(self, path: Path) -> None:
        self.path = path
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        self.connection = connection
        # FULL: with NORMAL a power cut loses the last commits and mails go out twice (facts/trust.md 1.7).
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")

    def rows(self, sql: str, values: object = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.connection.execute(sql, values).fetchall()  # type: ignore[arg-type]  # sequence or mapping

    def one(self, sql: str, values: object = ()) -> Any:  # noqa: ANN401  a column has any type
        """First column of the first row, None without a row."""
        row = self.connection.execute(sql, values).fetchone()  # type: ignore[arg-type]  # sequence or mapping
        return row[0] if row else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that takes the write lock at once: a later upgrade would fail without waiting."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")


@contextmanager
def connect(path: Path) -> Iterator[Store]:
    """The database at `path`, made or migrated when needed; StoreError when it cannot be used."""
    try:
        store = Store(path)
        try:
            _migrate(store)
            yield store
        finally:
            store.connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error


def _migrate(store: Store) -> None:
    # Read-only first: a second process must not wait for the write lock of a long send.
    database = Database(store.connection)
    known = {migration.name for migration in migrations.pending(database)}
    applied = {migration.name for migration in migrations.applied(database)}
    newer = applied - {migration.name for migration in migrations._migrations}  # noqa: SLF001  it has no public list
    if newer:
        raise StoreError(f"{store.path}: made by a newer digest ({', '.join(sorted(newer))}); upgrade digest")
    if known:
        with store.writing():
            migrations.apply(database)


def stamp(moment: datetime) -> str:
    """A moment as stored: UTC, ISO 8601, whole seconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def moment(text: str) -> datetime:
    """The moment of a stored stamp."""
    return datetime.fromisoformat(text)
