"""The room as a whole: articles in any order make the same stories, and each article is in one of them."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.model import Article, Story
from digest.core.settings import Source, TopicRules
from digest.understand import understand

Make = Callable[..., Article]
TEXTS = (
    (
        "The carmaker Aurel has priced its first electric van at 31,000 euro, below what its rivals ask. The van "
        "carries 900 kilograms and drives 280 kilometres on a charge. Couriers may lease the Aurel by the kilometre."
    ),
    (
        "Couriers like the electric van from Aurel, which costs 31,000 euro. The carmaker says that it drives 280 "
        "kilometres on a charge and takes 900 kilograms. A lease by the kilometre begins in May for the first buyers."
    ),
    (
        "A bridge to Ethereum lost tokens worth 18 million dollars to a thief. The makers of the Lumen blockchain "
        "stopped it for six hours. They offer a tenth as a reward if the coins of the bridge come back by May."
    ),
    (
        "Twelve harbour seals rest on the slipway of the closed shipyard. Biologists count them each dawn and ask "
        "walkers to keep dogs on a lead until August. The town of Holm plans a fence and a tower for visitors."
    ),
)
RULES = (
    TopicRules(id="cars", name="Cars", color="#b4441b", phrases={"carmaker": 3.0, "electric van": 3.0}),
    TopicRules(id="crypto", name="Crypto", color="#0b6f65", phrases={"blockchain": 3.0, "Ethereum": 3.0, "token": 1.0}),
)


def articles(article: Make) -> list[Article]:
    made = [
        article(f"{outlet}{number}", title=text.split(".")[0], text=text, source=f"Outlet {number}{outlet}")
        for number, text in enumerate(TEXTS)
        for outlet in range(1 + number % 2)
    ]
    return [*made, article("echo", title="Aurel's van", text=TEXTS[0].upper(), source="Echo")]


def ids(story: Story) -> list[str]:
    return [story.lead.id, *(other.id for other in story.also)]


def test_articles_become_ranked_stories_with_reasons_and_summaries(article: Make, morning: datetime) -> None:
    stories = understand(articles(article), RULES, {}, morning + timedelta(hours=2))
    by_topic = {story.topics[0].topic if story.topics else "": story for story in stories}
    assert set(by_topic) == {"cars", "crypto", ""}
    van = by_topic["cars"]
    assert stories[0] == van
    assert van.topics[0].reasons
    assert van.reasons[:3] == ("2 independent sources", "2 copies not counted", "2 h old")
    assert "echo" in ids(van)
    assert all(story.summary in story.lead.text for story in stories)


def test_every_article_is_in_exactly_one_story(article: Make, morning: datetime) -> None:
    given_articles = articles(article)
    stories = understand(given_articles, RULES, {}, morning)
    assert sorted(name for story in stories for name in ids(story)) == sorted(a.id for a in given_articles)


@settings(deadline=None)
@given(order=st.randoms(), late=st.lists(st.integers(0, 60), min_size=8, max_size=8))
def test_any_order_gives_the_same_stories(
    article: Make, morning: datetime, order: random.Random, late: list[int]
) -> None:
    some = [
        replace(each, published=morning - timedelta(hours=hours))
        for each, hours in zip(articles(article), late, strict=False)
    ]
    stories = understand(some, RULES, {"Echo": Source(weight=1.4)}, morning)
    order.shuffle(some)
    assert understand(some, RULES, {"Echo": Source(weight=1.4)}, morning) == stories


def test_an_outlets_hint_and_weight_count(article: Make, morning: datetime) -> None:
    weak = article("a", title="Aurel", text=f"The electric van of the town, once more. {'more ' * 80}")
    rules = [replace(RULES[0], floor=3.5)]
    assert understand([weak], rules, {}, morning)[0].topics == ()
    hinted = understand([weak], rules, {"Post": Source(topics=("cars",), weight=1.5)}, morning)[0]
    assert [found.topic for found in hinted.topics] == ["cars"]
    assert "Post weighs 1.5" in hinted.reasons


def test_hostile_articles_stop_nothing(article: Make, morning: datetime) -> None:
    hostile = ["", "a" * 100_000, "\x00\x1b\ufffe", "🚗" * 5_000, "((((" * 5_000, "\u202eabc " * 999, "{{ 7*7 }}"]
    made = [article(f"h{number}", title=text[:300], text=text) for number, text in enumerate(hostile)]
    stories = understand([*made, *articles(article)], RULES, {}, morning)
    assert stories[0].topics[0].topic in {"cars", "crypto"}
    assert understand([], RULES, {}, morning) == ()
    assert understand(made, [], {}, morning)
