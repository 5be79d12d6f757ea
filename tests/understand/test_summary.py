"""Summaries: which sentences are taken, and that none is made up."""

import pytest

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


@pytest.mark.parametrize("lost", [", his eyes", "; the town", ") and the harbour", "– and so"])
def test_what_lost_its_beginning_is_no_sentence(lost: str) -> None:
    assert lead("Title", f"{lost} gravitate to the two error bars of the chart. {NEWS}") == NEWS


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


def test_a_text_without_a_good_sentence_has_the_feeds_summary_or_none() -> None:
    assert lead("Title", "Just  a\n\nfew words", f"{NEWS} {MORE}") == f"{NEWS} {MORE}"
    assert lead("Title", "word " * 400) == lead("Title", "word " * 400, "more " * 400) == ""
    assert lead("Title", "But he did not say so to anybody.", "It was a long day for all of them.") == ""
    assert lead("Title", "") == lead("Title", " \n\n ") == ""


def test_what_a_feed_gives_without_a_full_stop_stands_as_it_is() -> None:
    plain = NEWS.rstrip(".")
    assert lead("Harbour opens", plain) == lead("Harbour opens", "", plain) == plain
    assert lead(plain, plain) == ""
    for cut in (f"{plain}…", f"{plain} of…", f"{plain},", f"{plain}\n\nSecond line", f"{plain}. {MORE} And it"):
        assert not lead("Harbour opens", cut).endswith(("…", ",", "line", "it"))


@pytest.mark.parametrize(
    "opener",
    [
        *("He said", "She said", "It was said", "They said", "But Holt said", "And Holt said", "However, Holt said"),
        *("This was said", "That said, it was", "First he wrote", "Then she wrote", "His mother wrote", "These said"),
        *("Meanwhile, Holt said", "Instead, Holt said", "“It is said", "In addition, Holt said", "That figure said"),
        *("As a result, Holt said", "For example, Holt said", "Later, they said", "Now it is said", "Such was said"),
    ],
)
def test_a_summary_never_begins_with_what_was_said_before(opener: str) -> None:
    hanging = f"{opener} to be the harbour of the whole long coast."
    assert lead("Harbour", f"{hanging} {NEWS}") == NEWS
    assert lead("Harbour", hanging) == lead("Harbour", "", hanging) == ""


@pytest.mark.parametrize(
    "opener", ["Heather", "Items", "Button", "Android", "Thistle", "Itself", "Shell", "Sofia", "Oregon"]
)
def test_a_word_that_only_begins_like_one_of_those_may_begin(opener: str) -> None:
    sentence = f"{opener} was said to be the best on the whole long coast."
    assert lead("Harbour", sentence) == sentence


def test_no_sentence_repeats_the_title_or_the_one_before() -> None:
    assert lead("Harbour", f"{NEWS} {NEWS} {MORE}") == f"{NEWS} {MORE}"
    assert lead(MORE.rstrip("."), f"{NEWS} {MORE} {LAST}") == f"{NEWS} {LAST}"
    assert lead(f"{NEWS.rstrip('.')} - Holm Post", f"{NEWS} {MORE}") == MORE
    assert lead("Holm opens its harbour again", f"Menu News Holm opens its harbour again 14 May. {NEWS}") == NEWS


def test_the_second_sentence_hangs_on_no_sentence_that_was_left_out() -> None:
    between = "Short, but Anna Holt spoke."
    assert lead("Harbour", f"{NEWS} {between} She had waited for the day since spring.") == NEWS
    assert lead("Harbour", f"{NEWS} {between} {LAST}") != f"{NEWS} {between}"
    assert lead("Harbour", f"{NEWS} She had waited for the day since spring.").endswith("since spring.")


@pytest.mark.parametrize("before", ["[Holm Times] ", "* ", "• ", "By ", "Nairobi -- ", "” ", "[Post] HOLM (AP) - "])
def test_what_stands_before_a_sentence_is_cut(before: str) -> None:
    assert lead("Harbour opens", f"{before}{NEWS}") == NEWS


def test_a_summary_that_runs_into_a_dateline_gives_what_follows() -> None:
    glued = f"Harbour open for the first time in nine weeks HOLM, Norway -- {NEWS}"
    assert lead("Harbour opens", glued) == NEWS


@pytest.mark.parametrize(
    "sentence",
    [
        "The painter, b. 1850, d. 1910, sold ca. 300 works of the old ferry.",
        "The band fun. played with P!nk and will.i.am on the town's new ferry.",
        "Nos. 4 and 5 of the fleet go to Yahoo! Inc. and St. Louis next week.",
        "Gov. Anna Holt met Sen. Ben Marsh and Rep. Carl Wessel on the ferry.",
        "A Ph.D. student at M.I.T. built the ferry vs. all odds on Sept. 11.",
    ],
)
def test_a_sentence_is_not_cut_where_the_next_word_goes_on(sentence: str) -> None:
    assert first_sentence(f"{sentence} {MORE}") == sentence


def test_the_sentence_that_the_cut_may_have_hurt_is_left_out() -> None:
    text = "filler " * 210 + "ends the U.S. Senate in peace and goes home to the towns."
    assert "U.S." not in lead("Title", text)


def test_the_first_sentence_of_a_summary() -> None:
    assert first_sentence(f"{NEWS} {MORE}") == NEWS
    assert first_sentence("Cut short…") == "Cut short…"
    assert first_sentence("") == ""
