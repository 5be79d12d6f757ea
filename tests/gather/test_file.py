"""A scraped text becomes one article."""

import os
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import file

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SEED = Path(os.environ.get("DIGEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "seed"


def read(data: bytes, location: str = "samples/harbour/crane.txt", name: str = "") -> Article:
    (article,) = file.read(Document(data=data, location=location), Source(path=location, name=name), NOW)
    return article


def test_the_first_line_is_the_title_and_the_rest_its_paragraphs() -> None:
    article = read(
        "\n\n  A Crane  Moves\n\nIt moved on Monday, as the harbour had promised.\nIt stopped.\n".encode("utf-16")
    )
    assert article.title == "A Crane Moves"
    assert article.text == "It moved on Monday, as the harbour had promised.\n\nIt stopped."
    assert (article.url, article.published, article.first_seen, article.source) == (None, None, NOW, "harbour")


def test_the_source_s_name_goes_before_the_folder_s() -> None:
    assert read(b"Title", name="Harbour News").source == "Harbour News"
    assert read(b"Title", location="https://www.example.org/a.txt").source == "www.example.org"


def test_the_id_is_of_the_cleaned_text_alone() -> None:
    assert read(b"Title\n\nBody of it").id == read("\ufeffTitle  \r\n\r\n\r\n Body of\u200b it".encode(), "b/c.txt").id
    assert read(b"Title\n\nBody").id != read(b"Title\n\nOther").id


@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"\xef\xbb\xbf", b"\0\0\0"])
def test_an_empty_text_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="empty"):
        read(data)


def test_it_looks_like_a_text_by_its_name_and_not_like_markup() -> None:
    assert file.looks_like(Document(data=b"Title", location="a/b.txt"))
    assert file.looks_like(Document(data=b"Title", location="https://x.example/a", content_type="text/plain"))
    assert not file.looks_like(Document(data=b" <html>", location="a/b.txt"))
    assert not file.looks_like(Document(data=b"Title", location="a/b.html"))


@given(st.binary(max_size=300))
def test_any_bytes_are_an_article_or_a_value_error(data: bytes) -> None:
    try:
        article = read(data)
    except ValueError:
        return
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in article.title)


@pytest.mark.skipif(not SEED.is_dir(), reason="needs DIGEST_DATA")
def test_the_scraped_text_this_began_with_ends_where_the_article_ends() -> None:
    (path,) = SEED.glob("*.txt")
    article = read(path.read_bytes())
    assert article.text.endswith("established Android automotive framework.")
    assert article.title.startswith("Stellantis’ Secret Shift")
