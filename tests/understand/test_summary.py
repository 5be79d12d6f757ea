"""Summaries: which sentences are taken, and that none is made up."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.understand.summary import first_sentence, lead

NEWS = "The harbour of Holm opens again on Monday after nine weeks of repairs."
MORE = "Two cranes that fell in the storm have been replaced by one."
LAST = "The town paid a third of the eleven million that it cost."


def test_the_first_two_sentences_are_taken() -> None:
    assert lead("Harbour opens", f"{NEWS} {MORE} {LAST}") == f"{NEWS} {MORE}"


@pytest.mark.parametrize(
    "furniture",
    [
        "By Anna Holt and Ben Marsh, our reporters in Holm.",
        "Photo: Anna Holt for the Harbour Post of Holm.",
        "Photograph by Anna Holt for the Harbour Post today.",
        "Subscribe to our morning letter and read it first every day.",
        "Sign up here to get the news of the day for nothing.",
        "Welcome back to the letter that brings you the harbour's week.",
        "This article was first published in the paper of last Friday.",
        "Read more about the storm in our long report of last week.",
        "A short one.",
        "var form = {}; if (!form) return the column to where it was.",
        "harbour is what was left of a sentence cut in two here.",
        "The publisher cut this sentence in the middle of what it had to…",
        " ".join(["word"] * 46) + ".",
        "A heading of more than six words without an end",
    ],
)
def test_what_is_no_news_is_skipped(furniture: str) -> None:
    assert lead("Harbour opens", f"{furniture}\n\n{NEWS} {MORE}") == f"{NEWS} {MORE}"


@pytest.mark.parametrize(
    "dateline",
    [
        "HOLM (Reuters) - ",
        "HOLM, Nov 3 (AP) — ",
        "(CNN) -- ",
        "Berlin (dpa) – ",
        "SAN FRANCISCO — ",
        "SPACE.com - TORONTO, Canada -- ",
    ],
)
def test_a_dateline_is_cut_from_its_sentence(dateline: str) -> None:
    assert lead("Harbour opens", f"{dateline}{NEWS}") == NEWS


def test_a_name_before_a_hyphen_is_no_dateline() -> None:
    sentence = "The fast and famous Aurel Arco - a small electric car - is sold out."
    assert lead("Aurel", sentence) == sentence


def test_a_first_sentence_that_repeats_the_title_is_skipped() -> None:
    assert lead(NEWS.rstrip("."), f"{NEWS} {MORE} {LAST}") == f"{MORE} {LAST}"


def test_a_summary_does_not_begin_in_mid_air() -> None:
    assert lead("Harbour", f"But they had waited for this day very long. {NEWS}") == NEWS
    assert lead("Harbour", f"{NEWS} But they had waited for this day very long.").startswith(NEWS)


def test_two_long_sentences_are_one_too_many() -> None:
    long = "The " + " ".join(["long"] * 33) + " sentence."
    assert lead("Harbour", f"{long} {long}") == long


def test_abbreviations_and_quotes_end_no_sentence() -> None:
    text = (
        "Mr. Holt of the U.S. firm Brenta Inc. paid $3.5 million for it. “It is ours. We keep it,” he said on Monday."
    )
    assert lead("Brenta", text).startswith(
        "Mr. Holt of the U.S. firm Brenta Inc. paid $3.5 million for it. “It is ours."
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "J.D. Power is giving the town's electric ferry its award this year.",
        "The award of J.D. Power goes to the town's electric ferry this year.",
        "George W. Bush and J. K. Holt came to see the ferry leave.",
        "C.S.L. Holt and her brother W.H. Marsh built the ferry.",
        "The U.S. Senate paid for a third of the town's new ferry.",
        "A company for U.S. A.I. Research steers the town's new ferry.",
        "The ferry was bought by Brenta Inc. President Anna Holt last week.",
        "Wessel Motor Co. Ltd. Chief Executive Anna Holt bought the ferry.",
        "Robert Holt Jr. Airport is where the new ferry begins its way.",
        "Hon. Anna Holt and Lt. Gov. Ben Marsh went with Dr. Wessel.",
        "The No. 5 ferry of Ft. Holm leaves from St. Anna at night.",
        "At 7:40 a.m. Eastern time the first ferry left for the islands.",
        "The ferry of Holm, N.J. (the old one) was sold on Monday.",
        "Holm, Calif. (Reuters) has a new ferry that runs on batteries.",
    ],
)
def test_a_sentence_is_not_cut_after_an_initial_or_an_abbreviation(sentence: str) -> None:
    assert first_sentence(f"{sentence} {MORE}") == sentence
    assert lead("Title", f"{sentence} {MORE}") == f"{sentence} {MORE}"


@pytest.mark.parametrize("end", ["the U.S.", "Brenta Inc.", "J.D.", "Holt Jr.", "Holm, D.C."])
@pytest.mark.parametrize("opening", ["The ferry", "It", "“We", "In May it", "However, it"])
def test_a_sentence_may_end_in_an_abbreviation(end: str, opening: str) -> None:
    sentence = f"A ferry from the old town of Holm was sold to {end}"
    assert first_sentence(f"{sentence} {opening} left at once and did not come back.") == sentence


def test_a_text_without_a_good_sentence_is_shortened() -> None:
    assert lead("Title", "Just  a\n\nfew words") == "Just a few words"
    assert lead("Title", "word " * 400) == ("word " * 59).rstrip() + "…"
    assert lead("Title", "") == lead("Title", " \n\n ") == ""


def test_the_sentence_that_the_cut_may_have_hurt_is_left_out() -> None:
    text = "filler " * 210 + "ends the U.S. Senate in peace and goes home to the towns."
    assert "U.S." not in lead("Title", text)


def test_the_first_sentence_of_a_summary() -> None:
    assert first_sentence(f"{NEWS} {MORE}") == NEWS
    assert first_sentence("Cut short…") == "Cut short…"
    assert first_sentence("") == ""


_PIECES = st.sampled_from(
    [
        NEWS,
        MORE,
        "By Anna Holt and Ben",
        "(AP) - ",
        "\n\n",
        "  ",
        "\t",
        "Dr.",
        "J.D. Power",
        "U.S.",
        '"',
        "“",
        "1. ",
        "…",
        "🚗",
        "but it. ",
        "你好。",
    ]
)


@settings(deadline=None)
@given(st.text(max_size=60), st.lists(_PIECES | st.text(max_size=40), max_size=30).map(" ".join))
def test_nothing_is_made_up(title: str, text: str) -> None:
    summary, plain = lead(title, text), " ".join(text.split())
    assert bool(summary) == bool(plain)
    assert len(summary.split()) <= 150
    parts = [summary.removesuffix("…")] if summary.removesuffix("…") in plain else None
    if parts is None:  # two sentences with something left out between them
        cuts = [place for place, char in enumerate(summary) if char == " "]
        assert any(summary[:cut] in plain and summary[cut + 1 :] in plain for cut in cuts)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        ". " * 50_000,
        '"' * 100_000,
        "A. B. " * 20_000,
        "Inc. J.D. " * 10_000,
        "HOLM, " * 20_000,
        "(" * 99_999,
    ],
)
def test_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    assert len(lead("Title", text)) <= 1_500
    assert time.process_time() - started < 1
