"""What is older than `[keep]` -> gone, in transactions so short that no sender waits; who got what stays for ever."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from digest.core import runfile
from digest.core.settings import Keep
from digest.store._database import Store, stamp
from digest.store._soundness import BEFORE, RESTORING

_LONGEST: Final = 0.1
"""Seconds that a transaction should hold the write lock."""
_REST: Final = 3
"""Everybody else may have it so many times as long: a sender that waits looks ten times a second."""
_MOST: Final = 500
_PAGE: Final = 5_000
_FREED: Final = 500
"""Pages given back in one transaction."""
_ABANDONED: Final = 86_400
"""Seconds after which what was never finished is nobody's."""

# A date that was not believed would be today's if the source still names the article, so its row has to stay.
_OLD = """
SELECT id, date, rowid AS place, published IS NOT NULL AND published < :before AS dated,
  length(CAST(text AS BLOB)) + length(CAST(summary AS BLOB)) AS bytes FROM articles
WHERE date < :before AND (date, rowid) > (:date, :place) AND first_seen < :before ORDER BY date, rowid LIMIT :most
"""
_WANTED = """
SELECT article FROM carried JOIN editions ON editions.id = carried.edition
WHERE editions.state IN ('composing', 'held', 'ready', 'sending')
UNION SELECT article FROM corrections WHERE changed >= :before
"""
_DELETE = "DELETE FROM articles WHERE id IN (SELECT value FROM json_each(?))"
_EMPTY = "UPDATE articles SET text = '', summary = '' WHERE id IN (SELECT value FROM json_each(?))"
_BARE = "DELETE FROM pictures WHERE article IN (SELECT value FROM json_each(?))"
_BODIES = """
SELECT bodies.rowid AS place, length(data) AS bytes FROM bodies JOIN editions ON editions.id = bodies.edition
WHERE state IN ('sent', 'partial', 'stopped', 'skipped', 'expired') AND composed < :before AND expires < :now
"""
_DROP_BODIES = """
DELETE FROM bodies WHERE rowid IN (SELECT value FROM json_each(?)) AND edition IN
  (SELECT id FROM editions WHERE state IN ('sent', 'partial', 'stopped', 'skipped', 'expired'))
"""
_IMAGES = """
SELECT hash, length(data) AS bytes FROM images
WHERE NOT EXISTS (SELECT 1 FROM pictures WHERE large = hash AND article NOT IN (SELECT value FROM json_each(:gone)))
AND NOT EXISTS (SELECT 1 FROM pictures WHERE thumb = hash AND article NOT IN (SELECT value FROM json_each(:gone)))
"""
_DROP_IMAGES = """
DELETE FROM images WHERE hash IN (SELECT value FROM json_each(?))
AND NOT EXISTS (SELECT 1 FROM pictures WHERE large = hash) AND NOT EXISTS (SELECT 1 FROM pictures WHERE thumb = hash)
"""
_NEEDED = """
SELECT EXISTS (SELECT 1 FROM sends WHERE run = :run AND state = 'sending')
OR EXISTS (SELECT 1 FROM editions WHERE run = :run AND state = 'composing')
"""


_Change: TypeAlias = Callable[[sqlite3.Connection, str], object]
"""What is done to some rows, named as a JSON list, in the caller's transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went, or in a dry run would go; the fields are those of `prune --json`."""

    articles: int
    emptied: int
    """Articles without a date that keep their title, because only their row says that they are not new."""
    bodies: int
    images: int
    files: int
    """Run files of processes that died, and copies that were never finished."""
    bytes: int
    """Of texts, mails and pictures."""
    given_back: int
    """Bytes that the database's file is smaller by; the rest of what went is used again."""


def prune(store: Store, keep: Keep, now: datetime, *, dry_run: bool = False, vacuum: bool = False) -> Pruned:
    """Remove what is too old; `vacuum` writes the database anew, which needs its size twice and stops all senders."""
    before = stamp(now - keep.articles)
    wanted = _wanted(store.connection, before)
    old = [row for row in _old(store, before) if row["id"] not in wanted]
    dated, undated = [row for row in old if row["dated"]], [row for row in old if not row["dated"] and row["bytes"]]
    bodies = store.rows(_BODIES, {"before": stamp(now - keep.bytes), "now": stamp(now)})
    images = store.rows(_IMAGES, {"gone": json.dumps([row["id"] for row in (*dated, *undated)])})
    files, size = _abandoned(store), _size(store)
    if not dry_run:
        _in_turns(store, [row["id"] for row in dated], lambda at, ids: _drop(at, ids, before, _DELETE))
        _in_turns(store, [row["id"] for row in undated], lambda at, ids: _drop(at, ids, before, _BARE, _EMPTY))
        _in_turns(store, [row["place"] for row in bodies], lambda at, places: at.execute(_DROP_BODIES, (places,)))
        _in_turns(store, [row["hash"] for row in images], lambda at, hashes: at.execute(_DROP_IMAGES, (hashes,)))
        for path in files:
            path.unlink(missing_ok=True)
        _give_back(store, vacuum=vacuum)
    return Pruned(
        articles=len(dated),
        emptied=len(undated),
        bodies=len(bodies),
        images=len(images),
        files=len(files),
        bytes=sum(row["bytes"] for row in (*dated, *undated, *bodies, *images)),
        given_back=max(0, size - _size(store)),
    )


def _old(store: Store, before: str) -> Iterator[sqlite3.Row]:
    """Articles from before a moment, in pages: nobody's log grows while they are read."""
    last: dict[str, object] = {"date": "", "place": 0}
    while rows := store.rows(_OLD, last | {"before": before, "most": _PAGE}):
        yield from rows
        last = {"date": rows[-1]["date"], "place": rows[-1]["place"]}


def _wanted(connection: sqlite3.Connection, before: str) -> frozenset[str]:
    """Articles that an unfinished edition carries or an editor corrected lately."""
    return frozenset(row[0] for row in connection.execute(_WANTED, {"before": before}))


def _drop(connection: sqlite3.Connection, ids: str, before: str, *statements: str) -> None:
    """Do this to articles, but for those that have come to be wanted meanwhile."""
    spared = _wanted(connection, before)
    left = json.dumps([each for each in json.loads(ids) if each not in spared])
    for statement in statements:
        connection.execute(statement, (left,))


def _in_turns(store: Store, names: Sequence[str | int], change: _Change) -> None:
    """Change rows, so many at once as are quickly done, and let others write in between."""
    most, place = _MOST // 10, 0
    while place < len(names):
        begun = time.monotonic()
        with store.writing() as connection:
            change(connection, json.dumps(names[place : place + most]))
        place += most
        taken = time.monotonic() - begun
        most = max(1, most // 2) if taken > _LONGEST else min(_MOST, most * 2)
        time.sleep(_REST * taken)


def _give_back(store: Store, *, vacuum: bool) -> None:
    """Make the file smaller by what is free in it, where it can be done bit by bit or was asked for."""
    # By itself it reads first, and fails at once when somebody else writes before it does (facts/trust.md 1.9).
    store.connection.execute("PRAGMA analysis_limit = 400")
    with store.writing() as connection:
        connection.execute("PRAGMA optimize")
    if vacuum:
        store.connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        store.connection.execute("VACUUM")
    free = store.rows("PRAGMA freelist_count")[0][0]
    is_gradual = store.rows("PRAGMA auto_vacuum")[0][0]
    while is_gradual and free:
        begun = time.monotonic()
        # Each step frees one page and has no row to show: `execute` would take it for the last.
        store.connection.executescript(f"BEGIN IMMEDIATE; PRAGMA incremental_vacuum({_FREED}); COMMIT")
        time.sleep(_REST * (time.monotonic() - begun))
        before, free = free, store.rows("PRAGMA freelist_count")[0][0]
        if free >= before:
            return
    store.rows("PRAGMA wal_checkpoint(PASSIVE)")


def _abandoned(store: Store) -> tuple[Path, ...]:
    """Files of dead processes that say nothing the ledger still needs, and copies that were never finished."""
    runs, folder, name = runfile.folder(store.path), store.path.parent, store.path.name
    # Dead first: what it claimed before it died is in the ledger then.
    dead = [run for run in runfile.listed(runs) if not runfile.lives(runs, run)]
    needless = [runs / run for run in dead if not store.rows(_NEEDED, {"run": run})[0][0]]
    hidden = [*runs.glob(".*-*"), *folder.glob(f".{name}{BEFORE}*"), *folder.glob(f".{name}{RESTORING}*")]
    long_ago = time.time() - _ABANDONED
    return (*needless, *(path for path in hidden if path.stat().st_mtime < long_ago))


def _size(store: Store) -> int:
    """Bytes of the database."""
    return int(store.rows("PRAGMA page_count")[0][0]) * int(store.rows("PRAGMA page_size")[0][0])
