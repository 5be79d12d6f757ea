"""What is news of a story that readers know, case by case."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import Article, Earlier, Story, Told, TopicScore
from digest.understand.newness import UPDATE, sift

Make = Callable[..., Article]
TITLE = "Fire in Saltmere harbour kills eleven"
TEXT = (
    "A fire in a cold store in the harbour of Saltmere killed eleven workers on Sunday, the fire brigade said. The "
    "blaze began shortly before noon in a hall of the company Norvik Frost, where forty people were packing fish. Two "
    "ferries were held back because of the smoke. The cause is not known."
)
OTHER = (
    "The savings bank of Ghent has settled a bond with a token of its own. The same trade took days and three "
    "intermediaries until now, and the central bank of the country watched the trial."
)
SAME = (
    "People in Saltmere mourn eleven workers who were killed when a cold store of Norvik Frost burned in the harbour "
    "on Sunday. About forty people had been packing fish in the hall. How the fire began is not known, brigades said."
)
ELSEWHERE = (
    "The company Norvik Frost will not rebuild the cold store in the harbour of Saltmere that was lost to a fire. "
    "Instead it wants to rent halls further inland, and offers jobs there to everybody. Unions doubt it."
)


@pytest.fixture
def later(morning: datetime) -> datetime:
    return morning + timedelta(days=1)


def told(article: Article, *, is_own: bool = True) -> Told:
    first = Earlier(edition="daily-1", composed=article.date + timedelta(hours=1)) if is_own else None
    return Told(id="fire", articles=(article,), first=first, last="daily-1", carried={article.id: "daily-1"})


def story(lead: Article, *also: Article, score: float = 1.0) -> Story:
    topics = (TopicScore(topic="news", score=5.0, reasons=()),)
    return Story(lead=lead, also=also, topics=topics, score=score, reasons=("1 source",), summary="Of the lead.")


def summarised(article: Article) -> str:
    return f"Of {article.id}."


@pytest.mark.parametrize(
    ("title", "text", "is_news"),
    [
        ("Saltmere mourns eleven workers killed in the blaze", SAME, False),
        ("Banks settle bond", TEXT, False),
        ("Fire in Saltmere harbour kills eleven", TEXT.replace("shortly before noon", "at half past eleven"), False),
        ("Toll of Saltmere harbour fire rises to fourteen", SAME.replace("eleven", "fourteen"), True),
        ("Norvik Frost manager acquitted over Saltmere harbour fire", SAME + " The manager, Egil Strand, wept.", True),
        (
            "Norvik Frost gives up its cold store in Saltmere",
            ELSEWHERE,
            True,
        ),
    ],
)
def test_a_story_that_readers_know_comes_back_only_with_news(
    article: Make, morning: datetime, later: datetime, title: str, text: str, *, is_news: bool
) -> None:
    known = told(article("a", title=TITLE, text=TEXT, date=morning))
    new = article("b", title=title, text=text, source="Echo", date=later)
    unrelated = article("c", title="Four savings banks settle a bond", text=OTHER, date=later)
    found = sift([story(new), story(unrelated)], [known], summarised)
    shown = {each.lead.id: each.update_of for each in found.stories}
    assert shown == ({"b": known.first, "c": None} if is_news else {"c": None})
    assert {left.id for left in found.left_out} == (set() if is_news else {"b"})


def test_an_update_keeps_the_storys_id_and_gives_way_to_what_is_new(
    article: Make, morning: datetime, later: datetime
) -> None:
    known = told(article("a", title=TITLE, text=TEXT, date=morning))
    new = article("b", title="Toll of Saltmere fire rises to fourteen", text=SAME, source="Echo", date=later)
    fresh = article("c", title="Four savings banks settle a bond", text=OTHER, date=later)
    found = sift([story(new, score=1.1), story(fresh)], [known], summarised)
    assert [(each.id, each.lead.id, each.score) for each in found.stories] == [
        ("c", "c", 1.0),
        ("fire", "b", round(1.1 * UPDATE, 4)),
    ]
    assert found.stories[1].reasons == ("update: 2 new facts (fourteen, Toll)", "1 source")


def test_the_article_with_the_news_leads_and_is_summarised(article: Make, morning: datetime, later: datetime) -> None:
    known = told(article("a", title=TITLE, text=TEXT, date=morning))
    same = article("b", title="Saltmere mourns eleven workers", text=SAME, source="Echo", date=later)
    copy = article("c", title=TITLE, text=TEXT, source="Wire", date=later)
    news = article("d", title="Toll of Saltmere fire rises to 14", text=SAME.replace("noon", "one"), date=later)
    (update,) = (found := sift([story(same, copy, news)], [known], summarised)).stories
    assert (update.lead.id, update.summary, [each.id for each in update.also]) == ("d", "Of d.", ["b"])
    assert [(left.id, left.reason) for left in found.left_out] == [("c", "a copy of what daily-1 carried")]


def test_two_stories_of_today_that_update_one_become_one(article: Make, morning: datetime, later: datetime) -> None:
    known = told(article("a", title=TITLE, text=TEXT, date=morning))
    toll = article("b", title="Toll of Saltmere fire rises to 14", text=SAME, source="Echo", date=later)
    charge = article("c", title="Norvik Frost charged over Saltmere fire, 9 held", text=SAME, source="Wire", date=later)
    (update,) = sift([story(toll), story(charge)], [known], summarised).stories
    assert (update.lead.id, [each.id for each in update.also]) == ("b", ["c"])


def test_background_that_comes_late_is_no_news(article: Make, morning: datetime) -> None:
    known = told(article("a", title=TITLE, text=TEXT, date=morning))
    facts = f"{SAME} The founder Ola Berg, 71, came from Tromso with 30 helpers."
    for age, is_news in ((timedelta(hours=-2), True), (timedelta(hours=2), False)):
        late = article("b", title="Saltmere mourns", text=facts, source="Echo", date=morning - age)
        assert bool(sift([story(late)], [known], summarised).stories) == is_news


def test_nouns_with_capitals_are_no_names(article: Make, morning: datetime, later: datetime) -> None:
    fire = (
        "Ein Feuer hat in der Nacht eine Halle eines Sägewerks bei Murnau zerstört. Verletzt wurde niemand. Den "
        "Schaden schätzt die Polizei auf zwei Millionen Euro. Rund 120 Feuerwehrleute waren im Einsatz."
    )
    same = (
        "Bei Murnau ist die Halle eines Sägewerks abgebrannt. 120 Feuerwehrleute kämpften nachts gegen die Flammen. Es "
        "gab keine Verletzten, die Polizei spricht von zwei Millionen Euro Schaden."
    )
    news = (
        "Nach dem Brand im Sägewerk bei Murnau hat die Polizei einen Lehrling festgenommen. Der 19 Jahre alte Mann "
        "soll die Halle angezündet haben, weil ihm gekündigt worden war. Er schweigt."
    )
    known = told(article("a", title="Brand in Sägewerk bei Murnau zerstört Halle", text=fire, date=morning))
    for title, text, is_news in (
        ("Feuer im Sägewerk: Halle bei Murnau abgebrannt", same, False),
        ("Brandstiftung in Murnau: Polizei nimmt Lehrling fest", news, True),
    ):
        found = sift([story(article("b", title=title, text=text, source="Echo", date=later))], [known], summarised)
        assert bool(found.stories) == is_news


def test_what_an_editor_pinned_is_news(article: Make, morning: datetime, later: datetime) -> None:
    known = told(article("a", title=TITLE, text=TEXT, date=morning))
    same = article("b", title="Saltmere mourns eleven workers", text=SAME, source="Echo", date=later)
    (update,) = sift([story(same)], [known], summarised, frozenset(["b"])).stories
    assert (update.update_of, update.reasons[0]) == (known.first, "update: much that was not said before")


def test_what_only_another_job_told_is_not_marked(article: Make, morning: datetime, later: datetime) -> None:
    known = told(article("a", title=TITLE, text=TEXT, date=morning), is_own=False)
    new = article("b", title="Toll of Saltmere fire rises to fourteen", text=SAME, source="Echo", date=later)
    assert [each.update_of for each in sift([story(new)], [known], summarised).stories] == [None]


@given(st.data())
def test_every_article_is_told_or_left_out_exactly_once_whatever_the_order(
    article: Make, morning: datetime, data: st.DataObject
) -> None:
    texts = [
        (TITLE, TEXT),
        ("Mourning", SAME),
        ("Moving", ELSEWHERE),
        ("Toll rises to 14", SAME),
        ("Bond", OTHER),
        ("", ""),
    ]
    drawn = data.draw(st.lists(st.tuples(st.sampled_from(texts), st.integers(-90, 90)), max_size=9))
    made = [
        article(f"n{n}", title=title, text=text, source="ABC"[n % 3], date=morning + timedelta(hours=hours))
        for n, ((title, text), hours) in enumerate(drawn)
    ]
    known = [
        replace(told(article(f"t{n}", title=title, text=text, date=morning)), id=f"t{n}")
        for n, (title, text) in enumerate(data.draw(st.lists(st.sampled_from(texts), max_size=3)))
    ]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(made)), max_size=3)) | {0, len(made)})
    groups = [made[start:end] for start, end in pairwise(cuts)]
    today = [story(first, *rest, score=data.draw(st.floats(0, 2))) for first, *rest in groups]
    found = sift(today, known, summarised)
    named = [each.id for one in found.stories for each in (one.lead, *one.also)] + [left.id for left in found.left_out]
    assert sorted(named) == sorted(each.id for each in made)
    assert [one.score for one in found.stories] == sorted((one.score for one in found.stories), reverse=True)
    assert len({one.id for one in found.stories}) == len(found.stories)
    assert sift(today, known[::-1], summarised).stories == found.stories


def test_without_a_past_everything_is_new_and_known_by_its_lead(article: Make) -> None:
    alone = story(article("a", title=TITLE, text=TEXT))
    gone = replace(told(article("b")), articles=())
    assert sift([alone], [gone], summarised).stories == (replace(alone, id="a"),)
    assert sift([], [told(article("b"))], summarised).stories == ()
