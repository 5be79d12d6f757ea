"""Articles, subscribers and editions in a real database, made with one call each."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from digest.core.mail import Claim, EditionState, Result, SendState
from digest.core.model import Article, Issue
from digest.core.runfile import Run
from digest.store import Store, editions, ledger, report, subscribers
from digest.store.audience import Audience, Values

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
SLOT = "2026-11-23T07:00"
HELD_BY_CHECK = editions.Waiting(state=EditionState.HELD, reason="check")


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


def issue(job: str = "daily", slot: str = SLOT, composed: datetime = NOW, revision: int = 1) -> Issue:
    """A revision of a slot."""
    return Issue(
        id=editions.edition_id(job, slot, revision),
        job=job,
        slot=slot,
        revision=revision,
        number=1,
        composed=composed,
    )


def everything(_: tuple[str, ...]) -> str:
    """The one variant of an edition without choices."""
    return ""


def composition(
    of: str,
    audience: Audience,
    *,
    held: str = "",
    carried: Sequence[str] = (),
    values: Values | None = None,
    waiting: editions.Waiting | None = None,
) -> editions.Composition:
    """What is frozen with an edition; `held`: what a check says of it."""
    default = HELD_BY_CHECK if held else editions.Waiting(state=EditionState.SENDING)
    return editions.Composition(
        waiting=waiting or default,
        detail=held,
        subject="Subject",
        content="{}",
        unsubscribe="leave@example.org",
        return_path="bounces@example.org",
        bodies=[editions.Body(variant="", mark="m", data=b"Subject: x\r\n\r\n\0\xff")],
        audience=audience,
        values=values or Values(variant=everything, message_id=lambda address: f"<{of}.{address}>"),
        carried=carried,
    )


def frozen(  # noqa: PLR0913  what a test says of an edition, each with a default
    store: Store,
    recipients: int = 3,
    *,
    job: str = "daily",
    slot: str = SLOT,
    held: str = "",
    carried: Sequence[str] = (),
    revision: int = 1,
    without: tuple[str, ...] = (),
    waiting: editions.Waiting | None = None,
) -> str:
    """The id of an edition that is ready to go to so many recipients, r0@example.org and so on."""
    new = issue(job, slot, revision=revision)
    subscribers.add_configured(store, job, [f"r{number}@example.org" for number in range(recipients)], NOW)
    assert editions.begin(store, new, "0-composer")
    audience = Audience(job=job, without=without)
    assert editions.freeze(store, new.id, composition(new.id, audience, held=held, carried=carried, waiting=waiting))
    return new.id


def tag(folded: str) -> str:
    """What a suppressed address is kept under, readable here."""
    return f"tag of {folded}"


def terms(run: Run, *, uncertain: str = "hold", rate: float | None = None, target: str = "relay") -> ledger.Terms:
    """How a run sends."""
    return ledger.Terms(run=run, tag=tag, uncertain=uncertain, rate=rate, target=target)


def claim(store: Store, edition: str, run: Run, want: int = 9, *, now: datetime = NOW) -> tuple[Claim, ...]:
    """What a run may send now."""
    return ledger.exchange(store, edition, terms(run), (), want, now).claims


def settle(
    store: Store,
    run: Run,
    claims: Sequence[Claim],
    state: SendState,
    *,
    code: str = "",
    uncertain: str = "hold",
    now: datetime = LATER,
) -> None:
    """Give claims back with an answer."""
    results = [Result(claim=each, state=state, code=code, reply="as the relay says") for each in claims]
    handout = ledger.exchange(store, claims[0].edition, terms(run, uncertain=uncertain), results, 0, now)
    assert handout == ledger.Handout(claims=())


def rows(store: Store, edition: str) -> tuple[report.Row, ...]:
    """Every recipient's row."""
    return tuple(report.rows(store, edition))


def states(store: Store, edition: str) -> list[str]:
    """The state of each row."""
    return [row.state for row in report.rows(store, edition)]


def counts(store: Store, edition: str) -> Mapping[str, int]:
    """How many rows are in each state."""
    return report.counts(store, edition)


def record(store: Store, edition: str) -> editions.Record:
    """An edition that is there."""
    found = editions.get(store, edition)
    assert found
    return found


def state_of(store: Store, edition: str) -> EditionState:
    """The state of an edition that is there."""
    return record(store, edition).state


def set_rows(store: Store, edition: str, states: Sequence[str]) -> None:
    """Give an edition's recipients these states, in the order of their numbers."""
    with store.writing() as connection:
        connection.executemany(
            "UPDATE sends SET state = ? WHERE edition = ? AND subscriber = "
            "(SELECT subscriber FROM sends WHERE edition = ? ORDER BY subscriber LIMIT 1 OFFSET ?)",
            [(state, edition, edition, place) for place, state in enumerate(states)],
        )


def set_edition(store: Store, edition: str, state: str, reason: str = "") -> None:
    """Give an edition a state."""
    with store.writing() as connection:
        connection.execute("UPDATE editions SET state = ?, reason = ? WHERE id = ?", (state, reason, edition))
