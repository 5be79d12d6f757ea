"""What readers do for themselves: leave, leave everything, choose, pause."""

from datetime import datetime, timedelta

import pytest

from digest.store import Store, subscribers
from stored import LATER, NOW, frozen, rows


def states(store: Store) -> dict[str, str]:
    return {subscriber.email: subscriber.state for subscriber in subscribers.listed(store)}


def add(store: Store, email: str, job: str = "daily") -> bool:
    return subscribers.add(store, job, email, name="", source="cli", now=NOW)


def changes(store: Store) -> bytes:
    counter = store.path.with_name("digest.db.run") / "changes"
    return counter.read_bytes() if counter.exists() else b""


def test_leaving_is_done_once_and_may_be_said_again(store: Store) -> None:
    add(store, "a@example.org")
    before = changes(store)
    assert subscribers.leave(store, "daily", "A@example.org", LATER, "one-click")
    after = changes(store)
    assert after != before
    assert subscribers.leave(store, "daily", "a@example.org", LATER, "one-click")
    assert not subscribers.leave(store, "daily", "nobody@example.org", LATER, "one-click")
    assert not subscribers.leave(store, "weekly", "a@example.org", LATER, "one-click")
    assert changes(store) == after
    assert states(store) == {"a@example.org": "unsubscribed"}


@pytest.mark.parametrize("state", ["bounced", "complained"])
def test_leaving_hides_no_worse_reason(store: Store, state: str) -> None:
    add(store, "a@example.org")
    with store.writing() as connection:
        connection.execute("UPDATE subscribers SET state = ?", (state,))
    assert subscribers.leave(store, "daily", "a@example.org", LATER, "one-click")
    assert states(store) == {"a@example.org": state}


def test_leaving_everything_ends_every_subscription_of_that_address_only(store: Store) -> None:
    for job in ("daily", "weekly", "monthly"):
        add(store, "a@example.org", job)
        add(store, "b@example.org", job)
    subscribers.leave(store, "weekly", "a@example.org", NOW, "form")
    assert subscribers.leave_all(store, "A@example.org", LATER, "form") == 2
    assert subscribers.leave_all(store, "a@example.org", LATER, "form") == 0
    found = {(s.email, s.state) for s in subscribers.listed(store)}
    assert found == {("a@example.org", "unsubscribed"), ("b@example.org", "active")}


def choose(store: Store, until: datetime | None = None, email: str = "r0@example.org") -> bool:
    return subscribers.choose(store, "daily", email, topics=("ai",), language="de", paused_until=until, now=LATER)


def test_what_a_reader_chooses_is_kept(store: Store) -> None:
    add(store, "r0@example.org")
    assert choose(store, LATER + timedelta(days=7))
    (one,) = subscribers.listed(store)
    assert (one.topics, one.language, one.paused_until) == (("ai",), "de", "2026-11-30T06:01:00+00:00")
    assert choose(store)
    assert choose(store, LATER)  # over already
    assert subscribers.listed(store)[0].paused_until == ""


def test_only_a_reader_may_choose(store: Store) -> None:
    add(store, "r0@example.org")
    subscribers.remove(store, "daily", "r0@example.org", NOW)
    assert not choose(store)
    assert not choose(store, email="nobody@example.org")
    assert subscribers.listed(store)[0].topics == ()


def test_a_pause_holds_for_mails_that_wait(store: Store) -> None:
    edition = frozen(store, 2)
    assert choose(store, LATER + timedelta(days=1))
    assert [(row.state, row.reply) for row in rows(store, edition)] == [
        ("cancelled", "paused before it was sent"),
        ("queued", ""),
    ]
