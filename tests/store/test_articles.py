from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.core.mail import EditionState
from digest.store import Store, articles
from stored import NOW, article, frozen

HOUR = timedelta(hours=1)
CARRYING = (EditionState.SENDING, EditionState.SENT, EditionState.PARTIAL)
PAYLOADS = ["'", "''; DROP TABLE articles; --", '" OR 1=1 --', "%_\\", "a\0b", "NULL", ":keys", "?", "é😀"]


def ids(found: tuple[object, ...]) -> list[str]:
    return [getattr(one, "id", "") for one in found]


def finished(store: Store, state: EditionState, carried: list[str], job: str = "daily") -> str:
    edition = frozen(store, 1, job=job, carried=carried)
    with store.writing() as connection:
        connection.execute("UPDATE editions SET state = ? WHERE id = ?", (state, edition))
    return edition


def test_what_is_new_is_counted_and_kept_as_it_was_made(store: Store) -> None:
    made = replace(article("a", age=HOUR), image="https://example.com/a.jpg", enclosures=("https://example.com/a.mp3",))
    assert articles.add(store, "key", [made, article("b", age=None), made]) == 2
    assert articles.newest(store, 9) == (article("b", age=None), made)
    assert articles.add(store, "key", []) == 0


def test_what_is_known_stays_as_it_was_first_seen(store: Store) -> None:
    articles.add(store, "key", [article("a")])
    later = replace(article("a", seen=NOW + HOUR), title="Changed")
    assert articles.add(store, "key", [later, article("b")]) == 1
    assert articles.matching(store, "a") == (article("a"),)


def test_fresh_gives_the_articles_of_the_sources_asked_for_once_each(store: Store) -> None:
    articles.add(store, "one", [article("a"), article("shared")])
    articles.add(store, "two", [article("b"), article("shared")])
    articles.add(store, "three", [article("c")])
    assert ids(articles.fresh(store, ["daily"], ["one", "two"], None)) == ["a", "b", "shared"]
    assert ids(articles.fresh(store, ["daily"], ["three"], None)) == ["c"]
    assert articles.fresh(store, ["daily"], ["tw", ""], None) == ()
    assert articles.fresh(store, ["daily"], [], None) == ()


def test_the_window_goes_by_publication_and_includes_its_first_second(store: Store) -> None:
    found = [article("old", age=3 * HOUR), article("edge", age=2 * HOUR), article("new", age=HOUR)]
    articles.add(store, "key", found)
    assert ids(articles.fresh(store, ["daily"], ["key"], NOW - 2 * HOUR)) == ["edge", "new"]
    assert ids(articles.fresh(store, ["daily"], ["key"], None)) == ["edge", "new", "old"]


def test_undated_and_future_articles_count_as_of_when_they_were_first_seen(store: Store) -> None:
    found = [
        article("undated", age=None),
        article("future", age=-9000 * HOUR),
        article("dated", age=-HOUR, seen=NOW - HOUR),
    ]
    articles.add(store, "key", found)
    assert ids(articles.fresh(store, ["daily"], ["key"], NOW)) == ["future", "undated"]
    assert articles.fresh(store, ["daily"], ["key"], NOW + HOUR) == ()
    assert ids(articles.newest(store, 9)) == ["future", "undated", "dated"]


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (EditionState.SENT, ["b"]),
        (EditionState.PARTIAL, ["b"]),
        (EditionState.SENDING, ["b"]),
        *((state, ["a", "b"]) for state in EditionState if state not in CARRYING),
    ],
)
def test_only_what_an_edition_carried_whose_mails_leave_is_no_longer_fresh(
    store: Store, state: EditionState, left: list[str]
) -> None:
    articles.add(store, "key", [article("a"), article("b")])
    finished(store, state, ["a"])
    assert ids(articles.fresh(store, ["daily"], ["key"], None)) == left


def test_what_another_job_carried_is_still_fresh(store: Store) -> None:
    articles.add(store, "key", [article("a")])
    finished(store, EditionState.SENT, ["a"], job="weekly")
    assert ids(articles.fresh(store, ["daily"], ["key"], None)) == ["a"]


def test_what_comes_late_is_fresh_once_and_the_past_of_a_new_feed_is_not(store: Store) -> None:
    articles.add(store, "key", [article("first", age=40 * HOUR, seen=NOW - 30 * HOUR)])
    articles.add(store, "key", [article("late", age=30 * HOUR), article("ancient", age=99 * HOUR)])
    articles.add(store, "key", [article("known", age=30 * HOUR, seen=NOW - 25 * HOUR)])
    articles.add(store, "another", [article("past", age=30 * HOUR)])
    late = articles.Late(since=NOW - 48 * HOUR, seen=NOW - 24 * HOUR)
    asked = (store, ["daily"], ["key", "another"], NOW - 24 * HOUR)
    assert articles.fresh(*asked) == ()
    assert ids(articles.fresh(*asked, late=late)) == ["late"]
    finished(store, EditionState.SENT, ["late"])
    assert articles.fresh(*asked, late=late) == ()


def test_newest_gives_so_many_newest_first(store: Store) -> None:
    articles.add(store, "key", [article(f"a{age}", age=age * HOUR) for age in (3, 1, 2)])
    assert ids(articles.newest(store, 2)) == ["a1", "a2"]


def test_an_id_is_found_by_its_beginning(store: Store) -> None:
    articles.add(store, "key", [article(name) for name in ("aa1", "aa2", "ab1", "a%", "b_1")])
    assert ids(articles.matching(store, "aa")) == ["aa1", "aa2"]
    assert ids(articles.matching(store, "a%")) == ["a%"]
    assert ids(articles.matching(store, "b_")) == ["b_1"]
    assert articles.matching(store, "A") == ()
    assert len(articles.matching(store, "")) == 3


def test_an_outlet_is_named_with_the_source_it_was_seen_with(store: Store) -> None:
    articles.add(store, "one", [article("a", source="Docks")])
    articles.add(store, "two", [article("b", source="Post")])
    assert articles.outlets(store) == {"Docks": "one", "Post": "two"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_sql_in_any_text_is_stored_as_text(store: Store, payload: str) -> None:
    made = replace(
        article(payload),
        title=payload,
        text=payload,
        summary=payload,
        author=payload,
        source=payload,
        url=payload,
        image=payload,
        enclosures=(payload,),
    )
    key = payload.replace("\0", "")  # no key of a source has one: TOML cannot say it
    assert articles.add(store, key, [made]) == 1
    assert articles.newest(store, 9) == (made,)
    assert articles.matching(store, payload.partition("\0")[0]) == (made,)
    assert articles.fresh(store, payload, [key, "other"], None) == (made,)
    assert articles.outlets(store) == {payload: key}


moments = st.integers(-200, 200).map(lambda hours: NOW + hours * HOUR)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.one_of(st.none(), moments), moments), max_size=8), moments)
def test_fresh_agrees_with_the_articles_own_date(
    store: Store, dates: list[tuple[datetime | None, datetime]], since: datetime
) -> None:
    found = [
        replace(article(f"a{n}"), published=published, first_seen=seen) for n, (published, seen) in enumerate(dates)
    ]
    with store.writing() as connection:
        connection.execute("DELETE FROM articles")
    articles.add(store, "key", found)
    assert articles.fresh(store, ["daily"], ["key"], since) == tuple(a for a in found if a.date >= since)
    assert [a.date for a in articles.newest(store, 99)] == sorted((a.date for a in found), reverse=True)
