import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from sqlite_utils import Database

from digest.core.mail import Image, Picture
from digest.store import Store, articles, connect, pictures
from digest.store.schema import migrations
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


def test_a_database_from_before_pictures_gets_their_tables_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrations.apply(Database(connection), stop_before="m002_pictures")
        connection.execute("INSERT INTO jobs VALUES ('daily', 'x')")
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'pictures'").fetchone()
    with connect(path) as old, connect(tmp_path / "new.db") as new:
        assert [tuple(row) for row in old.rows("SELECT * FROM jobs")] == [("daily", "x")]
        old_schema, new_schema = (
            store.rows("SELECT name, sql FROM sqlite_master ORDER BY name") for store in (old, new)
        )
        assert list(map(tuple, old_schema)) == list(map(tuple, new_schema))
        articles.add(old, "key", [article("a")])
        pictures.add(old, "a", ONE)
        assert pictures.of(old, ["a"]) == {"a": ONE}
