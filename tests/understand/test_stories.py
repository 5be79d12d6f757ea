"""Stories: what belongs together, what only sounds alike, in any order."""

import json
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.model import Article
from digest.understand._linking import link
from digest.understand._profiles import Profile, profiles
from digest.understand.stories import RECENT, _candidates, group, threshold
from understand.bcubed import bcubed

Make = Callable[..., Article]
OWN = Path(__file__).resolve().parents[1] / "data"
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


def labelled(article: Make, rows: list[dict[str, str]]) -> tuple[list[Article], dict[str, str]]:
    """Articles and the event of each, empty where it belongs to none."""
    names = [f"{number:03}" for number in range(len(rows))]
    made = [
        article(
            name,
            title=row["title"],
            text=row["text"],
            date=datetime.fromisoformat(row.get("published", "2026-11-22T20:00:00+00:00")),
        )
        for name, row in zip(names, rows, strict=True)
    ]
    return made, {name: row["event"] or "" for name, row in zip(names, rows, strict=True)}


def rows_of(*paths: Path) -> list[dict[str, str]]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def test_our_labelled_events_are_found_and_look_alikes_kept_apart(article: Make) -> None:
    articles, events = labelled(article, rows_of(*sorted(OWN.glob("stories_*.jsonl"))))
    precision, _, f1 = bcubed(ids(group(articles)), events)
    assert len(articles) >= 150
    assert precision >= 0.97
    assert f1 >= 0.95


def test_labelled_events_of_the_development_set_are_found(article: Make, data: Path) -> None:
    articles, events = labelled(article, rows_of(data / "articles" / "own_dev.jsonl"))
    assert bcubed(ids(group(articles)), events)[2] >= 0.95


def test_any_order_of_the_labelled_articles_gives_the_same_stories(article: Make) -> None:
    articles, _ = labelled(article, rows_of(*sorted(OWN.glob("stories_*.jsonl"))))
    found = group(articles)
    for seed in range(3):
        random.Random(seed).shuffle(articles)  # noqa: S311  # a fixed seed repeats a failure, nothing is secret
        assert group(articles) == found


def test_more_articles_must_be_more_alike() -> None:
    assert [round(threshold(count), 2) for count in (10, 1_000, 10_000, 10**9)] == [0.19, 0.19, 0.22, 0.25]


def test_a_component_without_bounds_is_taken_apart() -> None:
    pairs = [(number, number + 1, 0.3 if number % 2 else 0.9) for number in range(25_000)]
    assert max(map(len, link(25_001, pairs, 0.1))) == 2


def pairs_compared(article: Make, count: int) -> int:
    """How many pairs are looked at where every article shares all of its words with many others."""
    made = [
        article(
            f"{n:05}",
            title=f"Castellan Brixford {n % 7}",
            text=" ".join(f"Name{(n * 31 + k * k) % 300}" for k in range(30)),
        )
        for n in range(count)
    ]
    return sum(1 for _ in _candidates(profiles(made)))


def test_twice_the_articles_are_twice_the_comparisons(article: Make) -> None:
    few, many = pairs_compared(article, 1_000), pairs_compared(article, 2_000)
    assert few > 1_000
    assert many <= 2.3 * few


def test_no_article_is_compared_with_more_than_its_words_and_names_can_find(article: Make) -> None:
    same = [article(f"{n:04}", title="Castellan Brixford Talmar", text=f"One text of {n % 3}.") for n in range(600)]
    compared: list[Profile] = profiles([*same, article("other", title="-", text="Nothing of the kind happened.")])
    assert sum(1 for _ in _candidates(compared)) <= RECENT * len(compared)


def test_a_story_of_eighty_reports_is_one(article: Make) -> None:
    details = [f"detail{n}" for n in range(160)]
    made = [
        article(
            f"{n:03}", title=f"Talmar quake {details[n]}", text=f"{TEXTS['quake-1']} {details[-1 - n]} {details[n]}"
        )
        for n in range(80)
    ]
    others = [a for a in news(article) if "quake" not in a.id]
    assert max(len(members) for members in group([*made, *others])) == 80


def test_events_are_found_where_a_script_has_no_spaces_or_no_capitals(article: Make) -> None:
    texts = {
        "a": "塔尔马地区星期四凌晨发生强烈地震,教堂塔楼倒塌,一万四千户停电。",
        "b": "星期四凌晨塔尔马地区强烈地震之后,教堂塔楼倒塌,学校停课。",
        "c": "中央银行宣布维持利率不变,并暗示春季可能降息。",
        "d": "وقع زلزال قوي في منطقة تلمار فجر الخميس وانهار برج الكنيسة",
        "e": "انهار برج الكنيسة في تلمار بعد زلزال قوي فجر الخميس",
        "f": "แผ่นดินไหวรุนแรงในเมืองทัลมาร์เช้าวันพฤหัสบดี หอคอยโบสถ์ถล่ม",
        "g": "หอคอยโบสถ์ถล่มหลังแผ่นดินไหวรุนแรงในเมืองทัลมาร์",
    }
    made = [article(name, title=text[:12], text=text) for name, text in texts.items()]
    assert ids(group(made)) == [["a", "b"], ["c"], ["d", "e"], ["f", "g"]]


def test_hostile_articles_take_no_more_than_linear_time(article: Make) -> None:
    many = [article(f"same{n:03}", title="One title", text="One text for all of them. " * 10) for n in range(500)]
    many += [article("long", title="Title " * 20_000, text="short"), article("word", text="again " * 40_000)]
    many += [article("empty", title="?"), article("run", text="字" * 100_000), article("half", text="\ud800 word")]
    started = time.process_time()
    found = group(many)
    assert sorted(name for members in ids(found) for name in members) == sorted(a.id for a in many)
    assert time.process_time() - started < 20
