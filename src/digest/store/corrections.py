"""What editors corrected: one row an article, gone when everything was undone."""

from datetime import datetime

from digest.corrections import Correction
from digest.store._database import Store, moment, stamp

_CHANGE = """
INSERT INTO corrections (article, topic, pinned, dropped, changed)
SELECT id, coalesce(:topic, ''), coalesce(:pinned, 0), coalesce(:dropped, 0), :now FROM articles WHERE id = :article
ON CONFLICT (article) DO UPDATE SET topic = coalesce(:topic, topic), pinned = coalesce(:pinned, pinned),
  dropped = coalesce(:dropped, dropped), changed = :now
"""


def listed(store: Store) -> dict[str, Correction]:
    """Article id -> what was corrected."""
    rows = store.rows("SELECT article, topic, pinned, dropped, changed FROM corrections ORDER BY article")
    return {
        row["article"]: Correction(
            topic=row["topic"],
            pinned=bool(row["pinned"]),
            dropped=bool(row["dropped"]),
            changed=moment(row["changed"]),
        )
        for row in rows
    }


def change(
    store: Store,
    article_id: str,
    now: datetime,
    *,
    topic: str | None = None,
    pinned: bool | None = None,
    dropped: bool | None = None,
) -> None:
    """Correct an article, if it is there; None leaves as it is, an empty topic and False undo."""
    values = {"article": article_id, "topic": topic, "pinned": pinned, "dropped": dropped, "now": stamp(now)}
    with store.writing() as connection:
        connection.execute(_CHANGE, values)
        connection.execute("DELETE FROM corrections WHERE topic = '' AND NOT pinned AND NOT dropped")
