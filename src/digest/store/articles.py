"""What was gathered: articles with their outlets, and which of them a job has not carried yet."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.core.model import Article
from digest.store._database import Store, moment, stamp

_NEVER = "~"
"""Later than every moment that is written down."""
_INSERT = """
INSERT OR IGNORE INTO articles (id, url, title, text, summary, source, author, published, first_seen, image, enclosures)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def add(store: Store, source_key: str, articles: Iterable[Article]) -> int:
    """Keep what is not known yet; returns how many were new. What is known stays as it was first seen."""
    with store.writing() as connection:
        before = connection.total_changes
        added = 0
        for article in articles:
            connection.execute(_INSERT, _values(article))
            added += connection.total_changes - before
            connection.execute("INSERT OR IGNORE INTO sightings VALUES (?, ?)", (source_key, article.id))
            before = connection.total_changes
    return added


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What comes after an edition and counts as published before it; moments in UTC."""

    since: datetime
    """So old it may be, by clamped publication."""
    seen: datetime
    """It was first seen after this, and not by its source's first fetch: a feed begins with the past."""


def fresh(
    store: Store,
    jobs: Collection[str],
    source_keys: Collection[str],
    since: datetime | None,
    apart: Collection[str] = (),
    late: Late | None = None,
) -> tuple[Article, ...]:
    """Articles of sources since a moment (UTC, clamped publication), and late ones, that the jobs have not carried.

    An edition has carried its articles once mails leave; those that are set apart count as if they carried nothing.
    """
    rows = store.rows(
        """
        SELECT DISTINCT articles.* FROM articles JOIN sightings ON sightings.article = articles.id
        WHERE sightings.source IN (SELECT value FROM json_each(:keys))
        AND (articles.date >= :since OR (articles.date >= :late AND articles.first_seen > :seen AND EXISTS (
          SELECT 1 FROM sightings AS before JOIN articles AS older ON older.id = before.article
          WHERE before.source = sightings.source AND older.first_seen < articles.first_seen)))
        AND NOT EXISTS (
          SELECT 1 FROM carried JOIN editions ON editions.id = carried.edition
          WHERE carried.article = articles.id AND editions.state IN ('sent', 'partial', 'sending')
          AND editions.job IN (SELECT value FROM json_each(:jobs))
          AND editions.id NOT IN (SELECT value FROM json_each(:apart)))
        ORDER BY articles.id
        """,
        {
            "keys": json.dumps(sorted(source_keys)),
            "since": stamp(since) if since else "",
            "late": stamp(late.since) if late else _NEVER,
            "seen": stamp(late.seen) if late else _NEVER,
            "jobs": json.dumps(sorted(jobs)),
            "apart": json.dumps(sorted(apart)),
        },
    )
    return tuple(from_row(row) for row in rows)


def is_known(store: Store, article: str) -> bool:
    """Whether an article with this id was gathered before."""
    return bool(store.rows("SELECT 1 FROM articles WHERE id = ?", (article,)))


def newest(store: Store, limit: int) -> tuple[Article, ...]:
    """The articles that count as newest, newest first."""
    rows = store.rows("SELECT * FROM articles ORDER BY date DESC, id LIMIT ?", (limit,))
    return tuple(from_row(row) for row in rows)


def matching(store: Store, prefix: str) -> tuple[Article, ...]:
    """The articles whose id begins with a text, at most three."""
    rows = store.rows("SELECT * FROM articles WHERE substr(id, 1, length(:p)) = :p ORDER BY id LIMIT 3", {"p": prefix})
    return tuple(from_row(row) for row in rows)


def outlets(store: Store) -> dict[str, str]:
    """The source that each outlet's name was seen with: name -> source key."""
    rows = store.rows(
        "SELECT articles.source, min(sightings.source) FROM articles JOIN sightings ON sightings.article = articles.id "
        "GROUP BY articles.source"
    )
    return {row[0]: row[1] for row in rows}


def _values(article: Article) -> tuple[object, ...]:
    return (
        article.id,
        article.url,
        article.title,
        article.text,
        article.summary,
        article.source,
        article.author,
        stamp(article.published) if article.published else None,
        stamp(article.first_seen),
        article.image,
        json.dumps(article.enclosures),
    )


def from_row(row: sqlite3.Row) -> Article:
    """The article of a row of the table."""
    columns = dict(row)
    del columns["date"]
    columns["published"] = moment(row["published"]) if row["published"] else None
    columns["first_seen"] = moment(row["first_seen"])
    columns["enclosures"] = tuple(json.loads(row["enclosures"]))
    return Article(**columns)
