"""A language tag -> words, and what is said where there are none."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from babel import Locale, localedata
from hypothesis import given
from hypothesis import strategies as st

from digest.words import ENGLISH, direction, languages, preferred, words

Write = Callable[..., Path]
DAY = date(2026, 11, 22)
SOURCES = ("%(number)s source", "%(number)s sources")


def test_german_words_and_dates_are_shipped() -> None:
    german = words("de")
    assert german.text("Unsubscribe") == "Abbestellen"
    assert [german.counted(*SOURCES, number) for number in (0, 1, 2, 1234)] == [
        *("0\u00a0Quellen", "1\u00a0Quelle", "2\u00a0Quellen", "1.234\u00a0Quellen")
    ]
    assert german.date(DAY) == "Sonntag, 22. November 2026"
    assert [german.date(DAY, style) for style in ("day", "short")] == ["22.\u00a0November", "22.\u00a0Nov."]
    assert (german.language, german.direction) == ("de", "ltr")


def test_english_is_what_stands_in_the_code() -> None:
    assert words("en").text("Unsubscribe") == "Unsubscribe"
    assert [words("en").counted(*SOURCES, number) for number in (0, 1, 2, 1234)] == [
        *("0 sources", "1 source", "2 sources", "1,234 sources")
    ]
    assert words("en-GB").date(DAY) == words("en").date(DAY) == "Sunday 22 November 2026"
    assert [ENGLISH.date(date(2026, 9, 3), style) for style in ("day", "short")] == ["3 September", "3 Sep"]


@pytest.mark.parametrize("tag", ["fr", "xx", "", "x-none", "../de", "de/../de", "de\x00", "d" * 10_000, "de.po", "*"])
def test_a_language_without_a_file_is_english_all_through(tag: str) -> None:
    found = words(tag)
    assert found.language == "en"
    assert found.direction == "ltr"
    assert (found.text("Unsubscribe"), found.date(DAY)) == ("Unsubscribe", "Sunday 22 November 2026")


@pytest.mark.parametrize("tag", ["de-AT", "de_AT", "DE-at", "de-Latn-AT", "de-AT-1996", "de-AT-x-own"])
def test_a_regions_words_are_those_of_its_language_and_its_dates_its_own(tag: str) -> None:
    found = words(tag)
    assert found.text("yesterday") == "gestern"
    assert found.date(date(2026, 1, 5), "day") == "5.\u00a0Jänner"


def test_a_newsletters_own_file_wins_entry_by_entry(write: Write) -> None:
    home = write("de", ("yesterday", "gestern noch"), ("Our own", "Unser"))
    found = words("de", [home])
    assert [found.text(message) for message in ("yesterday", "Our own", "Unsubscribe")] == [
        *("gestern noch", "Unser", "Abbestellen")
    ]
    assert words("de").text("yesterday") == "gestern"


def test_a_regions_file_wins_over_its_languages(write: Write) -> None:
    home = write("de-AT", ("yesterday", "gestern, gell"))
    write("de", ("yesterday", "gestern noch"))
    assert words("de-AT", [home]).text("yesterday") == "gestern, gell"
    assert words("de-CH", [home]).text("yesterday") == "gestern noch"


def test_a_newsletter_may_change_the_english_words_too(write: Write) -> None:
    home = write("en", ("Unsubscribe", "Leave"))
    assert words("en-GB", [home]).text("Unsubscribe") == "Leave"
    assert words("fr", [home]).text("Unsubscribe") == "Leave"
    assert words("de", [home]).text("Unsubscribe") == "Abbestellen"


def test_a_changed_or_new_file_counts_at_once(write: Write) -> None:
    home = write("fr", ("yesterday", "hier"))
    assert words("fr", [home]).text("yesterday") == "hier"
    write("fr", ("yesterday", "la veille"))
    os.utime(home / "fr.po", ns=(1, 1))
    assert words("fr", [home]).text("yesterday") == "la veille"
    (home / "fr.po").unlink()
    assert words("fr", [home]).text("yesterday") == "yesterday"


def test_each_language_counts_by_its_own_rule(write: Write) -> None:
    slavic = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2)"
    write("pl", (SOURCES, ("%(number)s źródło", "%(number)s źródła", "%(number)s źródeł")), plural=slavic)
    semitic = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)"
    forms = ("لا مصادر", "مصدر", "مصدران", "%(number)s مصادر", "%(number)s مصدرًا", "%(number)s مصدر")
    home = write("ar", (SOURCES, forms), plural=semitic)
    polish = [words("pl", [home]).counted(*SOURCES, number) for number in (1, 2, 5, 12, 22, 1002, 1012)]
    assert [text.split()[-1] for text in polish] == [
        *("źródło", "źródła", "źródeł", "źródeł", "źródła", "źródła", "źródeł")
    ]
    arabic = [words("ar", [home]).counted(*SOURCES, number) for number in (0, 1, 2, 3, 11, 100, 1000)]
    assert arabic[:3] == ["لا مصادر", "مصدر", "مصدران"]
    assert [text.split()[-1] for text in arabic[3:]] == ["مصادر", "مصدرًا", "مصدر", "مصدر"]


def test_values_are_put_in_as_they_are() -> None:
    assert ENGLISH.text("%(a)s of %(b)s", a="100 %(b)s", b=3) == "100 %(b)s of 3"
    assert ENGLISH.text("100 % sure") == "100 % sure"
    assert ENGLISH.text("%(a)s %% sure", a=9) == "9 % sure"


@pytest.mark.parametrize("message", ["%(a)999999999s", "%s", "%(a)d", "100 % of %(a)s", "%(a)r", "%(a"])
def test_a_message_that_would_format_otherwise_is_refused(message: str) -> None:
    with pytest.raises(ValueError, match="per cent sign"):
        ENGLISH.text(message, a="x")


def test_every_language_of_cldr_writes_every_style() -> None:
    for name in localedata.locale_identifiers():
        for style in ("full", "day", "short"):
            shown = replace(ENGLISH, language=name.replace("_", "-")).date(DAY, style)
            assert "22" in "".join(str(int(char)) if char.isdigit() else char for char in shown), name
            assert len(shown.splitlines()) == 1, name
    assert replace(ENGLISH, language="tlh").date(DAY) == "2026-11-22"


def test_a_moments_day_is_that_of_its_own_zone() -> None:
    assert ENGLISH.date(datetime(2026, 11, 22, 23, 59, tzinfo=UTC)) == "Sunday 22 November 2026"


def test_an_age_is_empty_for_today_and_what_is_to_come() -> None:
    ages = [words("de").age(DAY - timedelta(days=days), DAY) for days in (-3, 0, 1, 2)]
    assert ages == ["", "", "gestern", "20.\u00a0November"]


def test_the_languages_are_those_with_a_file_and_english(write: Write) -> None:
    assert languages() == ("de", "en")
    write("pt-BR")
    write("README")
    assert languages([write("pt_PT")]) == ("de", "en", "pt-BR")


@pytest.mark.parametrize(
    ("tag", "way"),
    [
        ("ar", "rtl"),
        ("he-IL", "rtl"),
        ("de", "ltr"),
        ("az-Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("", "ltr"),
        ("yi", "rtl"),
    ],
)
def test_a_language_runs_as_its_script_does(tag: str, way: str) -> None:
    assert direction(tag) == way


def test_direction_agrees_with_cldr() -> None:
    found = {name: direction(name.replace("_", "-")) for name in localedata.locale_identifiers()}
    wrong = [
        name
        for name, way in found.items()
        if ("rtl" if Locale.parse(name).character_order == "right-to-left" else "ltr") != way
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("de", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("fr, de;q=0.8, en;q=0.9", "en"),
        ("fr;q=1, *;q=0.1", "en"),
        ("DE-ch;q=1.000", "de"),
        ("en;q=0, de;q=0.1", "de"),
        ("en;q=0, *", "de"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("", "en"),
        ("fr", "en"),
        ("de;q=2", "en"),
        ("de;q=NaN", "en"),
        ("\x00de", "en"),
        ("../de", "en"),
        (",,,de", "de"),
        ("xx," * 20 + "de", "en"),
        ("a" * 100_000 + ",de", "en"),
    ],
)
def test_a_reader_gets_the_language_he_likes_best_of_those_there_are(header: str, expected: str) -> None:
    assert preferred(header, ["en", "de", "pt-BR"]) == expected


@given(
    header=st.one_of(st.text(), st.text(alphabet="de-n,;q=01. *")),
    available=st.lists(st.sampled_from(["de", "en", "pt-BR", "ar"])),
)
def test_whatever_a_header_says_the_answer_is_one_of_the_languages(header: str, available: list[str]) -> None:
    assert preferred(header, available) in (available or ["en"])
