"""Ranking: what counts, how much, and which article leads."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from digest.core.model import Article, Original, TopicScore
from digest.core.settings import Source
from digest.understand.rank import Ranked, rank

Make = Callable[..., Article]
TEXT = "word " * 50


def original(article: Article, *copies: Article) -> Original:
    return Original(article=article, copies=copies)


def topic(score: float, name: str = "cars") -> TopicScore:
    return TopicScore(topic=name, score=score, reasons=(f"{score}",))


def ranked(
    groups: Sequence[Sequence[Original]],
    now: datetime,
    topics: dict[str, tuple[TopicScore, ...]] | None = None,
    outlets: dict[str, Source] | None = None,
) -> tuple[Ranked, ...]:
    ids = [each.article.id for members in groups for each in members]
    found: dict[str, tuple[TopicScore, ...]] = {name: (topic(4.5),) for name in ids}
    return rank(groups, found | (topics or {}), outlets or {}, now)


def test_the_score_is_the_product_of_its_parts(article: Make, morning: datetime) -> None:
    members = [original(article("a", text=TEXT, source="Post")), original(article("b", text=TEXT, source="Echo"))]
    found = ranked([members], morning + timedelta(hours=18), outlets={"Post": Source(weight=1.5)})[0]
    assert found.lead.id == "a"
    assert found.score == pytest.approx(0.5 * (1 + math.log(2)) * (0.1 + 0.9 / 2) * 1.5, abs=1e-4)
    assert found.reasons == ("2 independent sources", "18 h old", "cars 4.5", "Post weighs 1.5")


def test_copies_and_a_second_article_of_one_outlet_are_no_further_source(article: Make, morning: datetime) -> None:
    copy = article("b", text=TEXT, source="Echo", date=morning + timedelta(hours=5))
    members = [original(article("a", text=TEXT), copy), original(article("c", text=TEXT))]
    found = ranked([members], morning + timedelta(hours=6))[0]
    assert found.reasons[:3] == ("1 source", "1 copy not counted", "6 h old")
    assert [a.id for a in found.also] == ["c", "b"]


def test_age_never_counts_below_zero_and_never_erases(article: Make, morning: datetime) -> None:
    future = ranked([[original(article("a", text=TEXT))]], morning - timedelta(hours=3))[0]
    ancient = ranked([[original(article("a", text=TEXT))]], morning + timedelta(days=4000))[0]
    assert (future.score, future.reasons[1]) == (0.5, "0 h old")
    assert ancient.score == pytest.approx(0.05)


def test_an_undated_article_has_no_age(article: Make, morning: datetime) -> None:
    undated = replace(article("a", text=TEXT), published=None)
    later = morning + timedelta(hours=2)
    assert ranked([[original(undated)]], later)[0].reasons[1] == "undated, first seen 2 h ago"
    dated = article("b", text=TEXT, source="Echo", date=morning + timedelta(hours=1))
    assert ranked([[original(undated), original(dated)]], later)[0].reasons[1] == "1 h old"


def test_the_lead_is_whole_then_linked_then_trusted_then_first(article: Make, morning: datetime) -> None:
    later = morning + timedelta(hours=1)
    teaser = original(article("a", text="short", source="Best"))
    first = original(article("b", text=TEXT, source="Post"))
    second = original(article("c", text=TEXT, source="Echo", date=later))
    trusted = original(article("d", text=TEXT, source="Good", date=later))
    outlets = {"Best": Source(weight=1.5), "Good": Source(weight=1.2)}
    found = ranked([[teaser, first, second, trusted]], later, outlets=outlets)[0]
    assert [found.lead.id, *(a.id for a in found.also)] == ["d", "b", "c", "a"]


def test_a_topic_needs_half_of_the_originals_and_keeps_its_best_reasons(article: Make, morning: datetime) -> None:
    members = [original(article(name, text=TEXT)) for name in "abc"]
    topics = {
        "a": (topic(9.0), topic(5.0, "ai")),
        "b": (topic(6.0),),
        "c": (topic(12.0, "crypto"), topic(7.0, "ai")),
    }
    assert ranked([members], morning, topics)[0].topics == (topic(9.0), topic(7.0, "ai"))


def test_a_story_without_topic_ranks_below_and_is_not_lost(article: Make, morning: datetime) -> None:
    groups = [[original(article("a", text=TEXT))], [original(article("b", text=TEXT))]]
    found = ranked(groups, morning, {"a": ()})
    assert [event.lead.id for event in found] == ["b", "a"]
    assert found[1].topics == ()
    assert found[1].score > 0


def test_equal_scores_go_by_age_then_id(article: Make, morning: datetime) -> None:
    late = morning + timedelta(hours=1)
    groups = [[original(article(n, text=TEXT, date=d))] for n, d in (("c", late), ("b", morning), ("a", late))]
    found = ranked(groups, morning, outlets={})
    assert [event.lead.id for event in found] == ["a", "c", "b"]
