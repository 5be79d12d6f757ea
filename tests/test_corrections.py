from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import Article, Story, TopicScore
from digest.corrections import DROPPED, MOVED, PINNED, Correction, apply, merged
from support import Folder, Make

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
NAMES = ("a", "b", "c", "d")


def article(name: str) -> Article:
    return Article(
        id=name,
        url=None,
        title=f"Title of {name}",
        text="",
        summary="",
        source="Docks",
        author="",
        published=None,
        first_seen=NOW,
        image=None,
    )


def story(name: str, *also: str, topic: str = "cars", summary: str = "Known.") -> Story:
    topics = (TopicScore(topic=topic, score=5.0, reasons=("phrase",)),) if topic else ()
    others = tuple(article(other) for other in also)
    return Story(lead=article(name), also=others, topics=topics, score=1.0, reasons=("1 source",), summary=summary)


def correction(topic: str = "", *, pinned: bool = False, dropped: bool = False, after: int = 0) -> Correction:
    return Correction(topic=topic, pinned=pinned, dropped=dropped, changed=NOW + timedelta(hours=after))


def told(one: Article) -> str:
    return f"Made for {one.id}."


def leads(stories: tuple[Story, ...]) -> list[str]:
    return [one.lead.id for one in stories]


def test_a_moved_story_has_that_topic_alone_and_says_so() -> None:
    (moved,) = apply([story("a", "b")], {"b": correction("money")}, told).stories
    assert [(found.topic, found.reasons) for found in moved.topics] == [("money", (MOVED,))]
    assert moved.reasons == ("1 source", MOVED)
    assert moved.summary == "Known."


def test_a_story_that_had_no_topic_gets_its_summary_when_it_is_moved() -> None:
    (moved,) = apply([story("a", topic="", summary="")], {"a": correction("money")}, told).stories
    assert moved.summary == "Made for a."


def test_pinned_stories_come_first_in_the_order_they_had() -> None:
    found = apply([story(name) for name in "abcd"], {"d": correction(pinned=True), "b": correction(pinned=True)}, told)
    assert leads(found.stories) == ["b", "d", "a", "c"]
    assert found.stories[0].reasons[-1] == PINNED


def test_a_dropped_story_is_kept_apart_whatever_else_was_decided() -> None:
    found = apply([story("a", "b"), story("c")], {"a": correction(pinned=True), "b": correction(dropped=True)}, told)
    assert leads(found.stories) == ["c"]
    assert leads(found.dropped) == ["a"]
    assert DROPPED in found.dropped[0].reasons


def test_the_latest_move_counts() -> None:
    both = merged([correction("money", after=2), correction("cars", after=1), correction(pinned=True, after=3)])
    assert both == correction("money", pinned=True, after=3)
    assert merged([]) is None


decisions = st.dictionaries(
    st.sampled_from([*NAMES, "stranger"]),
    st.builds(correction, st.sampled_from(["", "cars", "money"]), pinned=st.booleans(), dropped=st.booleans()),
)


@given(st.permutations(NAMES), decisions)
def test_corrections_lose_no_story_and_touch_none_that_is_not_meant(
    order: list[str], decided: dict[str, Correction]
) -> None:
    ranked = [story(name) for name in order]
    found = apply(ranked, decided, told)
    assert sorted(leads(found.stories) + leads(found.dropped)) == sorted(order)
    assert [one for one in found.stories if one.lead.id not in decided] == [
        one for one in ranked if one.lead.id not in decided
    ]


def identifier(folder: Folder, part: str) -> str:
    (found,) = [row["id"] for row in folder.json("articles", "list") if part in row["title"]]
    return str(found)


def sections(folder: Folder) -> dict[str, list[str]]:
    edition = folder.json("render", "brief", "--offline")
    return {section["topic"]: [one["title"][:10] for one in section["stories"]] for section in edition["sections"]}


def test_an_editor_moves_a_story_and_takes_it_back(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("gather")
    van = identifier(folder, "Aurel")
    assert list(sections(folder)) == ["cars", "money"]
    assert folder.run("articles", "move", van[:6], "money").exit_code == 0
    assert sorted(sections(folder)["money"]) == ["Aurel pric", "Four savin"]
    assert folder.json("articles", "show", van)["topics"] == [{"name": "money", "score": 0.0, "reasons": [MOVED]}]
    assert folder.run("articles", "move", van, "--undo").exit_code == 0
    assert list(sections(folder)) == ["cars", "money"]


def test_a_dropped_story_is_left_out_with_its_copies_until_that_is_undone(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("sources/copy.txt", (folder.path / "sources/van.txt").read_text() + "\nOne more line.\n")
    folder.append("digest.toml", '[[sources]]\npath = "others/*.txt"\nname = "Another Post"\n')
    folder.write("others/copy.txt", (folder.path / "sources/van.txt").read_text())
    folder.run("gather")
    van = next(row["id"] for row in folder.json("articles", "list") if "Aurel" in row["title"])
    folder.run("articles", "drop", van)
    edition = folder.json("render", "brief", "--offline")
    assert [section["topic"] for section in edition["sections"]] == ["money"]
    reasons = {left["reason"] for left in edition["left_out"]}
    assert reasons == {DROPPED}
    folder.run("articles", "drop", van, "--undo")
    assert list(sections(folder)) == ["cars", "money"]


def test_a_pinned_story_leads_its_section(newsletter: Make) -> None:
    folder = newsletter()
    folder.write(
        "sources/porto.txt",
        "A carmaker, a carmaker and its museum\n\nThe carmaker of Porto hires forty painters and a glazier.\n",
    )
    folder.run("gather")
    first, second = sections(folder)["cars"]
    folder.run("articles", "pin", identifier(folder, second))
    assert sections(folder)["cars"] == [second, first]


def test_a_correction_reaches_a_copy_that_came_after_the_article_was_carried(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.run("send", "brief")
    folder.run("articles", "drop", identifier(folder, "Aurel"))
    folder.append("digest.toml", '[[sources]]\npath = "others/*.txt"\nname = "Another Post"\n')
    folder.write(
        "others/copy.txt", "Van prices\n\n" + (folder.path / "sources/van.txt").read_text().partition("\n\n")[2]
    )
    folder.write("others/new.txt", "A carmaker in Porto hires\n\nThe carmaker hires two hundred for its new line.\n")
    folder.run("gather")
    edition = folder.json("render", "brief", "--offline")
    assert [one["title"] for section in edition["sections"] for one in section["stories"]] == [
        "A carmaker in Porto hires"
    ]
    reasons = {left["title"]: left["reason"] for left in edition["left_out"]}
    assert reasons["Van prices"] == DROPPED or reasons["Van prices"].startswith("a copy of what brief-")


def test_a_story_moved_to_a_topic_of_another_job_is_left_out_and_says_why(newsletter: Make) -> None:
    folder = newsletter()
    job = (folder.path / "jobs/brief.toml").read_text()
    folder.write("jobs/brief.toml", job.replace('["cars", "money"]', '["cars"]'))
    folder.run("gather")
    folder.run("articles", "move", identifier(folder, "Aurel"), "money")
    told_why = folder.run("render", "brief", "--offline").stderr
    assert "nothing new to show" in told_why
