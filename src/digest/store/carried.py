"""What editions carried: frozen content -> the story of each article, and jobs -> the stories their readers know."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from digest.core.model import Article, Earlier, Told
from digest.store._database import Store, moment, stamp
from digest.store.articles import from_row

# Mails of an edition in the state `sending` leave, or have left.
_CARRIED = """
FROM carried JOIN editions ON editions.id = carried.edition
WHERE editions.state IN ('sent', 'partial', 'sending')
AND editions.job IN (SELECT value FROM json_each(:jobs))
AND editions.id NOT IN (SELECT value FROM json_each(:apart))
"""
_STORY = "iif(carried.story = '', carried.article, carried.story)"
_EDITIONS = f"""
SELECT {_STORY} AS story, carried.article, editions.id, editions.job, editions.composed {_CARRIED}
AND {_STORY} IN (SELECT {_STORY} {_CARRIED} AND editions.composed >= :since)
ORDER BY editions.composed, editions.id, carried.article
"""
_ARTICLES = "SELECT * FROM articles WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"


def put(connection: sqlite3.Connection, edition: str, content: str, articles: Sequence[str]) -> None:
    """Keep what an edition carries, in the caller's transaction; `articles` in the order of the content's stories."""
    rows = [
        (edition, article, story) for article, story in zip(articles, _stories(content, len(articles)), strict=True)
    ]
    connection.executemany("INSERT OR IGNORE INTO carried (edition, article, story) VALUES (?, ?, ?)", rows)


def _stories(content: str, articles: int) -> Iterator[str]:
    """The story of each article behind an edition.json; empty for those it does not know."""
    sections = []
    with suppress(ValueError):  # what is frozen may be any text
        sections = json.loads(content).get("sections", [])
    told = [story for section in sections for story in section["stories"]]
    behind = [story.get("story", story["id"]) for story in told for _ in (story["id"], *story["also"])]
    yield from behind[:articles]
    yield from [""] * (articles - len(behind))


def stories(
    store: Store, job: str, others: Collection[str], since: datetime, apart: Collection[str] = ()
) -> tuple[Told, ...]:
    """Stories that the editions of a job, and those of others it keeps away from, carried since a moment (UTC).

    They come with all that was ever carried of them; editions that are set apart count as if they had carried nothing.
    """
    values = {
        "jobs": json.dumps(sorted({job, *others})),
        "apart": json.dumps(sorted(apart)),
        "since": stamp(since),
    }
    by_story: defaultdict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in store.rows(_EDITIONS, values):
        by_story[row["story"]].append(row)
    ids = sorted({row["article"] for rows in by_story.values() for row in rows})
    known = {row["id"]: from_row(row) for row in store.rows(_ARTICLES, (json.dumps(ids),))}
    return tuple(_told(story, rows, job, known) for story, rows in sorted(by_story.items()))


def _told(story: str, rows: Sequence[sqlite3.Row], job: str, known: dict[str, Article]) -> Told:
    own = next((row for row in rows if row["job"] == job), None)
    carried = {row["article"]: str(row["id"]) for row in rows}
    return Told(
        id=story,
        articles=tuple(known[article] for article in sorted(carried) if article in known),
        first=Earlier(edition=own["id"], composed=moment(own["composed"])) if own else None,
        last=rows[-1]["id"],
        carried=carried,
    )
