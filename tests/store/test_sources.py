from datetime import timedelta

import pytest

from digest.core.web import Validators
from digest.store import Store, articles, sources
from stored import NOW, article

SEEN = Validators(etag='"abc"', last_modified="Mon, 23 Nov 2026 06:00:00 GMT")
LATER = NOW + timedelta(hours=1)


def health(store: Store, key: str = "key") -> tuple[object, ...]:
    (row,) = store.rows("SELECT checked, succeeded, failures, error FROM sources WHERE key = ?", (key,))
    return tuple(row)


def test_validators_are_given_back_by_source(store: Store) -> None:
    assert sources.validators(store) == {}
    sources.record(store, "key", SEEN, "", NOW)
    sources.record(store, "other", Validators(), "", NOW)
    assert sources.validators(store) == {"key": SEEN, "other": Validators()}


def test_failures_in_a_row_are_counted_and_the_last_success_is_kept(store: Store) -> None:
    sources.record(store, "key", SEEN, "", NOW)
    sources.record(store, "key", SEEN, "timed out", LATER)
    sources.record(store, "key", SEEN, "404", LATER)
    assert health(store) == ("2026-11-23T07:00:00+00:00", "2026-11-23T06:00:00+00:00", 2, "404")
    sources.record(store, "key", SEEN, "", LATER)
    assert health(store) == ("2026-11-23T07:00:00+00:00", "2026-11-23T07:00:00+00:00", 0, "")


def test_a_source_that_never_answered_has_no_success(store: Store) -> None:
    sources.record(store, "key", Validators(), "timed out", NOW)
    assert health(store) == ("2026-11-23T06:00:00+00:00", None, 1, "timed out")


@pytest.mark.parametrize("payload", ["'", "'; DROP TABLE sources; --", '"', "a\0b"])
def test_sql_in_any_text_is_stored_as_text(store: Store, payload: str) -> None:
    hostile = Validators(etag=payload, last_modified=payload)
    sources.record(store, payload, hostile, payload, NOW)
    assert sources.validators(store) == {payload: hostile}
    assert health(store, payload)[3] == payload


def test_health_counts_what_a_source_brought_and_how_much_of_it_is_recent(store: Store) -> None:
    assert sources.health(store, NOW) == {}
    sources.record(store, "key", SEEN, "", NOW)
    sources.record(store, "silent", SEEN, "timed out", NOW)
    old = article("old", age=timedelta(days=20))
    articles.add(store, "key", [article(f"new{number}") for number in range(7)] + [old])
    found = sources.health(store, LATER)
    assert (found["key"].items, found["key"].per_day, found["key"].succeeded) == (8, 0.5, NOW)
    assert (found["silent"].items, found["silent"].per_day) == (0, 0.0)
    assert (found["silent"].succeeded, found["silent"].failures, found["silent"].error) == (None, 1, "timed out")
