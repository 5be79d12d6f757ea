"""Whom nobody may mail any more, each as a tag that only the key's owner can make of an address."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from digest.core import address, runfile
from digest.store._database import Store, stamp

Tag: TypeAlias = Callable[[str], str]
"""Folded address -> its tag."""


def add(store: Store, tag: Tag, emails: Iterable[str], reason: str, detail: str, now: datetime) -> int:
    """Suppress addresses for every job, for `bounced`, `complained`, `unsubscribed` or `erased`; how many were new."""
    with store.writing() as connection:
        added = connection.executemany(
            "INSERT OR IGNORE INTO suppressions VALUES (?, ?, ?, '', ?)",
            [(tag(address.folded(email)), reason, detail, stamp(now)) for email in emails],
        ).rowcount
    runfile.changed(runfile.folder(store.path))
    return added


def forgive(store: Store, tag: Tag, email: str, reasons: Collection[str] = ("bounced",)) -> str:
    """Let an address be mailed again that is suppressed for one of the reasons; that reason, empty when none is."""
    with store.writing() as connection:
        gone = connection.execute(
            "DELETE FROM suppressions WHERE tag = ? AND reason IN (SELECT value FROM json_each(?)) RETURNING reason",
            (tag(address.folded(email)), json.dumps([*reasons])),
        ).fetchall()
    return str(gone[0][0]) if gone else ""


def found(connection: sqlite3.Connection, tag: Tag, emails: Collection[str]) -> Mapping[str, str]:
    """Those of the addresses that are suppressed -> why, with its details, in the caller's transaction."""
    return {email: f"{row['reason']}: {row['detail']}" for email, row in _rows(connection, tag, emails).items()}


def reasons(connection: sqlite3.Connection, tag: Tag, emails: Collection[str]) -> Mapping[str, str]:
    """Those of the addresses that are suppressed -> the reason as one word, in the caller's transaction."""
    return {email: row["reason"] for email, row in _rows(connection, tag, emails).items()}


def _rows(connection: sqlite3.Connection, tag: Tag, emails: Collection[str]) -> Mapping[str, sqlite3.Row]:
    if not connection.execute("SELECT EXISTS (SELECT 1 FROM suppressions)").fetchone()[0]:
        return {}
    tags = {tag(address.folded(email)): email for email in emails}
    rows = connection.execute(
        "SELECT tag, reason, detail FROM suppressions WHERE tag IN (SELECT value FROM json_each(?))",
        (json.dumps(list(tags)),),
    )
    return {tags[row["tag"]]: row for row in rows}
