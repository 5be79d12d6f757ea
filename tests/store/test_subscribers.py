import pytest

from digest.store import Store, subscribers
from stored import NOW

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


def entry(email: str, *topics: str) -> subscribers.Entry:
    return subscribers.Entry(email=email, name="Jo", topics=topics, language="de", timezone="Europe/Berlin")


def taken(store: Store, *emails: str, dry_run: bool = False) -> list[str]:
    return list(subscribers.take_over(store, "daily", [entry(email) for email in emails], NOW, dry_run=dry_run))


def test_topics_that_a_reader_chose_are_kept(store: Store) -> None:
    assert subscribers.add(store, "daily", "a@example.org", name="", source="cli", now=NOW, topics=("ai", "cars"))
    assert subscribers.listed(store)[0].topics == ("ai", "cars")
    assert not add(store, "a@example.org")
    assert subscribers.listed(store)[0].topics == ("ai", "cars")
    assert subscribers.add(store, "daily", "a@example.org", name="", source="cli", now=NOW, topics=("ai",))
    assert subscribers.listed(store)[0].topics == ("ai",)


def test_a_list_is_taken_over_with_all_it_says(store: Store) -> None:
    assert subscribers.take_over(store, "daily", [entry("a@example.org", "ai")], NOW, dry_run=False) == ("added",)
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
