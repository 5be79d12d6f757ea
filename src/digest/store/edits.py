"""What editors wrote into an edition before it left."""

from dataclasses import astuple, dataclass

from digest.store._database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """Texts that take the place of the job's; None where nothing was written."""

    title: str | None = None
    subject: str | None = None
    intro: str | None = None
    """Markdown; empty: no introduction."""


def get(store: Store, edition: str) -> Edits:
    """What was written into an edition."""
    rows = store.rows("SELECT title, subject, intro FROM edits WHERE edition = ?", (edition,))
    return Edits(**dict(rows[0])) if rows else Edits()


def put(store: Store, edition: str, edits: Edits) -> None:
    """Write into an edition; what is None there stays as it is."""
    with store.writing() as connection:
        connection.execute(
            "INSERT INTO edits VALUES (?, ?, ?, ?) ON CONFLICT (edition) DO UPDATE SET "
            "title = coalesce(excluded.title, title), subject = coalesce(excluded.subject, subject), "
            "intro = coalesce(excluded.intro, intro)",
            (edition, *astuple(edits)),
        )
