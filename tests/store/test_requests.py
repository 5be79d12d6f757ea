"""Sign-ups by form: asked for, confirmed, counted, and erased when nobody answers."""

from datetime import timedelta

import pytest

from digest.store import Store, consents, erasure, persons, subscribers, suppressions
from digest.store.consents import Proof
from digest.store.subscribers import Requested, Requests
from stored import LATER, NOW, frozen, rows, tag

FORM = Proof(how="form", text="Send me the Brief. Version 3.", prefix="192.0.2.0/24")
WEEK = timedelta(days=7, seconds=1)


def ask(store: Store, email: str = "a@example.org", job: str = "daily", topics: tuple[str, ...] = ()) -> Requested:
    return subscribers.request(
        store, job, email, topics=topics, language="de", timezone="", proof=FORM, now=NOW, tag=tag
    )


def confirm(store: Store, email: str = "a@example.org", job: str = "daily") -> bool:
    return subscribers.confirm(store, job, email, LATER, tag=tag)


def states(store: Store) -> dict[str, str]:
    return {subscriber.email: subscriber.state for subscriber in subscribers.listed(store)}


def add(store: Store, email: str = "a@example.org", job: str = "daily") -> None:
    subscribers.add(store, job, email, name="", source="cli", now=NOW)


def set_states(store: Store, state: str) -> None:
    with store.writing() as connection:
        connection.execute("UPDATE subscribers SET state = ?", (state,))


def test_a_sign_up_waits_until_it_is_confirmed_and_keeps_what_was_agreed_to(store: Store) -> None:
    assert ask(store, topics=("ai",)) == Requested.NEW
    assert states(store) == {"a@example.org": "pending"}
    assert not confirm(store, "b@example.org")
    assert not confirm(store, job="weekly")
    assert confirm(store, "A@example.org")
    assert confirm(store)
    (one,) = subscribers.listed(store)
    assert (one.state, one.source, one.topics, one.language) == ("active", "form", ("ai",), "de")
    (proof,) = persons.known(store, tag, "a@example.org").subscriptions[0].consents
    assert (proof.how, proof.text, proof.prefix) == ("form", "Send me the Brief. Version 3.", "192.0.2.0/24")
    assert (proof.at, proof.confirmed) == ("2026-11-23T06:00:00+00:00", "2026-11-23T06:01:00+00:00")


def test_asking_again_counts_the_newest_wish_and_confirms_only_the_last_words(store: Store) -> None:
    ask(store, topics=("ai",))
    assert ask(store, "A@example.org", topics=("cars",)) == Requested.PENDING
    confirm(store)
    (one,) = subscribers.listed(store)
    assert one.topics == ("cars",)
    first, second = consents.of(store, 1)
    assert (first.confirmed, second.confirmed) == ("", "2026-11-23T06:01:00+00:00")


def test_nobody_changes_by_a_form_what_a_reader_has(store: Store) -> None:
    add(store)
    assert ask(store, topics=("ai",)) == Requested.ACTIVE
    assert subscribers.listed(store)[0].topics == ()
    assert len(consents.of(store, 1)) == 1


def test_one_who_left_comes_back_by_asking_and_confirming(store: Store) -> None:
    add(store)
    subscribers.leave(store, "daily", "a@example.org", NOW, "one-click")
    assert not confirm(store)
    assert ask(store) == Requested.NEW
    assert states(store) == {"a@example.org": "pending"}
    assert confirm(store)
    assert states(store) == {"a@example.org": "active"}


@pytest.mark.parametrize("reason", ["unsubscribed", "erased"])
def test_who_wanted_no_mail_at_all_is_heard_again_only_by_confirming(store: Store, reason: str) -> None:
    suppressions.add(store, tag, ["a@example.org", "b@example.org"], reason, "", NOW)
    assert ask(store) == Requested.NEW
    both = ["a@example.org", "b@example.org"]
    assert set(suppressions.reasons(store.connection, tag, both)) == {*both}
    assert confirm(store)
    assert set(suppressions.reasons(store.connection, tag, both)) == {"b@example.org"}


@pytest.mark.parametrize("reason", ["bounced", "complained"])
def test_who_complained_or_cannot_be_reached_is_barred_for_every_job(store: Store, reason: str) -> None:
    suppressions.add(store, tag, ["a@example.org"], reason, "", NOW)
    assert ask(store) == Requested.BARRED
    add(store, "b@example.org", "weekly")
    set_states(store, reason)
    assert ask(store, "b@example.org") == Requested.BARRED
    assert states(store) == {"b@example.org": reason}


def test_a_complaint_between_asking_and_confirming_counts(store: Store) -> None:
    ask(store)
    suppressions.add(store, tag, ["a@example.org"], "complained", "", NOW)
    assert not confirm(store)
    assert states(store) == {"a@example.org": "pending"}


def test_requests_are_counted_by_address_domain_and_network_without_naming_any(store: Store) -> None:
    for email in ("a@example.org", "A@example.org", "b@example.org", "c@other.example"):
        ask(store, email)
    counted = subscribers.requests_since(store, NOW, email="a@example.org", prefix="192.0.2.0/24", tag=tag)
    assert counted == Requests(address=2, prefix=4, domain=3, all=4)
    elsewhere = subscribers.requests_since(store, NOW, email="x@example.net", prefix="2001:db8::/48", tag=tag)
    assert elsewhere == Requests(address=0, prefix=0, domain=0, all=4)
    later = subscribers.requests_since(store, LATER, email="a@example.org", prefix="", tag=tag)
    assert later == Requests(address=0, prefix=0, domain=0, all=0)
    assert subscribers.unanswered(store, "A@example.org", NOW, tag=tag) == 2
    assert subscribers.unanswered(store, "a@example.org", LATER, tag=tag) == 0
    confirm(store)
    assert subscribers.unanswered(store, "a@example.org", NOW, tag=tag) == 0
    assert all(value.startswith("tag of ") for row in store.rows("SELECT * FROM requests") for value in tuple(row)[2:])


def test_who_is_barred_or_a_reader_counts_against_the_limits_too(store: Store) -> None:
    suppressions.add(store, tag, ["a@example.org"], "complained", "", NOW)
    add(store, "b@example.org")
    ask(store)
    ask(store, "b@example.org")
    assert subscribers.requests_since(store, NOW, email="", prefix="", tag=tag).all == 2


def test_what_nobody_confirms_in_a_week_is_erased(store: Store) -> None:
    ask(store)
    ask(store, "b@example.org")
    confirm(store, "b@example.org")
    assert erasure.expire(store, NOW + timedelta(days=7)) == 0
    assert erasure.expire(store, NOW + WEEK) == 1
    assert states(store) == {"b@example.org": "active"}
    assert store.rows("SELECT count(*) FROM consents")[0][0] == 1


def test_who_left_and_asked_in_vain_has_left_still(store: Store) -> None:
    subscribers.add_configured(store, "daily", ["a@example.org"], NOW)
    subscribers.leave(store, "daily", "a@example.org", NOW, "one-click")
    ask(store)
    assert erasure.expire(store, NOW + WEEK) == 1
    assert states(store) == {"a@example.org": "unsubscribed"}
    assert subscribers.add_configured(store, "daily", ["a@example.org"], NOW) == 0


def test_the_row_of_a_mail_that_asked_stays_without_its_address(store: Store) -> None:
    ask(store, "r0@example.org")
    set_states(store, "active")
    edition = frozen(store, 0)
    set_states(store, "pending")
    assert erasure.expire(store, NOW + WEEK) == 1
    assert [row.email for row in rows(store, edition)] == [""]
    assert states(store) == {"": "erased"}


def test_traces_of_who_asked_go_with_time(store: Store) -> None:
    ask(store)
    confirm(store)
    ask(store, "b@example.org")
    erasure.expire(store, NOW + timedelta(days=91))
    assert store.rows("SELECT * FROM requests") == []
    assert consents.of(store, 1)[0].prefix == "192.0.2.0/24"
    erasure.expire(store, NOW + timedelta(days=366))
    assert consents.of(store, 1)[0].prefix == ""


@pytest.mark.parametrize("prefix", ["192.0.2.7/32", "192.0.2.0/25", "2001:db8::/49", "2001:db8::1/128", "192.0.2.7"])
def test_a_proof_takes_no_network_so_small_that_it_names_a_person(prefix: str) -> None:
    with pytest.raises(ValueError, match="at most /24, or /48"):
        Proof(how="form", text="", prefix=prefix)


@pytest.mark.parametrize(
    ("client", "prefix"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_of_a_client_only_its_network_is_kept(client: str, prefix: str) -> None:
    assert consents.network(client) == prefix
    assert Proof(how="form", text="", prefix=consents.network(client)).prefix == prefix
