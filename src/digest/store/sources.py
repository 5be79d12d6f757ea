"""How sources fare: what their servers asked to be shown again, their last success and their failures in a row."""

from datetime import datetime

from digest.core.web import Validators
from digest.store._database import Store, stamp

_RECORD = """
INSERT INTO sources (key, etag, last_modified, checked, succeeded, failures, error)
VALUES (:key, :etag, :modified, :now, :succeeded, :failed, :error)
ON CONFLICT (key) DO UPDATE SET
  etag = excluded.etag, last_modified = excluded.last_modified, checked = excluded.checked,
  succeeded = coalesce(excluded.succeeded, succeeded), error = excluded.error,
  failures = CASE WHEN excluded.failures THEN failures + 1 ELSE 0 END
"""


def validators(store: Store) -> dict[str, Validators]:
    """Source key -> the validators of its last answer."""
    rows = store.rows("SELECT key, etag, last_modified FROM sources")
    return {row[0]: Validators(etag=row[1], last_modified=row[2]) for row in rows}


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
