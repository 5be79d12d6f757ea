"""Articles, subscribers and editions in a real database, made with one call each."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from digest.core.mail import EditionState
from digest.core.model import Article, Issue
from digest.store import Store, editions, subscribers

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SLOT = "2026-11-23T07:00"


def article(name: str, *, age: timedelta | None = timedelta(), source: str = "Docks", seen: datetime = NOW) -> Article:
    """An article published so long before it was first seen; undated for None."""
    return Article(
        id=name,
        url=f"https://example.com/{name}",
        title=f"Title of {name}",
        text="One.\n\nTwo.",
        summary="",
        source=source,
        author="",
        published=None if age is None else seen - age,
        first_seen=seen,
        image=None,
    )


def issue(job: str = "daily", slot: str = SLOT, composed: datetime = NOW) -> Issue:
    """The first revision of a slot."""
    return Issue(id=editions.edition_id(job, slot), job=job, slot=slot, revision=1, number=1, composed=composed)


def composition(
    emails: dict[int, str], *, held: str = "", carried: Sequence[str] = (), of: str
) -> editions.Composition:
    """What is frozen with an edition."""
    return editions.Composition(
        held=bool(held),
        detail=held,
        subject="Subject",
        content="{}",
        unsubscribe="leave@example.org",
        return_path="bounces@example.org",
        bodies=[editions.Body(variant="", mark="m", data=b"Subject: x\r\n\r\n\0\xff")],
        recipients=[
            editions.Recipient(subscriber=number, email=email, variant="", message_id=f"<{of}.{number}@example.org>")
            for number, email in emails.items()
        ],
        carried=carried,
    )


def frozen(
    store: Store,
    recipients: int = 3,
    *,
    job: str = "daily",
    slot: str = SLOT,
    held: str = "",
    carried: Sequence[str] = (),
) -> str:
    """The id of an edition that is ready to go to so many recipients, r0@example.org and so on."""
    new = issue(job, slot)
    subscribers.add_configured(store, job, [f"r{number}@example.org" for number in range(recipients)], NOW)
    assert editions.begin(store, new, "0-composer")
    made = composition(
        {m.number: m.email for m in subscribers.active(store, job)}, held=held, carried=carried, of=new.id
    )
    editions.freeze(store, new.id, made)
    return new.id


def state_of(store: Store, edition: str) -> EditionState:
    """The state of an edition that is there."""
    record = editions.get(store, edition)
    assert record
    return record.state


def set_rows(store: Store, edition: str, states: Sequence[str]) -> None:
    """Give an edition's recipients these states, in the order of their numbers."""
    with store.writing() as connection:
        connection.executemany(
            "UPDATE sends SET state = ? WHERE edition = ? AND subscriber = "
            "(SELECT subscriber FROM sends WHERE edition = ? ORDER BY subscriber LIMIT 1 OFFSET ?)",
            [(state, edition, edition, place) for place, state in enumerate(states)],
        )
