"""Folding: what is a copy, what only looks like one, and that input order does not matter."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.model import Article, Original
from digest.understand.duplicates import fold

Make = Callable[..., Article]
WORDS = [f"word{number}" for number in range(400)]


def text(seed: int, count: int = 120) -> str:
    return " ".join(
        WORDS[(seed * 7919 + number * number * 31 + number * seed * 17) % len(WORDS)] for number in range(count)
    )


def edited(words: str, every: int) -> str:
    return " ".join("other" if number % every == 0 else word for number, word in enumerate(words.split()))


def ids(originals: tuple[Original, ...]) -> list[list[str]]:
    return [[original.article.id, *(copy.id for copy in original.copies)] for original in originals]


def test_the_earliest_is_the_original_and_ties_go_by_id(article: Make, morning: datetime) -> None:
    later = morning + timedelta(hours=1)
    found = fold(
        [
            article("a", text=text(1), date=later),
            article("c", text=text(1), source="Times"),
            article("b", text=text(1), source="Echo"),
        ]
    )
    assert ids(found) == [["b", "c", "a"]]


def test_case_spacing_and_punctuation_make_no_new_text(article: Make) -> None:
    shouted = text(1).upper().replace(" ", " -\n\n")
    assert ids(fold([article("a", text=text(1)), article("b", text=shouted, source="Echo")])) == [["a", "b"]]


def test_an_edited_and_a_cut_agency_text_are_copies(article: Make) -> None:
    whole = text(1)
    cut = " ".join(whole.split()[:75]) + " Only in the Echo."
    found = fold(
        [
            article("a", text=whole),
            article("b", text=f"Our reporter writes. {whole}", source="Echo"),
            article("c", text=edited(whole, 12), source="Times"),
            article("d", text=cut, source="Globe"),
        ]
    )
    assert ids(found) == [["a", "b", "c", "d"]]


def test_texts_that_share_less_than_half_stay_apart(article: Make) -> None:
    mixed = " ".join(text(1).split()[:60] + text(2).split()[:60])
    assert len(fold([article("a", text=text(1)), article("b", text=mixed, source="Echo")])) == 2


def test_two_articles_of_one_outlet_need_titles_that_agree(article: Make) -> None:
    menu, title = text(1), "Harbour opens again after storm"
    first = article("a", title=title, text=f"{menu} {text(2, 30)}")
    other = article("b", title="Cup final moved to Sunday", text=f"{menu} {text(3, 30)}")
    update = article("c", title="Harbour opens again after big storm", text=f"{menu} {text(4, 30)}")
    assert ids(fold([first, other, update])) == [["a", "c"], ["b"]]


def test_short_texts_must_be_equal_with_their_title(article: Make) -> None:
    teaser = "The harbour opens again after the storm of last week, says the mayor of the town today."
    found = fold(
        [
            article("a", title="Harbour opens", text=teaser),
            article("b", title="Harbour OPENS!", text=teaser, source="Echo"),
            article("c", title="Harbour shuts", text=teaser, source="Times"),
            article("d", title="Harbour opens", text=f"{teaser} Again", source="Globe"),
        ]
    )
    assert ids(found) == [["a", "b"], ["c"], ["d"]]


def test_one_id_is_one_article(article: Make, morning: datetime) -> None:
    first, second = article("a", text=text(1)), article("a", text=text(2), date=morning + timedelta(hours=2))
    assert fold([second, first]) == (Original(article=first, copies=(second,)),)


def test_articles_without_text_are_told_apart_by_their_title(article: Make) -> None:
    assert ids(fold([article("a", title="One"), article("b", title="Two"), article("c", title="one")])) == [
        ["a", "c"],
        ["b"],
    ]
    assert fold([]) == ()


def test_two_feeds_of_one_host_share_its_menus(article: Make) -> None:
    menu = text(1)
    first = article("a", title="Harbour opens again", text=f"{menu} {text(2, 30)}", source="Post, news")
    other = article("b", title="Cup final on Sunday", text=f"{menu} {text(3, 30)}", source="Post, sport")
    assert len(fold([first, other])) == 2


def test_hostile_texts_fold_or_stay_but_stop_nothing(article: Make) -> None:
    same = [article(f"same{number:03}", text="word " * 30, source=f"S{number}") for number in range(500)]
    odd = [
        article("long", title="Title " * 20_000),
        article("run", text="字" * 100_000),
        article("half", text="\ud800"),
    ]
    found = fold([*same, *odd])
    assert sorted(len(original.copies) for original in found) == [0, 0, 0, 499]


_plans = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 3), st.integers(2, 40), st.integers(0, 3), st.integers(0, 2)),
    max_size=12,
)


def planned(article: Make, morning: datetime, plan: list[tuple[str, int, int, int, int]]) -> list[Article]:
    return [
        article(
            name,
            title=f"Title {seed}",
            text=edited(text(seed), every),
            date=morning - timedelta(hours=hours),
            source=f"Outlet {outlet}",
        )
        for name, seed, every, hours, outlet in plan
    ]


@settings(deadline=None)
@given(plan=_plans, order=st.randoms())
def test_any_order_folds_alike_and_no_article_is_lost(
    article: Make, morning: datetime, plan: list[tuple[str, int, int, int, int]], order: random.Random
) -> None:
    articles = planned(article, morning, plan)
    found = fold(articles)
    order.shuffle(articles)
    assert fold(articles) == found
    assert sorted(map(repr, articles)) == sorted(repr(a) for o in found for a in (o.article, *o.copies))


@settings(deadline=None)
@given(plan=_plans)
def test_originals_fold_no_further(
    article: Make, morning: datetime, plan: list[tuple[str, int, int, int, int]]
) -> None:
    originals = [original.article for original in fold(planned(article, morning, plan))]
    assert fold(originals) == tuple(Original(article=original, copies=()) for original in originals)
