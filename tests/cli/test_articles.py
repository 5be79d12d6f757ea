import re

import pytest

from digest.corrections import DROPPED, PINNED
from support import Folder, Make


def gathered(newsletter: Make) -> tuple[Folder, str]:
    """A newsletter whose articles are known, and the id of the one about the van."""
    folder = newsletter(recipients=1)
    folder.run("gather")
    (van,) = [row["id"] for row in folder.json("articles", "list") if "Aurel" in row["title"]]
    return folder, van


def test_why_says_which_phrases_fired_and_what_a_floor_kept_out(newsletter: Make) -> None:
    folder, van = gathered(newsletter)
    folder.write("topics/cars.toml", (folder.path / "topics/cars.toml").read_text().replace("2.0", "50.0"))
    told = folder.json("articles", "why", van[:8])
    (fired,) = told["fired"]
    assert (fired["name"], fired["floor"], fired["passed"]) == ("cars", 50.0, False)
    assert any("electric van" in reason for reason in fired["reasons"])
    assert (told["topics"], told["story"], told["duplicate_of"], told["editions"]) == ([], van, None, [])
    assert "no, below its floor of 50.0" in folder.run("articles", "why", van).stdout


def test_why_says_where_the_article_stands_in_the_newest_edition(newsletter: Make) -> None:
    folder, van = gathered(newsletter)
    folder.run("send", "brief")
    (place,) = folder.json("articles", "why", van)["editions"]
    assert (place["job"], place["state"], place["included"]) == ("brief", "sent", True)
    assert place["reason"].startswith("leads a story of Cars: 1 source")
    folder.write("sources/late.txt", "A carmaker comes late\n\nThe carmaker came after the mail had left.\n")
    folder.run("gather")
    (late,) = [row["id"] for row in folder.json("articles", "list") if "late" in row["title"]]
    (place,) = folder.json("articles", "why", late)["editions"]
    assert (place["included"], place["reason"]) == (False, "gathered after it was composed")


def test_why_gives_the_reason_for_which_an_article_was_left_out(newsletter: Make) -> None:
    folder, van = gathered(newsletter)
    folder.run("articles", "drop", van)
    folder.run("send", "brief")
    told = folder.json("articles", "why", van)
    assert [(place["included"], place["reason"]) for place in told["editions"]] == [(False, DROPPED)]
    assert told["corrections"] == {"topic": None, "pinned": False, "dropped": True, "own": True}
    shown = folder.run("articles", "why", van).stdout
    assert "corrected: dropped by an editor" in shown


def test_why_says_what_a_thin_edition_was(newsletter: Make) -> None:
    folder, van = gathered(newsletter)
    folder.append("jobs/brief.toml", "stories = 1\n")
    job = (folder.path / "jobs/brief.toml").read_text()
    folder.write("jobs/brief.toml", job.replace("minimum = 1", "minimum = 50"))
    folder.run("send", "brief")
    (place,) = folder.json("articles", "why", van)["editions"]
    assert place["reason"] == "the edition is skipped: 2 new stories where the minimum is 50"


def test_why_says_what_the_next_edition_would_do(newsletter: Make) -> None:
    folder, van = gathered(newsletter)
    (place,) = folder.json("articles", "why", van)["next"]
    assert (place["job"], place["included"]) == ("brief", True)
    assert place["reason"].startswith("leads a story of Cars: 1 source, undated, first seen 0 h ago")
    folder.run("articles", "drop", van)
    (place,) = folder.json("articles", "why", van)["next"]
    assert (place["included"], place["reason"]) == (False, DROPPED)
    folder.run("articles", "drop", van, "--undo")
    folder.run("send", "brief")
    (place,) = folder.json("articles", "why", van)["next"]
    assert not place["included"]
    assert place["reason"].startswith("already carried by brief-")
    told = folder.run("articles", "why", van).stdout.splitlines()
    assert told[-1].startswith("brief: the next edition: would not be in it: already carried by brief-")
    assert re.match(r"brief: brief-\S+ \(sent\): in it: leads a story of Cars", told[-2])


def test_why_says_that_there_is_no_news_of_a_story_and_which_texts_are_copies(newsletter: Make) -> None:
    folder, van = gathered(newsletter)
    folder.run("send", "brief")
    folder.append("digest.toml", '[[sources]]\npath = "others/*.txt"\nname = "Another Post"\n')
    text = (folder.path / "sources/van.txt").read_text()
    folder.write("others/copy.txt", text + "\nOne more line.\n")
    folder.write(
        "others/same.txt",
        "Aurel undercuts its rivals with an electric van\n\nThe first electric van of the carmaker Aurel costs 31,000 "
        "euro, well below what rivals ask. It drives 280 kilometres on one charge and carries 900 kilograms.\n",
    )
    folder.run("gather")
    ids = {row["title"]: row["id"] for row in folder.json("articles", "list") if row["source"] == "Another Post"}
    same = folder.json("articles", "why", ids["Aurel undercuts its rivals with an electric van"])
    assert re.fullmatch(r"no news since brief-\S+ told this story", same["next"][0]["reason"])
    copy = folder.json("articles", "why", ids["Aurel prices its electric van below its rivals"])
    assert re.fullmatch(r"a copy of what brief-\S+ carried", copy["next"][0]["reason"])
    told = folder.json("articles", "why", van)
    assert {other["id"]: other["copy"] for other in told["also"]}[copy["id"]]
    assert "; rank 1 of 1, score 0." in told["editions"][0]["reason"]


def test_why_says_what_keeps_an_article_from_each_job(newsletter: Make) -> None:
    folder, van = gathered(newsletter)
    brief = (folder.path / "jobs/brief.toml").read_text()
    folder.write("jobs/full.toml", brief.replace("minimum = 1", "minimum = 50"))
    folder.write("jobs/money.toml", brief.replace('["cars", "money"]', '["money"]'))
    folder.write("jobs/other.toml", brief + 'sources = ["Another Post"]\n')
    folder.append("digest.toml", '[[sources]]\npath = "others/*.txt"\nname = "Another Post"\n')
    places = {
        place["job"]: (place["included"], place["reason"]) for place in folder.json("articles", "why", van)["next"]
    }
    assert places["full"][0]
    assert places["full"][1].endswith("; too thin to be sent: 2 new stories where the minimum is 50")
    assert places["money"] == (False, "no topic of this job passed its floor")
    assert places["other"] == (False, "not from one of the job's sources")


def test_why_says_that_an_article_is_too_old_for_the_next_edition(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    job = (folder.path / "jobs/brief.toml").read_text()
    folder.write("jobs/brief.toml", job.replace('window = "any"', 'window = "36h"'))
    text = (folder.path / "sources/van.txt").read_text()
    folder.write("sources/van.txt", text.replace("\n\n", "\n\n3 March 2024\n\n", 1))
    folder.run("gather")
    (van,) = [row["id"] for row in folder.json("articles", "list") if "Aurel" in row["title"]]
    (place,) = folder.json("articles", "why", van)["next"]
    assert (place["included"], place["reason"]) == (False, "older than the job's window")


def test_the_list_shows_when_an_article_was_published_in_the_newsletters_zone(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.append("digest.toml", '[[sources]]\npath = "feed.xml"\n')
    folder.write(
        "feed.xml",
        "<rss version='2.0'><channel><title>Quay Wire</title><item><title>A carmaker sells</title>"
        "<link>https://quay.example.org/1</link><pubDate>Mon, 01 Jul 2024 23:30:00 GMT</pubDate></item>"
        "</channel></rss>",
    )
    folder.run("gather")
    rows = {line.split("\t")[4]: line.split("\t") for line in folder.run("articles", "list").stdout.splitlines()}
    assert rows["A carmaker sells"][1] == "2024-07-02 01:30"
    undated = rows["Aurel prices its electric van below its rivals"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d", undated[1])
    assert undated[1] > "2024-07-02"
    assert set(folder.json("articles", "list")[0]) == {
        *("id", "url", "title", "source", "published", "first_seen", "topics", "story", "duplicate_of")
    }


def test_the_beginning_of_several_ids_is_refused_and_names_them(newsletter: Make) -> None:
    folder, _ = gathered(newsletter)
    result = folder.run("articles", "drop", "")
    assert result.exit_code == 2
    for row in folder.json("articles", "list"):
        assert f"{row['id']} ({row['title']})" in result.stderr


def test_what_was_dropped_is_not_pinned_before_that_is_undone(newsletter: Make) -> None:
    folder, van = gathered(newsletter)
    folder.append("digest.toml", '[[sources]]\npath = "others/*.txt"\nname = "Another Post"\n')
    folder.write("others/copy.txt", (folder.path / "sources/van.txt").read_text() + "\nOne more line.\n")
    folder.run("gather")
    (copy,) = [row["id"] for row in folder.json("articles", "list") if row["source"] == "Another Post"]
    assert copy != van
    folder.run("articles", "drop", van)
    for pinned in (van, copy):
        result = folder.run("articles", "pin", pinned)
        assert result.exit_code == 2
        assert f"dropped by an editor; `digest articles drop {van} --undo` comes first" in result.stderr
    folder.run("articles", "drop", van, "--undo")
    assert folder.run("articles", "pin", van).exit_code == 0


def test_the_list_shows_what_was_corrected(newsletter: Make) -> None:
    folder, van = gathered(newsletter)
    folder.run("articles", "pin", van)
    rows = {row["id"]: row for row in folder.json("articles", "list")}
    assert PINNED in rows[van]["topics"][0]["reasons"]
    assert sum(PINNED in str(row) for row in rows.values()) == 1
    assert PINNED in folder.run("articles", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("move", "VAN"), "TOPIC: no such topic; allowed are cars, money"),
        (("move", "VAN", "carz"), "carz: no such topic; allowed are cars, money"),
        (("move", "zzz", "cars"), "zzz: no article begins with this id"),
        (("drop", ""), "several articles begin with this id"),
        (("pin", "VAN", "--undo"), "was not pinned"),
        (("drop", "VAN", "--undo"), "was not dropped"),
        (("move", "VAN", "--undo"), "was not moved"),
        (("why", "zzz"), "no article begins"),
    ],
)
def test_a_wrong_correction_is_one_clear_line_and_changes_nothing(
    newsletter: Make, arguments: tuple[str, ...], told: str
) -> None:
    folder, van = gathered(newsletter)
    before = folder.json("articles", "list")
    result = folder.run("articles", *(van if argument == "VAN" else argument for argument in arguments))
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert folder.json("articles", "list") == before
