"""A list from elsewhere: what becomes of each entry, in earnest and in a rehearsal."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.store import Store, connect, subscribers, suppressions
from digest.store.consents import Proof
from stored import NOW, tag

LISTED = Proof(how="import", text="from their old list")


def states(store: Store) -> dict[str, str]:
    return {subscriber.email: subscriber.state for subscriber in subscribers.listed(store)}


def add(store: Store, email: str, job: str = "daily") -> bool:
    return subscribers.add(store, job, email, name="", source="cli", now=NOW)


def entry(email: str, *topics: str) -> subscribers.Entry:
    return subscribers.Entry(email=email, name="Jo", topics=topics, language="de", timezone="Europe/Berlin")


def taken(store: Store, *emails: str, dry_run: bool = False) -> list[str]:
    entries = [entry(email) for email in emails]
    results = subscribers.take_over(store, "daily", entries, NOW, tag=tag, proof=LISTED, dry_run=dry_run)
    return [result for _, result in results]


def test_a_list_is_taken_over_with_all_it_says(store: Store) -> None:
    given = entry("a@example.org", "ai")
    results = subscribers.take_over(store, "daily", [given], NOW, tag=tag, proof=LISTED, dry_run=False)
    assert list(results) == [(given, "added")]
    (one,) = subscribers.listed(store)
    assert (one.name, one.topics, one.language, one.timezone) == ("Jo", ("ai",), "de", "Europe/Berlin")
    assert (one.state, one.source) == ("active", "import")
    assert taken(store, "A@example.org", "b@example.org") == ["known", "added"]


def test_a_list_to_look_at_changes_nothing(store: Store) -> None:
    assert taken(store, "a@example.org", dry_run=True) == ["added"]
    assert subscribers.listed(store) == ()


@pytest.mark.parametrize("state", ["unsubscribed", "bounced", "complained", "erased"])
def test_a_list_never_brings_back_who_left(store: Store, state: str) -> None:
    add(store, "a@example.org")
    with store.writing() as connection:
        connection.execute("UPDATE subscribers SET state = ?", (state,))
    assert taken(store, "a@example.org", "b@example.org") == ["left", "added"]
    assert states(store)["a@example.org"] == state


@pytest.mark.parametrize(("state", "result"), [("complained", "left"), ("bounced", "left"), ("unsubscribed", "added")])
def test_who_complained_about_one_job_is_taken_over_for_none(store: Store, state: str, result: str) -> None:
    add(store, "a@example.org", "weekly")
    with store.writing() as connection:
        connection.execute("UPDATE subscribers SET state = ?", (state,))
    assert taken(store, "a@example.org") == [result]


def test_a_list_names_somebody_twice_and_counts_the_person_once(store: Store) -> None:
    for dry_run in (True, True, False):
        assert taken(store, "a@example.org", "A@example.org", "b@example.org", dry_run=dry_run) == [
            "added",
            "known",
            "added",
        ]


@pytest.mark.parametrize("reason", ["bounced", "complained", "unsubscribed", "erased"])
def test_a_list_adds_nobody_who_is_suppressed_however_often_it_names_the_address(store: Store, reason: str) -> None:
    suppressions.add(store, tag, ["b@example.org"], reason, "", NOW)
    for dry_run in (True, False):
        named = ["a@example.org", "B@example.org", "b@example.org"]
        assert taken(store, *named, dry_run=dry_run) == ["added", "suppressed", "suppressed"]
    assert states(store) == {"a@example.org": "active"}


@given(
    st.lists(st.sampled_from(["a@x.org", "A@x.org", "b@x.org", "c@x.org", "gone@x.org", "bad@x.org"]), max_size=12),
    st.sets(st.sampled_from(["a@x.org", "c@x.org"])),
)
def test_a_rehearsal_foretells_what_an_import_does(named: list[str], there: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder) / "digest.db") as store:
        subscribers.add_configured(store, "daily", [*there, "gone@x.org"], NOW)
        subscribers.remove(store, "daily", "gone@x.org", NOW)
        suppressions.add(store, tag, ["bad@x.org"], "complained", "", NOW)
        foretold = taken(store, *named, dry_run=True)
        assert taken(store, *named) == foretold
        assert foretold.count("added") == len({email.lower() for email in named} - there - {"gone@x.org", "bad@x.org"})


def test_a_long_list_is_taken_over_in_turns_and_the_log_stays_short(store: Store) -> None:
    with connect(store.path):
        before = len(taken(store, *(f"{number * 7919 % 60_013}.r@example.org" for number in range(60_000))))
        log = store.path.with_name("digest.db-wal")
        # Six transactions that each change most pages of the index: the log is as long as one of them, not as all.
        assert log.stat().st_size < 1.2 * store.path.stat().st_size
    assert before == len(subscribers.listed(store)) == 60_000
    assert store.rows("SELECT count(*) FROM consents")[0][0] == 60_000
    assert store.rows("SELECT count(*) FROM wordings WHERE words = 'from their old list'")[0][0] == 1
