"""What a site puts around an article is cut; the article is not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather._tail import cut

FIRST = "The company said on Tuesday that it would open three new plants in the north of the country."
LAST = "Analysts expect the first cars to leave the line in the spring of next year."
BODY = f"{FIRST}\n\n{LAST}"

TAILS = (
    "More From Author\n\n“DeepSeek’s Meteoric Rise: The Chinese Lab Shaking Tech Giants”\n\nLeave a Reply",
    "Leave a Reply\n\nYour email address will not be published. Required fields are marked *",
    "Related Articles\n\nFive Things To Know About the New Plant",
    "Share this:\n\nTwitter\n\nFacebook",
    "Filed under: cars, plants",
    "© 2026 Example Media. All rights reserved.",
    "Subscribe to our newsletter",
    "Das könnte Sie auch interessieren\n\nDer Neue Wagen im Test",
    "Articles similaires\n\nLa Nouvelle Usine",
    "Deja un comentario",
    "The post Three New Plants for the North of the Country appeared first on Example Motors.",
    "Der Beitrag Drei neue Werke erschien zuerst auf Beispiel.",
    "L’article Trois usines est apparu en premier sur Exemple.",
    "Continue reading “Three New Plants” →",
    "Our Other Picks\n\nGameStop’s Secretive Gamble: A Bold Move?\n\nBitcoin Climbs Past Another Record Today",
)


@pytest.mark.parametrize("tail", TAILS)
def test_a_tail_after_the_last_prose_is_cut(tail: str) -> None:
    assert cut(f"{BODY}\n\n{tail}") == BODY


@pytest.mark.parametrize("head", ["Share\n\nTweet", "5 min read", "By Jane Doe", "Skip to main content\n\nMenu"])
def test_navigation_before_the_article_is_cut(head: str) -> None:
    assert cut(f"{head}\n\n{BODY}") == BODY


KEPT = (
    "It ended there.",
    "Tour dates:\n\n3 May Berlin\n\n4 May Paris\n\n5 May Rome",
    "“We are proud,” she said.",
    "Fixtures\n\nArsenal v Chelsea, Saturday\n\nLeeds v Everton, Sunday",
    "Name: Example One",
)


@pytest.mark.parametrize("end", KEPT)
def test_an_article_s_own_short_ending_is_kept(end: str) -> None:
    assert cut(f"{BODY}\n\n{end}") == f"{BODY}\n\n{end}"


def test_a_marker_before_more_prose_cuts_nothing() -> None:
    body = f"{FIRST}\n\nRelated stories\n\n{LAST}"
    assert cut(body) == body


INSIDE = {
    "A short excerpt… Continue reading →": "A short excerpt…",
    "A short excerpt [...] Read more": "A short excerpt [...]",
    "A short excerpt […] Continue reading A Title": "A short excerpt […]",
    "A short excerpt Read more »": "A short excerpt",
    "A short excerpt The post A Title appeared first on A Site.": "A short excerpt",
    "The post A Title appeared first on A Site.": "",
    "People should read more": "People should read more",
    "The post office appeared in 1840.": "The post office appeared in 1840.",
}


@pytest.mark.parametrize(("excerpt", "expected"), INSIDE.items())
def test_the_ending_of_an_excerpt_is_cut_inside_its_paragraph(excerpt: str, expected: str) -> None:
    assert cut(excerpt) == expected


sentences = st.sampled_from(
    (
        FIRST,
        LAST,
        "In the afternoon the minister answered questions of the parliament about the cost of the new railway.",
        "The river rose by two metres within a day, and the lower streets of the old town had to be cleared.",
        "She had studied physics in Vienna before she went to work for a small maker of measuring instruments.",
    )
)


@given(st.lists(sentences, min_size=1, max_size=12).map("\n\n".join))
def test_clean_prose_is_not_changed(body: str) -> None:
    assert cut(body) == body


@given(st.lists(sentences | st.sampled_from(TAILS) | st.text(max_size=60), max_size=12).map("\n\n".join))
def test_trimming_never_lengthens_and_never_adds(body: str) -> None:
    kept = cut(body)
    assert len(kept) <= len(body)
    assert kept in body


@pytest.mark.parametrize(
    "body",
    [
        "x " * 100_000,
        "\n\n".join(["Share"] * 60_000),
        "the post " * 22_000,
        "\n\n".join(["a b c d e f g h i."] * 9000),
        "_" * 200_000,
        "… " * 90_000,
    ],
)
def test_no_text_takes_a_second(body: str) -> None:
    begun = time.process_time()
    cut(body)
    assert time.process_time() - begun < 1
