"""A dateline below a scraped text's title dates the article; prose that begins with a date stays prose."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import file

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BODY = "It moved on Monday, as the harbour had promised.\n\nIt stopped on Tuesday."
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AFTERNOON = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
FORMS = (
    "%d %B %Y", "%B %d, %Y", "%b. %d, %Y", "%a, %d %b %Y", "%A, %B %d, %Y", "%Y-%m-%d", "%d.%m.%Y",
    "Published: %d %B %Y", "%d %B %Y | 5 min read", "SALTMERE, %B %d, %Y", "%d. %B %Y",
)  # fmt: skip
LINES = {
    "By Ada Quist | 20 November 2026": ("Ada Quist", NOON),
    "by Ada Quist, 20 November 2026, 14:05": ("Ada Quist", AFTERNOON),
    "November 20, 2026 at 2:05 p.m. – By Ada Quist": ("Ada Quist", AFTERNOON),
    "By Ada Quist and Ben van der Low · 20/11/2026": ("Ada Quist and Ben van der Low", NOON),
    "Posted on November 20th, 2026 by Ada Quist": ("Ada Quist", NOON),
    "Von Jürgen Müller, 20. November 2026, 14:05 Uhr": ("Jürgen Müller", AFTERNOON),
    "Par Élodie Roy, le 20 novembre 2026": ("Élodie Roy", NOON),
    "20 de noviembre de 2026": ("", NOON),
    "20.11.2026 14:05": ("", AFTERNOON),
    "11/20/2026": ("", NOON),
    "2026-11-20T15:05:00+01:00": ("", AFTERNOON),
    "Fri, 20 Nov 2026 09:05:00 EST": ("", AFTERNOON),
    "Published 20 November 2026 | Updated 21 November 2026": ("", NOON),
}
PROSE = [
    "20 November 2026 was a cold day in Saltmere",
    "November 20, 2026 brought snow",
    "On 20 November 2026 the bridge opened",
    "20 November 2026: storm warning for the coast",
    "20 November 2026 – Lindhaven wakes early",
    "Version 2026-11-20 released",
    "Deadline 20 November 2026",
    "November 2026",
    "31 February 2026",
    "11/12/2026",
    "20 November 1926",
    "20 November 2126",
    "By Ada Quist, who was born on 20 November 1956 in a house beside the quay | 20 November 2026",
]


def read(text: str) -> Article:
    (article,) = file.read(Document(data=text.encode(), location="harbour/a.txt"), Source(path="harbour/a.txt"), NOW)
    return article


@pytest.mark.parametrize(("line", "said"), LINES.items())
def test_a_dateline_dates_the_article_and_leaves_the_text(line: str, said: tuple[str, datetime]) -> None:
    article = read(f"Title\n\n{line}\n\n{BODY}")
    assert (article.author, article.published) == said
    assert article.text == BODY


@pytest.mark.parametrize("line", PROSE)
def test_what_only_holds_a_date_stays_and_dates_nothing(line: str) -> None:
    article = read(f"Title\n\n{line}\n\n{BODY}")
    assert (article.author, article.published) == ("", None)
    assert article.text == f"{line}\n\n{BODY}"


@pytest.mark.parametrize("line", ["By 20 November 2026 the work must be done", "By the sea", "By Ada Quist"])
def test_a_line_that_begins_like_a_byline_dates_nothing(line: str) -> None:
    assert read(f"Title\n\n{line}\n\n{BODY}").published is None


def test_the_line_may_be_the_second_below_the_title_but_not_the_third() -> None:
    second = read(f"Title\n\nWhat the harbour promised\n\n20 November 2026\n\n{BODY}")
    assert (second.published, second.text) == (NOON, f"What the harbour promised\n\n{BODY}")
    third = read(f"Title\n\nWhat the harbour promised\n\nAnd kept\n\n20 November 2026\n\n{BODY}")
    assert third.published is None
    assert "20 November 2026" in third.text


def test_name_and_date_may_stand_on_two_lines() -> None:
    for lines in ("By Ada Quist\n20 November 2026", "20 November 2026\nBy Ada Quist"):
        article = read(f"Title\n{lines}\n{BODY}")
        assert (article.author, article.published, article.text) == ("Ada Quist", NOON, BODY)


def test_the_dateline_does_not_make_another_article() -> None:
    assert read(f"Title\n\n20 November 2026\n\n{BODY}").id == read(f"Title\n\n{BODY}").id


@given(st.dates(date(1980, 1, 1), date(2030, 12, 31)), st.sampled_from(FORMS))
def test_every_date_in_every_form_is_read_back(day: date, form: str) -> None:
    article = read(f"Title\n\n{day.strftime(form)}\n\n{BODY}")
    assert article.published == datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert article.text == BODY


@given(
    st.dates(date(1980, 1, 1), date(2030, 12, 31)),
    st.sampled_from(FORMS),
    st.from_regex(r"[a-z]{2,9} [a-z]{2,9}", fullmatch=True),
)
def test_a_sentence_around_any_date_stays(day: date, form: str, words: str) -> None:
    line = f"It {words} {day.strftime(form)} and {words}"
    article = read(f"Title\n\n{line}\n\n{BODY}")
    assert article.published is None
    assert " ".join(line.split()) in article.text


@given(st.text("0123456789-./:,| ByNovembrpam\n", max_size=150))
def test_any_line_is_dated_in_utc_or_kept_whole(line: str) -> None:
    article = read(f"Title\n\n{line}\n\nThe crane moved on Monday, as the whole harbour had been promised.")
    if article.published is None:
        assert article.author == ""
    else:
        assert article.published.tzinfo is UTC
