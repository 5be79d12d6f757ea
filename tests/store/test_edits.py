"""What editors write into an edition."""

import pytest

from digest.store import Store, edits
from digest.store.edits import Edits
from stored import frozen


def test_nothing_was_written_into_an_edition_at_first(store: Store) -> None:
    assert edits.get(store, "daily") == Edits()


def test_what_is_written_later_leaves_the_rest_as_it_was(store: Store) -> None:
    daily, weekly = frozen(store, 1), frozen(store, 1, job="weekly")
    edits.put(store, daily, Edits(title="Title", intro="Intro"))
    edits.put(store, daily, Edits(subject="Subject"))
    edits.put(store, daily, Edits(intro=""))
    edits.put(store, weekly, Edits(title="Another"))
    assert edits.get(store, daily) == Edits(title="Title", subject="Subject", intro="")
    assert edits.get(store, weekly) == Edits(title="Another")


@pytest.mark.parametrize("text", ["'; DROP TABLE edits; --", "a\0b", "\u202e", "{{ 7 * 7 }}"])
def test_any_text_is_stored_as_text(store: Store, text: str) -> None:
    edition = frozen(store, 1, job=text)
    edits.put(store, edition, Edits(title=text, subject=text, intro=text))
    assert edits.get(store, edition) == Edits(title=text, subject=text, intro=text)
