from datetime import timedelta

from digest.corrections import Correction
from digest.store import Store, articles, corrections
from stored import NOW, article

LATER = NOW + timedelta(hours=1)


def known(store: Store) -> Store:
    articles.add(store, "key", [article("a"), article("b")])
    return store


def test_what_is_decided_adds_up_and_what_is_undone_is_gone(store: Store) -> None:
    known(store)
    assert corrections.listed(store) == {}
    corrections.change(store, "a", NOW, topic="cars")
    corrections.change(store, "a", LATER, pinned=True)
    assert corrections.listed(store) == {"a": Correction(topic="cars", pinned=True, dropped=False, changed=LATER)}
    corrections.change(store, "a", LATER, topic="")
    assert corrections.listed(store)["a"].reasons == ("pinned by an editor",)
    corrections.change(store, "a", LATER, pinned=False)
    assert corrections.listed(store) == {}


def test_articles_are_corrected_one_by_one(store: Store) -> None:
    known(store)
    corrections.change(store, "a", NOW, dropped=True)
    corrections.change(store, "b", NOW, topic="'; DROP TABLE corrections; --")
    assert {name: found.topic for name, found in corrections.listed(store).items()} == {
        "a": "",
        "b": "'; DROP TABLE corrections; --",
    }


def test_a_correction_goes_with_its_article(store: Store) -> None:
    known(store)
    corrections.change(store, "a", NOW, dropped=True)
    with store.writing() as connection:
        connection.execute("DELETE FROM articles WHERE id = 'a'")
    assert corrections.listed(store) == {}
