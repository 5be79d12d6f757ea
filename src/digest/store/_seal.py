"""A frozen edition -> a hash of what its mails are made of, kept with it: SQLite sees no text that was changed."""

import json
import sqlite3
from hashlib import sha256

from digest.core.errors import StoreError
from digest.store import _soundness
from digest.store._database import Store

_HEAD = "SELECT id, job, slot, revision, unsubscribe, return_path, seal FROM editions WHERE id = ?"
_BODIES = "SELECT variant, mark, data FROM bodies WHERE edition = ? ORDER BY variant"


def put(connection: sqlite3.Connection, edition: str) -> None:
    """Keep the hash of what was just frozen, in the caller's transaction."""
    connection.execute("UPDATE editions SET seal = ? WHERE id = ?", (_seal(connection, edition), edition))


def check(store: Store, edition: str) -> None:
    """StoreError when an edition is not what was frozen; one without a seal is from before there were any."""
    row = store.connection.execute(_HEAD, (edition,)).fetchone()
    # Of one whose mails were pruned nothing can be sent.
    is_pruned = not store.rows(_BODIES + " LIMIT 1", (edition,))
    if row and row["seal"] and not is_pruned and row["seal"] != _seal(store.connection, edition):
        raise StoreError(_soundness.damaged(store.path, f"{edition} is not what was frozen"))


def _seal(connection: sqlite3.Connection, edition: str) -> str:
    made = sha256()
    for row in connection.execute(_HEAD, (edition,)):
        made.update(json.dumps(tuple(row)[:-1]).encode())
    for variant, mark, data in connection.execute(_BODIES, (edition,)):
        made.update(json.dumps([variant, mark, len(data)]).encode() + data)
    return made.hexdigest()
