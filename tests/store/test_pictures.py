from hashlib import sha256

import pytest

from digest.core.mail import Image, Picture
from digest.store import Store, articles, pictures
from stored import article


def image(data: bytes, width: int = 584) -> Image:
    return Image(hash=sha256(data).hexdigest(), data=data, width=width, height=width * 2 // 3)


def picture(data: bytes) -> Picture:
    return Picture(large=image(data), thumb=image(data + b" small", 116))


ONE, OTHER = picture(b"\xff\xd8\0one"), picture(b"\xff\xd8\0other")


@pytest.fixture
def filled(store: Store) -> Store:
    articles.add(store, "key", [article("a"), article("b"), article("c")])
    return store


def test_a_picture_is_given_back_with_its_article(filled: Store) -> None:
    pictures.add(filled, "a", ONE)
    pictures.add(filled, "b", OTHER)
    assert pictures.of(filled, ["a", "b", "c", "unknown"]) == {"a": ONE, "b": OTHER}
    assert pictures.of(filled, {"b"}) == {"b": OTHER}
    assert pictures.of(filled, []) == {}


def test_equal_bytes_are_stored_once(filled: Store) -> None:
    for name in "abc":
        pictures.add(filled, name, ONE)
    assert pictures.of(filled, "abc") == dict.fromkeys("abc", ONE)
    assert [row["hash"] for row in filled.rows("SELECT hash FROM images ORDER BY width")] == [
        ONE.thumb.hash,
        ONE.large.hash,
    ]


def test_a_later_picture_takes_an_earlier_ones_place(filled: Store) -> None:
    pictures.add(filled, "a", ONE)
    pictures.add(filled, "a", OTHER)
    assert pictures.of(filled, ["a"]) == {"a": OTHER}


def test_pictures_go_with_their_article(filled: Store) -> None:
    pictures.add(filled, "a", ONE)
    with filled.writing() as connection:
        connection.execute("DELETE FROM articles WHERE id = 'a'")
    assert pictures.of(filled, ["a"]) == {}
