"""What people and the clock decide about an edition: go on, wait, change, stop."""

import json
from collections.abc import Callable
from datetime import datetime

from digest.core import runfile
from digest.store import _outcome
from digest.store._database import Store, stamp
from digest.store.editions import LIFETIME


def release(store: Store, edition: str, now: datetime) -> None:
    """Send a frozen edition that a check held; it has two days from now."""
    with store.writing() as connection:
        connection.execute(
            "UPDATE editions SET state = 'sending', reason = '', expires = max(expires, ?), "
            "detail = 'sent all the same: ' || detail WHERE id = ? AND state = 'held' AND reason = 'check'",
            (stamp(now + LIFETIME), edition),
        )


def release_due(
    store: Store, now: datetime, edition: str = "", is_shown: Callable[[str], bool] = lambda _edition: True
) -> bool:
    """Send the editions, or one, whose time for review is over; whether there was any.

    `is_shown`: whether the editors of an edition know what is in it; without them nobody has to.
    """
    with store.writing() as connection:
        found = connection.execute(
            "SELECT id FROM editions WHERE state = 'ready' AND release <= ? AND ? IN ('', id)", (stamp(now), edition)
        ).fetchall()
        due = [row["id"] for row in found if is_shown(row["id"])]
        connection.execute(
            "UPDATE editions SET state = 'sending', release = '' WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(due),),
        )
    return bool(due)


def approve(store: Store, edition: str, now: datetime, is_as_seen: Callable[[], bool]) -> bool:
    """Send an edition that waits for editors or that a person held; False for any other, and if it was changed."""
    with store.writing() as connection:
        return is_as_seen() and bool(
            connection.execute(
                "UPDATE editions SET state = 'sending', reason = '', release = '', expires = max(expires, ?) "
                "WHERE id = ? AND (state = 'ready' OR (state = 'held' AND reason IN ('review', 'person'))) "
                "AND EXISTS (SELECT 1 FROM bodies WHERE edition = editions.id)",
                (stamp(now + LIFETIME), edition),
            ).rowcount
        )


def hold(store: Store, edition: str) -> bool:
    """Keep an edition back until a person approves it, also while it is being sent; False for one that is over."""
    with store.writing() as connection:
        held = connection.execute(
            "UPDATE editions SET state = 'held', reason = 'person', release = '' "
            "WHERE id = ? AND (state IN ('ready', 'sending') OR (state = 'held' AND reason = 'review'))",
            (edition,),
        ).rowcount
    runfile.changed(runfile.folder(store.path))
    return bool(held)


def reopen(store: Store, edition: str, run: str) -> bool:
    """Take a frozen edition back into composition; False when a mail may have left, or it waits for nobody.

    Its `reason` and `release` stay, and say what it waits for afterwards.
    """
    with store.writing() as connection:
        reopened = connection.execute(
            "UPDATE editions SET state = 'composing', run = ? WHERE id = ? "
            "AND (state = 'ready' OR (state = 'held' AND reason IN ('review', 'person', 'check'))) "
            "AND NOT EXISTS (SELECT 1 FROM sends WHERE edition = editions.id "
            "AND (state NOT IN ('queued', 'cancelled') OR maybe))",
            (run, edition),
        ).rowcount
        if reopened:
            for table in ("sends", "bodies", "carried"):
                connection.execute(f"DELETE FROM {table} WHERE edition = ?", (edition,))  # noqa: S608  our own names
    return bool(reopened)


def stop(store: Store, edition: str, now: datetime) -> bool:
    """Send no more of an edition; False when there is nothing to stop. What is in flight cannot be called back."""
    with store.writing() as connection:
        stopped = connection.execute(
            "UPDATE editions SET state = 'stopped', reason = '', release = '', detail = 'stopped at ' || ? "
            "WHERE id = ? AND state IN ('composing', 'held', 'ready', 'sending')",
            (stamp(now), edition),
        ).rowcount
        _outcome.end(connection, edition, now)
    runfile.changed(runfile.folder(store.path))
    return bool(stopped)
