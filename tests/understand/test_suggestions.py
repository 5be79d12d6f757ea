"""Suggestions: which phrases are offered for articles that editors moved, and that they do what is said of them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.model import Article
from digest.core.settings import TopicRules
from digest.understand.suggestions import Suggestion, suggest
from digest.understand.topics import Classifier

Make = Callable[..., Article]

CARS = TopicRules(id="cars", name="Cars", color="#000000", phrases={"carmaker": 3.0, "electric van": 3.0, "road": 1.0})
MONEY = TopicRules(id="money", name="Money", color="#000000", phrases={"savings": 3.0})
RULES = [CARS, MONEY]


def grown(topic: TopicRules, offers: tuple[Suggestion, ...]) -> Classifier:
    added = {offer.phrase: offer.weight for offer in offers}
    return Classifier([replace(topic, phrases={**topic.phrases, **added})])


@pytest.fixture
def stored(article: Make) -> list[Article]:
    """What a newsletter has gathered: cars, money and much else."""
    return [
        article("van", title="Carmaker shows its hatchback", text="The carmaker sells the hatchback in May."),
        article("van2", title="Carmaker sells van", text="The hatchback and the van of the carmaker."),
        article("bank", title="Savings are safe", text="The savings bank pays more for savings."),
        *(
            article(f"other{n}", title="Choir sings on the road", text="The choir met in May. It met.")
            for n in range(9)
        ),
    ]


def test_the_word_of_the_topic_is_offered_and_decides(article: Make, stored: list[Article]) -> None:
    moved = article("moved", title="Hatchback sales stop", text="The hatchback of Holm is no longer sold in May.")
    (offer,) = suggest(RULES, {"cars": [moved]}, stored, {})
    assert offer == Suggestion(topic="cars", phrase="hatchback", weight=3.0, decides=1, changes=0)
    assert grown(CARS, (offer,)).classify(moved)


def test_a_weight_of_two_is_enough_where_another_phrase_helps(article: Make, stored: list[Article]) -> None:
    moved = article("moved", title="Hatchback on the road", text="The hatchback of Holm is sold.")
    (offer,) = suggest(RULES, {"cars": [moved]}, stored, {})
    assert (offer.phrase, offer.weight, offer.decides) == ("hatchback", 2.0, 1)


def test_what_a_phrase_would_change_elsewhere_is_counted(article: Make, stored: list[Article]) -> None:
    moved = [article(f"moved{n}", title="Quarzel on the road", text=f"The quarzel {n}.") for n in range(3)]
    near = article("near", title="Quarzel on a road", text="A quarzel.")
    far = article("far", title="A fine meal", text="Quarzel.")
    (offer,) = suggest(RULES, {"cars": moved}, [*stored, near, far], {})
    assert offer == Suggestion(topic="cars", phrase="quarzel", weight=2.0, decides=3, changes=1)


def test_names_keep_their_capitals_and_words_of_a_sentences_beginning_do_not(
    article: Make, stored: list[Article]
) -> None:
    moved = article("moved", title="Buyers wait for the Vellmar", text="Dealers say the Vellmar is late again.")
    first = suggest(RULES, {"cars": [moved]}, stored, {})[0]
    assert first.phrase == "Vellmar"
    shouted = article("shouted", title="Hatchback Sales Stop", text="Hatchback sales fell.")
    assert suggest(RULES, {"cars": [shouted]}, stored, {})[0].phrase == "hatchback"


def test_nothing_is_offered_for_what_the_phrases_place_already(article: Make, stored: list[Article]) -> None:
    placed = article("placed", title="Carmaker in trouble", text="The carmaker sells less.")
    assert suggest(RULES, {"cars": [placed]}, stored, {}) == ()
    assert suggest(RULES, {}, stored, {}) == ()
    assert suggest(RULES, {"gone": [placed]}, stored, {}) == ()


def test_a_hint_of_the_source_counts_as_it_does_for_the_article(article: Make) -> None:
    near = article("near", title="Nothing", text="A carmaker in May.", source="Hinted")
    rules = [replace(CARS, floor=4.8)]
    assert suggest(rules, {"cars": [near]}, [], {}) != ()
    assert suggest(rules, {"cars": [near]}, [], {"Hinted": ("cars",)}) == ()


def test_nothing_can_be_offered_for_an_article_without_words(article: Make) -> None:
    assert suggest(RULES, {"cars": [article("a", title="1 2 3", text="... of the and")]}, [], {}) == ()


_WORDS = st.lists(
    st.sampled_from(["Vellmar", "hatchback", "choir", "road", "carmaker", "the", "of", "savings", "12", "."]),
    max_size=12,
)
_TEXT = (_WORDS | st.lists(st.text(max_size=6), max_size=6)).map(" ".join)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(_TEXT, _TEXT), max_size=4), st.lists(st.tuples(_TEXT, _TEXT), max_size=4))
def test_offers_are_new_and_do_what_is_said_of_them(
    article: Make, moved: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    to_cars = [article(f"m{n}", title=title or "-", text=text) for n, (title, text) in enumerate(moved)]
    stored = [article(f"s{n}", title=title or "-", text=text) for n, (title, text) in enumerate(others)]
    offers = suggest(RULES, {"cars": to_cars}, stored, {})
    phrases = [offer.phrase.casefold() for offer in offers]
    assert len(set(phrases)) == len(phrases)
    assert not {phrase.casefold() for phrase in CARS.phrases} & set(phrases)
    before, after = Classifier([CARS]), grown(CARS, offers)
    missed = [each for each in to_cars if not before.classify(each)]
    assert sum(bool(after.classify(each)) for each in missed) == sum(offer.decides for offer in offers)
    assert suggest(RULES, {"cars": to_cars[::-1]}, stored[::-1], {}) == offers
