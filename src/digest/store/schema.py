"""The tables, as migrations that only go forward; loaded when there is something to migrate."""

import sqlite3
from collections.abc import Callable

from sqlite_utils import Database, Migrations

from digest.core import plug
from digest.store import migrations as steps

migrations = Migrations("digest")


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is pending, in the caller's transaction."""
    migrations.apply(Database(connection))


def _step(statements: str) -> Callable[[Database], None]:
    def create(db: Database) -> None:
        for statement in statements.split(";\n"):
            if statement.strip():
                db.execute(statement)

    return create


for _name in plug.names(steps.__name__):
    migrations(name=_name)(_step(plug.load(steps.__name__, _name).STATEMENTS))
