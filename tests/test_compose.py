from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from digest.compose import compose, coverage, document, trimmed, variant
from digest.core.model import Article, Earlier, Edition, Issue, LeftOut, Story, TopicScore
from digest.core.settings import Job, TopicRules

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ISSUE = Issue(id="daily-2026-11-23T0700", job="daily", slot="2026-11-23T07:00", revision=1, number=12, composed=NOW)
TOPICS = {name: TopicRules(id=name, name=name.title(), color="#b4441b") for name in ("ai", "cars", "money")}


def article(name: str, source: str = "Docks") -> Article:
    return Article(
        id=name,
        url=f"https://example.com/{name}",
        title=f"Title of {name}",
        text="One two three.",
        summary="",
        source=source,
        author="Jo Doe",
        published=NOW,
        first_seen=NOW,
        image=None,
    )


def story(lead: Article, *topics: str, also: tuple[Article, ...] = (), summary: str = "First. Second.") -> Story:
    scores = tuple(TopicScore(topic=topic, score=5.0, reasons=()) for topic in topics)
    return Story(lead=lead, also=also, topics=scores, score=1.23456, reasons=("2 sources",), summary=summary)


def job(*, topics: tuple[str, ...] = ("cars", "ai"), stories: int = 8, per_source: int = 3) -> Job:
    return Job(
        name="daily", title="The Brief", sender="a@example.org", topics=topics, stories=stories, per_source=per_source
    )


JOB = job()


def first_sentence(text: str) -> str:
    return text.partition(".")[0] + "." if text else ""


def made(ranked: list[Story], wanted: Job = JOB) -> Edition:
    return compose(ISSUE, wanted, TOPICS, ranked, first_sentence)


def reasons(edition: Edition) -> dict[str, str]:
    return {left.id: left.reason for left in edition.left_out}


def test_sections_stand_in_the_jobs_order_and_stories_in_theirs() -> None:
    edition = made([story(article("a"), "ai"), story(article("b"), "cars"), story(article("c", "Post"), "cars")])
    assert [(s.topic, s.title, [x.lead.id for x in s.stories]) for s in edition.sections] == [
        ("cars", "Cars", ["b", "c"]),
        ("ai", "Ai", ["a"]),
    ]
    assert edition.issue == ISSUE


def test_a_topic_without_stories_has_no_section() -> None:
    assert [section.topic for section in made([story(article("a"), "ai")]).sections] == ["ai"]
    assert made([]).sections == ()


def test_a_story_stands_once_in_its_best_topic_of_the_job() -> None:
    edition = made([story(article("a"), "money", "ai", "cars")])
    assert [(section.topic, len(section.stories)) for section in edition.sections] == [("ai", 1)]
    assert edition.left_out == ()


def test_the_other_sections_of_a_storys_topics_point_to_it() -> None:
    both = [story(article(f"a{n}", f"Outlet {n}"), "ai", "cars") for n in range(5)]
    edition = made([*both, story(article("b"), "cars"), story(article("c"), "money", "cars")])
    cars, ai = edition.sections
    assert [(found.topic, found.section, found.lead.id) for found in cars.see_also] == [
        ("ai", "Ai", name) for name in ("a0", "a1", "a2")
    ]
    assert ai.see_also == ()
    assert [found.lead.id for found in trimmed(edition, 4).sections[0].see_also] == ["a0"]
    assert document(edition, "", "")["sections"][0]["see_also"][0] == {
        "topic": "ai",
        "id": "a0",
        "title": "Title of a0",
        "url": "https://example.com/a0",
    }


def test_an_update_names_its_story_and_the_edition_that_told_it_first() -> None:
    first = Earlier(edition="daily-2026-11-14T0700", composed=NOW)
    update = replace(story(article("a"), "ai"), id="older", update_of=first)
    (shown,) = document(made([update]), "", "")["sections"][0]["stories"]
    assert (shown["id"], shown["story"], shown["update_of"]) == ("a", "older", "daily-2026-11-14T0700")


def test_what_is_known_to_be_left_out_is_named_with_the_rest() -> None:
    known = [LeftOut(id="k", title="Known", reason="already carried by daily-1")]
    edition = compose(ISSUE, JOB, TOPICS, [story(article("a"), "money")], first_sentence, known)
    assert reasons(edition) == {"k": "already carried by daily-1", "a": "no topic of this job passed its floor"}


def test_a_story_of_no_topic_of_the_job_is_left_out_with_all_its_coverage() -> None:
    edition = made([story(article("a"), "money", also=(article("b"),)), story(article("c"))])
    assert reasons(edition) == dict.fromkeys(("a", "b", "c"), "no topic of this job passed its floor")
    assert edition.left_out[0].title == "Title of a"


def test_a_full_section_takes_no_more_and_says_so() -> None:
    stories = [story(article(f"a{n}", f"Outlet {n}"), "ai", "cars") for n in range(3)]
    edition = made(stories, job(stories=2))
    assert [x.lead.id for x in edition.stories] == ["a0", "a1"]
    assert reasons(edition) == {"a2": "the section ai already has 2 better stories"}


def test_an_outlet_leads_only_so_many_stories_of_a_section() -> None:
    stories = [story(article(f"a{n}"), topic) for n, topic in enumerate(("ai", "cars", "ai", "ai"))]
    edition = made([*stories, story(article("b", "Post"), "ai")], job(per_source=2))
    assert [x.lead.id for x in edition.stories] == ["a1", "a0", "a2", "b"]
    assert reasons(edition) == {"a3": "Docks already leads 2 stories of the section ai"}


def test_a_story_that_found_no_room_does_not_count_for_its_outlet() -> None:
    stories = [story(article("a", "Post"), "ai"), story(article("b"), "ai"), story(article("c"), "cars")]
    assert [x.lead.id for x in made(stories, job(stories=1, per_source=1)).stories] == ["c", "a"]


def test_a_brief_is_the_first_sentence_of_the_lead_or_its_title() -> None:
    assert made([story(article("a"), "ai")]).sections[0].brief == "First."
    assert made([story(article("a"), "ai", summary="")]).sections[0].brief == "Title of a"


def test_articles_and_sources_are_counted_with_their_other_coverage() -> None:
    also = (article("b", "Post"), article("c", "Post"))
    edition = made([story(article("a"), "ai", also=also), story(article("d", "Wire"), "money")])
    assert (edition.articles, edition.sources) == (3, 2)
    assert [a.id for a in coverage(edition.stories[0])] == ["a", "b", "c"]


def test_a_document_has_exactly_the_promised_keys() -> None:
    edition = made([story(article("a"), "ai", also=(article("b", "Post"),)), story(article("c"))])
    shown = document(edition, "Subject", "Preheader")
    assert shown == {
        "id": "daily-2026-11-23T0700",
        "job": "daily",
        "slot": "2026-11-23T07:00",
        "subject": "Subject",
        "preheader": "Preheader",
        "counts": {"articles": 2, "sources": 2},
        "sections": [
            {
                "topic": "ai",
                "title": "Ai",
                "brief": "First.",
                "stories": [
                    {
                        "id": "a",
                        "title": "Title of a",
                        "url": "https://example.com/a",
                        "source": "Docks",
                        "author": "Jo Doe",
                        "published": "2026-11-23T07:00:00+00:00",
                        "minutes": 1,
                        "image": None,
                        "summary": "First. Second.",
                        "score": 1.235,
                        "reasons": ["2 sources"],
                        "story": "a",
                        "update_of": None,
                        "also": [{"title": "Title of b", "url": "https://example.com/b", "source": "Post"}],
                    }
                ],
                "see_also": [],
            }
        ],
        "left_out": [{"id": "c", "title": "Title of c", "reason": "no topic of this job passed its floor"}],
    }


@st.composite
def many_stories(draw: st.DrawFn) -> list[Story]:
    numbers = count()

    def one() -> Article:
        return article(f"a{next(numbers)}", draw(st.sampled_from(["Docks", "Post", "Wire"])))

    return [
        story(
            one(),
            *draw(st.permutations(sorted(TOPICS)))[: draw(st.integers(0, 3))],
            also=tuple(one() for _ in range(draw(st.integers(0, 3)))),
        )
        for _ in range(draw(st.integers(0, 20)))
    ]


@given(
    many_stories(),
    st.lists(st.sampled_from(sorted(TOPICS)), unique=True),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_every_article_is_in_a_section_or_left_out_with_a_reason_and_the_caps_hold(
    stories: list[Story], topics: list[str], most: int, per_source: int
) -> None:
    edition = made(stories, job(topics=tuple(topics), stories=most, per_source=per_source))
    shown = [a.id for x in edition.stories for a in coverage(x)]
    left = [left.id for left in edition.left_out]
    assert sorted(shown + left) == sorted(a.id for x in stories for a in coverage(x))
    assert all(left.reason for left in edition.left_out)
    assert all(1 <= len(section.stories) <= most for section in edition.sections)
    led = Counter((section.topic, x.lead.source) for section in edition.sections for x in section.stories)
    assert all(times <= per_source for times in led.values())
    assert [section.topic for section in edition.sections] == [
        t for t in topics if t in {s.topic for s in edition.sections}
    ]
    for section in edition.sections:
        assert list(section.stories) == [x for x in stories if x in section.stories]
        for x in section.stories:
            assert section.topic == next(score.topic for score in x.topics if score.topic in topics)


@given(many_stories(), st.integers(0, 25))
def test_an_edition_trimmed_for_size_loses_its_lowest_stories_and_says_so(stories: list[Story], count: int) -> None:
    whole = made(stories, job(per_source=20))
    less = trimmed(whole, count)
    gone = len(whole.stories) - len(less.stories)
    assert gone == min(count, len(whole.stories))
    assert sorted([a.id for x in less.stories for a in coverage(x)] + [left.id for left in less.left_out]) == sorted(
        a.id for x in stories for a in coverage(x)
    )
    assert {left.reason for left in less.left_out[len(whole.left_out) :]} <= {"size"}
    leads = {section.topic: section.stories[0] for section in whole.sections}
    if len(less.stories) >= len(leads):
        assert {section.topic: section.stories[0] for section in less.sections} == leads
    assert less.articles == sum(len(coverage(x)) for x in less.stories)


def test_a_variant_has_the_sections_of_its_topics_as_they_are() -> None:
    whole = made([story(article("a"), "ai"), story(article("b", "Post"), "cars"), story(article("c"))])
    one = variant(whole, ["ai"])
    assert one.sections == tuple(section for section in whole.sections if section.topic == "ai")
    assert (one.articles, one.sources, one.left_out) == (1, 1, whole.left_out)
    assert variant(whole, []).sections == ()
