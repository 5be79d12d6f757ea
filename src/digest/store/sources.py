"""How sources fare: what their servers asked to be shown again, their last success and their failures in a row."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.core.web import Validators
from digest.store._database import Store, moment, stamp

_RECORD = """
INSERT INTO sources (key, etag, last_modified, checked, succeeded, failures, error)
VALUES (:key, :etag, :modified, :now, :succeeded, :failed, :error)
ON CONFLICT (key) DO UPDATE SET
  etag = excluded.etag, last_modified = excluded.last_modified, checked = excluded.checked,
  succeeded = coalesce(excluded.succeeded, succeeded), error = excluded.error,
  failures = CASE WHEN excluded.failures THEN failures + 1 ELSE 0 END
"""

_HEALTH = """
SELECT sources.*, count(articles.id) AS items, coalesce(sum(articles.date > :since), 0) AS recent
FROM sources LEFT JOIN sightings ON sightings.source = sources.key LEFT JOIN articles ON articles.id = sightings.article
GROUP BY sources.key
"""
_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a source fared so far."""

    checked: datetime
    """UTC, the last time."""
    succeeded: datetime | None
    """UTC, the last time without an error."""
    failures: int
    """In a row."""
    error: str
    """Of the last check."""
    items: int
    """Articles known from it."""
    per_day: float
    """Articles a day over the last 14 days, by publication."""


def health(store: Store, now: datetime) -> dict[str, Health]:
    """Source key -> how it fared, for those that were ever checked."""
    rows = store.rows(_HEALTH, {"since": stamp(now - timedelta(days=_DAYS))})
    return {
        row["key"]: Health(
            checked=moment(row["checked"]),
            succeeded=moment(row["succeeded"]) if row["succeeded"] else None,
            failures=row["failures"],
            error=row["error"],
            items=row["items"],
            per_day=round(row["recent"] / _DAYS, 1),
        )
        for row in rows
    }


def validators(store: Store) -> dict[str, Validators]:
    """Source key -> the validators of its last answer."""
    rows = store.rows("SELECT key, etag, last_modified FROM sources")
    return {row[0]: Validators(etag=row[1], last_modified=row[2]) for row in rows}


def last_answers(store: Store) -> dict[str, datetime]:
    """Source key -> when it last answered (UTC)."""
    rows = store.rows("SELECT key, succeeded FROM sources WHERE succeeded IS NOT NULL")
    return {row[0]: moment(row[1]) for row in rows}


def record(store: Store, key: str, validators: Validators, error: str, now: datetime) -> None:
    """Remember how a check of a source ended; an empty error is a success."""
    values = {
        "key": key,
        "etag": validators.etag,
        "modified": validators.last_modified,
        "now": stamp(now),
        "succeeded": None if error else stamp(now),
        "failed": int(bool(error)),
        "error": error,
    }
    with store.writing() as connection:
        connection.execute(_RECORD, values)
