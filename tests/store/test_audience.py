"""Whom an edition goes to, against a slow model that looks at one subscriber after the other."""

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.errors import StoreError
from digest.core.mail import SendState
from digest.core.runfile import Run
from digest.store import Store, connect, editions, subscribers
from digest.store._database import stamp
from digest.store.audience import Audience, Values, choices
from stored import (
    LATER,
    NOW,
    claim,
    composition,
    counts,
    frozen,
    issue,
    record,
    rows,
    set_rows,
    settle,
    state_of,
    states,
)

SECTIONS = ("cars", "money")
JOBS = ("daily", "weekly")
NEVER = ("failed", "suppressed", "cancelled", "expired")


@dataclass(frozen=True)
class Person:
    """A subscription, and what became of the edition's first revision."""

    job: str
    name: str
    state: str
    topics: tuple[str, ...]
    earlier: str
    maybe: bool
    paused_until: str

    @property
    def address(self) -> str:
        return f"{self.name}@example.org".lower()


def variant(topics: tuple[str, ...]) -> str | None:
    """What a reader of these topics gets; `art` is not in the edition."""
    if not topics:
        return ""
    return ",".join(topic for topic in SECTIONS if topic in topics) or None


def message_id(address: str) -> str:
    return f"<{address}>"


def plan(store: Store, audience: Audience, revision: int = 1) -> str:
    """The id of an edition that is frozen for an audience."""
    new = issue(audience.job, revision=revision)
    assert editions.begin(store, new, "0-composer")
    made = composition(new.id, audience, values=Values(variant=variant, message_id=message_id))
    assert editions.freeze(store, new.id, made)
    return new.id


def chosen(store: Store, **topics: Sequence[str]) -> None:
    """Subscribers with what they chose."""
    for name, each in topics.items():
        subscribers.add(store, "daily", f"{name}@example.org", name="", source="cli", now=NOW, topics=each)


def test_each_reader_gets_the_variant_of_what_was_chosen(store: Store) -> None:
    chosen(store, all=(), cars=("cars",), both=("cars", "money"), some=("money", "art"))
    edition = plan(store, Audience(job="daily"))
    planned = [(row["email"], row["variant"]) for row in store.rows("SELECT * FROM sends ORDER BY subscriber")]
    assert planned == [
        ("all@example.org", ""),
        ("cars@example.org", "cars"),
        ("both@example.org", "cars,money"),
        ("some@example.org", "money"),
    ]
    assert rows(store, edition)[0].message_id == "<all@example.org>"


def test_one_whose_topics_are_not_in_the_edition_is_cancelled_and_counted(store: Store, run: Run) -> None:
    chosen(store, all=(), none=("art", "music"))
    edition = plan(store, Audience(job="daily"))
    row = rows(store, edition)[1]
    assert (row.state, row.reply) == ("cancelled", "none of the chosen topics is in this edition")
    assert record(store, edition).recipients == 2
    assert [each.email for each in claim(store, edition, run)] == ["all@example.org"]


def test_choices_are_counted_by_what_was_chosen(store: Store) -> None:
    chosen(store, a=(), b=(), c=("cars",), d=("money", "cars"), e=("cars",), gone=("art",))
    subscribers.remove(store, "daily", "gone@example.org", NOW)
    assert choices(store, Audience(job="daily")) == {(): 2, ("cars",): 2, ("money", "cars"): 1}
    assert choices(store, Audience(job="daily", only=("C@example.org", "nobody@example.org"))) == {("cars",): 1}
    assert choices(store, Audience(job="weekly")) == {}


def test_an_edition_goes_only_to_those_who_are_named_however_they_are_spelled(store: Store) -> None:
    chosen(store, a=(), b=(), c=())
    subscribers.remove(store, "daily", "c@example.org", NOW)
    edition = plan(store, Audience(job="daily", only=("B@EXAMPLE.org", "c@example.org", "nobody@example.org")))
    assert [row.email for row in rows(store, edition)] == ["b@example.org"]


def test_whoever_got_an_earlier_revision_perhaps_got_it_or_is_still_to_get_it_is_left_out(
    store: Store, run: Run
) -> None:
    first = frozen(store, len(SendState) + 1)
    settle(store, run, claim(store, first, run, 1), SendState.UNCERTAIN, uncertain="resend")
    # The first was perhaps delivered once, and then refused.
    settle(store, run, claim(store, first, run, 1), SendState.FAILED, now=NOW)
    set_rows(store, first, ["failed", *SendState])
    second = frozen(store, len(SendState) + 1, revision=2, without=(first,))
    never = {f"r{number}@example.org" for number, state in enumerate(SendState, 1) if state in NEVER}
    assert {row.email for row in rows(store, second)} == never


def test_one_who_paused_is_left_out_until_the_time_is_over(store: Store) -> None:
    chosen(store, a=(), b=())
    subscribers.choose(store, "daily", "b@example.org", topics=(), language="", paused_until=LATER, now=NOW)
    paused, over = Audience(job="daily", at=NOW), Audience(job="daily", at=LATER)
    assert (choices(store, paused), choices(store, over)) == ({(): 1}, {(): 2})
    assert [row.email for row in rows(store, plan(store, paused))] == ["a@example.org"]
    assert [row.email for row in rows(store, plan(store, over, revision=2))] == ["a@example.org", "b@example.org"]


def test_without_a_moment_a_pause_is_judged_by_the_clock(store: Store) -> None:
    chosen(store, a=(), b=())
    clock = datetime.now(UTC)
    with store.writing() as connection:
        connection.execute("UPDATE subscribers SET paused_until = ?", (stamp(clock + timedelta(hours=1)),))
    assert choices(store, Audience(job="daily")) == {}
    with store.writing() as connection:
        connection.execute("UPDATE subscribers SET paused_until = ?", (stamp(clock),))
    assert choices(store, Audience(job="daily")) == {(): 2}


def test_a_mail_that_cannot_be_named_leaves_nothing_planned(store: Store) -> None:
    chosen(store, a=(), b=())
    assert editions.begin(store, issue(), "0-composer")

    def failing(address: str) -> str:
        return {"a@example.org": "<a>"}[address]

    made = composition("x", Audience(job="daily"), carried=["a"], values=Values(variant=variant, message_id=failing))
    with pytest.raises(StoreError, match="user-defined function"), connect(store.path) as other:
        editions.freeze(other, issue().id, made)
    assert state_of(store, issue().id) == "composing"
    assert editions.bodies(store, issue().id) == {}
    assert store.rows("SELECT * FROM carried") == store.rows("SELECT * FROM sends") == []


people = st.lists(
    st.builds(
        Person,
        job=st.sampled_from(JOBS),
        name=st.sampled_from(["Ann", "bob", "Cem", "dov", "Eve", "fay"]),
        state=st.sampled_from(["active", "active", "unsubscribed", "bounced", "pending"]),
        topics=st.lists(st.sampled_from([*SECTIONS, "art"]), unique=True).map(tuple),
        earlier=st.sampled_from(["", *SendState]),
        maybe=st.booleans(),
        paused_until=st.sampled_from(["", "2026-11-23T05:59:59+00:00", stamp(NOW), "2026-11-23T06:00:01+00:00"]),
    ),
    unique_by=lambda person: (person.job, person.address),
    max_size=12,
)


def store_people(store: Store, found: Sequence[Person]) -> str:
    """Store subscriptions, and the first revision of the daily edition as it went to some of them."""
    for number, person in enumerate(found, 1):
        values = (number, person.job, person.address, f"{person.name}@example.org", person.state)
        with store.writing() as connection:
            connection.execute(
                "INSERT INTO subscribers "
                "(id, job, address, email, name, state, source, created, changed, topics, paused_until) "
                "VALUES (?, ?, ?, ?, '', ?, 'cli', '', '', ?, ?)",
                (*values, json.dumps(person.topics), person.paused_until),
            )
    first = plan(store, Audience(job="daily", only=("nobody@example.org",)))
    with store.writing() as connection:
        for number, person in enumerate(found, 1):
            if person.earlier and person.job == "daily":
                connection.execute(
                    "INSERT INTO sends VALUES (?, ?, '', '', '', ?, 0, '', '', 0, '', '', '', ?)",
                    (first, number, person.earlier, person.maybe),
                )
    return first


def modelled(found: Sequence[Person], job: str, only: Sequence[str], *, again: bool) -> list[tuple[str, str, str]]:
    """Address, variant and state of each row that there should be."""
    planned = []
    for person in found:
        if person.job != job or person.state != "active" or person.paused_until > stamp(NOW):
            continue
        if only and person.address not in only:
            continue
        if again and person.earlier and (person.earlier not in NEVER or person.maybe):
            continue
        chosen = variant(person.topics)
        state = "cancelled" if chosen is None else "queued"
        planned.append((f"{person.name}@example.org", chosen or "", state))
    return planned


@given(
    found=people,
    job=st.sampled_from(JOBS),
    only=st.lists(st.sampled_from(["ann@example.org", "bob@example.org", "eve@example.org"]), unique=True),
    again=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_planning_is_what_a_slow_model_says(
    found: Sequence[Person], job: str, only: Sequence[str], *, again: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder) / "digest.db") as store:
        first = store_people(store, found)
        audience = Audience(job=job, only=tuple(only), without=(first,) if again else (), at=NOW)
        asked = choices(store, audience)
        edition = plan(store, audience, revision=2)
        again = again and job == "daily"
        model = modelled(found, job, only, again=again)
        planned = store.rows(
            "SELECT email, variant, state, attempts, maybe FROM sends WHERE edition = ? ORDER BY subscriber", (edition,)
        )
        assert [tuple(row) for row in planned] == [(*row, 0, 0) for row in model]
        assert sum(asked.values()) == len(model) == record(store, edition).recipients
        assert counts(store, edition) == Counter(row[2] for row in model)
        assert {topics for topics in asked if variant(topics) is None} == set() or "cancelled" in states(store, edition)
