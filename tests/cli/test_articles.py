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
