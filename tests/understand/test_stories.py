"""Stories: what belongs together, what only sounds alike, in any order."""

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.model import Article
from digest.understand.stories import group

Make = Callable[..., Article]
TEXTS = {
    "plant-1": "Castellan Cars will shut its Brixford factory in 2027. About 2,300 jobs at Castellan are at risk.",
    "plant-2": "For sixty years Brixford built hatchbacks. Now Castellan stops the lines in 2027 and 2,300 must leave.",
    "taxi": "The carmaker Castellan halves the staff of its robotaxi unit. Cars in two cities keep safety drivers.",
    "quake-1": "A quake of magnitude 5.6 shook the Talmar region at dawn. A church tower fell. Schools in Talmar shut.",
    "quake-2": "Engineers check 900 houses after the quake of 5.6 in Talmar. Forty families of Talmar sleep in a gym.",
    "chips": "Corvid posts a record profit on demand for its chips. Cloud firms took most of what Corvid makes.",
    "vote": "The opposition won the regional vote in Dravia with 43 percent. Talks on a coalition begin on Monday.",
}
EVENTS = {"plant-1": "plant", "plant-2": "plant", "quake-1": "quake", "quake-2": "quake"}


def news(article: Make) -> list[Article]:
    return [article(name, title=text.split(".")[0], text=text) for name, text in TEXTS.items()]


def ids(groups: tuple[tuple[Article, ...], ...]) -> list[list[str]]:
    return [[article.id for article in members] for members in groups]


def test_coverage_of_one_event_comes_together_and_nothing_else_does(article: Make) -> None:
    assert ids(group(news(article))) == [["chips"], ["plant-1", "plant-2"], ["quake-1", "quake-2"], ["taxi"], ["vote"]]


def test_what_happens_again_a_week_later_is_another_story(article: Make, morning: datetime) -> None:
    first, second = TEXTS["quake-1"], TEXTS["quake-1"] + " Again."
    near = article("b", text=second, date=morning + timedelta(hours=72))
    far = article("b", text=second, date=morning + timedelta(hours=73))
    others = [a for a in news(article) if "quake" not in a.id]
    assert ["a", "b"] in ids(group([article("a", text=first), near, *others]))
    assert ["a"] in ids(group([article("a", text=first), far, *others]))


def test_a_chain_of_likenesses_makes_no_story(article: Make) -> None:
    vocabulary = [f"Name{number}" for number in range(200)]
    chain = [article(f"{n:02}", title="-", text="of " + " ".join(vocabulary[n * 6 : n * 6 + 12])) for n in range(12)]
    assert max(len(members) for members in group(chain)) <= 3


def test_nothing_and_empty_texts_make_no_trouble(article: Make) -> None:
    assert group([]) == ()
    empty = [article("a", title="!", text=""), article("b", title="…", text="\x00")]
    assert ids(group(empty)) == [["a"], ["b"]]


@settings(deadline=None)
@given(order=st.randoms(), hours=st.lists(st.integers(0, 90), min_size=len(TEXTS), max_size=len(TEXTS)))
def test_any_order_gives_the_same_stories(
    article: Make, morning: datetime, order: random.Random, hours: list[int]
) -> None:
    articles = [
        article(name, title=text.split(".")[0], text=text, date=morning - timedelta(hours=late))
        for (name, text), late in zip(TEXTS.items(), hours, strict=True)
    ]
    found = group(articles)
    assert sorted(a.id for members in found for a in members) == sorted(TEXTS)
    order.shuffle(articles)
    assert group(articles) == found


def test_labelled_events_are_found(article: Make, data: Path) -> None:
    rows = [json.loads(line) for line in (data / "articles" / "own_dev.jsonl").read_text(encoding="utf-8").splitlines()]
    event = {row["id"]: row["event"] for row in rows}
    found = group([article(row["id"], title=row["title"], text=row["text"]) for row in rows])
    together = {pair for members in ids(found) for pair in combinations(members, 2)}
    wanted = {pair for pair in combinations(event, 2) if event[pair[0]] and event[pair[0]] == event[pair[1]]}
    assert len(together & wanted) >= 0.85 * len(wanted)
    assert len(together - wanted) <= 1
