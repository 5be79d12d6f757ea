import pytest

from digest.store import Store, connect, consents, subscribers, suppressions
from stored import LATER, NOW, tag

PAYLOADS = ["'", "'; DROP TABLE subscribers; --", '"', "a\0b", "%"]


def states(store: Store, job: str | None = "daily") -> dict[str, str]:
    return {subscriber.email: subscriber.state for subscriber in subscribers.listed(store, job)}


def active(store: Store, job: str = "daily") -> list[str]:
    """The addresses of those who get a job's mails."""
    return [subscriber.email for subscriber in subscribers.listed(store, job) if subscriber.state == "active"]


def add(store: Store, email: str, job: str = "daily") -> bool:
    return subscribers.add(store, job, email, name="", source="cli", now=NOW)


def test_somebody_is_added_once_and_gets_the_jobs_mails(store: Store) -> None:
    assert add(store, "a@example.org")
    assert not add(store, "a@example.org")
    assert active(store) == ["a@example.org"]
    assert active(store, "weekly") == []


def test_two_spellings_of_one_mailbox_are_one_subscriber(store: Store) -> None:
    assert add(store, "Jo.Doe@example.org")
    assert not add(store, "jo.doe@example.org")
    assert subscribers.add_configured(store, "daily", ["JO.DOE@example.org"], NOW) == 0
    assert states(store) == {"Jo.Doe@example.org": "active"}
    assert subscribers.remove(store, "daily", "JO.doe@example.org", NOW)
    assert states(store) == {"Jo.Doe@example.org": "unsubscribed"}


def test_one_who_left_is_remembered_and_gets_nothing(store: Store) -> None:
    add(store, "a@example.org")
    assert subscribers.remove(store, "daily", "a@example.org", NOW)
    assert not subscribers.remove(store, "daily", "a@example.org", NOW)
    assert not subscribers.remove(store, "daily", "nobody@example.org", NOW)
    assert active(store) == []
    assert states(store) == {"a@example.org": "unsubscribed"}


def test_one_who_left_comes_back_only_when_added_by_hand(store: Store) -> None:
    add(store, "a@example.org")
    subscribers.remove(store, "daily", "a@example.org", NOW)
    assert subscribers.add_configured(store, "daily", ["a@example.org"], NOW) == 0
    assert active(store) == []
    assert add(store, "a@example.org")
    assert active(store) == ["a@example.org"]


@pytest.mark.parametrize("state", ["pending", "unsubscribed", "bounced", "complained", "erased"])
def test_a_jobs_file_never_makes_anybody_active_again(store: Store, state: str) -> None:
    add(store, "a@example.org")
    with store.writing() as connection:
        connection.execute("UPDATE subscribers SET state = ?", (state,))
    assert subscribers.add_configured(store, "daily", ["a@example.org", "b@example.org"], NOW) == 1
    assert states(store) == {"a@example.org": state, "b@example.org": "active"}


def test_leaving_one_job_leaves_the_others(store: Store) -> None:
    for job in ("daily", "weekly"):
        add(store, "a@example.org", job)
    subscribers.remove(store, "daily", "a@example.org", NOW)
    assert [(s.job, s.state) for s in subscribers.listed(store)] == [("daily", "unsubscribed"), ("weekly", "active")]


def test_a_jobs_file_adds_what_it_names_and_says_how_many_were_new(store: Store) -> None:
    assert subscribers.add_configured(store, "daily", [], NOW) == 0
    assert subscribers.add_configured(store, "daily", ["b@example.org", "a@example.org", "B@example.org"], NOW) == 2
    assert subscribers.add_configured(store, "daily", ["a@example.org", "c@example.org"], NOW) == 1
    assert [s.email for s in subscribers.listed(store, "daily")] == ["a@example.org", "b@example.org", "c@example.org"]
    assert {s.source for s in subscribers.listed(store, "daily")} == {"config"}


def test_a_subscribers_number_stays_the_same(store: Store) -> None:
    add(store, "a@example.org")
    add(store, "b@example.org")
    numbers = "SELECT id, address FROM subscribers ORDER BY id"
    before = [tuple(row) for row in store.rows(numbers)]
    subscribers.remove(store, "daily", "a@example.org", NOW)
    add(store, "a@example.org")
    assert [tuple(row) for row in store.rows(numbers)] == before


@pytest.mark.parametrize("payload", PAYLOADS)
def test_sql_in_any_text_is_stored_as_text(store: Store, payload: str) -> None:
    assert subscribers.add(store, payload, payload, name=payload, source=payload, now=NOW)
    assert subscribers.add_configured(store, payload, [f"{payload}2"], NOW) == 1
    first, second = subscribers.listed(store, payload)
    assert (first.job, first.email, first.name, first.source) == (payload, payload, payload, payload)
    assert second.email == f"{payload}2"
    assert subscribers.remove(store, payload, payload, NOW)
    assert active(store, payload) == [f"{payload}2"]


def test_topics_that_a_reader_chose_are_kept(store: Store) -> None:
    assert subscribers.add(store, "daily", "a@example.org", name="", source="cli", now=NOW, topics=("ai", "cars"))
    assert subscribers.listed(store)[0].topics == ("ai", "cars")
    assert not add(store, "a@example.org")
    assert subscribers.listed(store)[0].topics == ("ai", "cars")
    assert subscribers.add(store, "daily", "a@example.org", name="", source="cli", now=NOW, topics=("ai",))
    assert subscribers.listed(store)[0].topics == ("ai",)


def proofs(store: Store, email: str) -> list[tuple[str, str, str]]:
    """How, by which words, and how it was withdrawn, of each consent of an address."""
    asked = "SELECT id FROM subscribers WHERE address = ? ORDER BY id"
    return [
        (each.how, each.text, each.withdrawal)
        for row in store.rows(asked, (email,))
        for each in consents.of(store, row[0])
    ]


def test_who_is_added_again_keeps_the_topics_chosen_before_unless_others_are_named(store: Store) -> None:
    named: tuple[str, ...]
    for named, kept in ((("ai", "cars"), ("ai", "cars")), ((), ("ai", "cars")), (("ai",), ("ai",))):
        subscribers.remove(store, "daily", "jo@example.org", NOW)
        assert subscribers.add(store, "daily", "jo@example.org", name="", source="cli", now=NOW, topics=named)
        (found,) = subscribers.listed(store)
        assert (found.state, found.topics) == ("active", kept)


def test_each_way_to_become_a_reader_leaves_its_proof(store: Store) -> None:
    add(store, "a@example.org")
    subscribers.add_configured(store, "daily", ["b@example.org"], NOW)
    assert proofs(store, "a@example.org") == [
        ("cli", "added by an editor, who vouches that the person asked for it", "")
    ]
    assert proofs(store, "b@example.org") == [("config", "named by an editor in jobs/daily.toml", "")]


def test_a_proof_says_when_it_was_withdrawn_and_another_begins_when_somebody_comes_back(store: Store) -> None:
    add(store, "a@example.org")
    assert not add(store, "a@example.org")
    subscribers.leave(store, "daily", "a@example.org", LATER, "one-click")
    subscribers.add(store, "daily", "a@example.org", name="", source="cli", now=LATER, proof="rang us up")
    assert [(how, ended) for how, _, ended in proofs(store, "a@example.org")] == [("cli", "one-click"), ("cli", "")]
    first, second = consents.of(store, 1)
    assert (first.at, first.withdrawn) == ("2026-11-23T06:00:00+00:00", "2026-11-23T06:01:00+00:00")
    assert (second.text, second.withdrawn) == ("rang us up", "")


def test_one_who_was_forgotten_is_not_added_by_a_jobs_file(store: Store) -> None:
    suppressions.add(store, tag, ["a@example.org"], "erased", "", NOW)
    assert subscribers.add_configured(store, "daily", ["A@example.org", "b@example.org"], NOW, tag) == 1
    assert states(store) == {"b@example.org": "active"}


def test_a_page_after_the_other_is_listed_in_order_while_others_write(store: Store) -> None:
    numbers = range(5_000)
    for job in ("daily", "weekly"):
        subscribers.add_configured(store, job, [f"r{number:04}@example.org" for number in numbers], NOW)
    subscribers.remove(store, "daily", "r0001@example.org", NOW)
    found = subscribers.each(store, state="active")
    first = next(found)
    with connect(store.path) as other:
        add(other, "r9999@example.org")
        # Nobody reads between two pages: all that was written can be folded in.
        assert tuple(other.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0]) == (0, 0, 0)
    keys = [(each.job, each.email) for each in (first, *found)]
    assert keys == sorted(keys)
    assert (len(keys), len(set(keys))) == (10_000, 10_000)
    assert ("daily", "r9999@example.org") in keys
    assert [each.email for each in subscribers.each(store, "daily", "unsubscribed")] == ["r0001@example.org"]
