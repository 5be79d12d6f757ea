import sqlite3
from contextlib import closing

from support import Folder, Make

NOTHING = {
    "sign_ups": 0,
    "given_back": 0,
    "articles": 0,
    "emptied": 0,
    "bodies": 0,
    "images": 0,
    "files": 0,
    "bytes": 0,
}
LONG_AGO = "2020-01-01T00:00:00+00:00"


def aged(folder: Folder) -> Folder:
    """A newsletter that was sent long ago."""
    folder.run("send", "brief")
    with closing(sqlite3.connect(folder.path / "digest.db")) as connection, connection:
        connection.execute("UPDATE editions SET composed = ?, expires = ?", (LONG_AGO, LONG_AGO))
        connection.execute("UPDATE articles SET published = ?, first_seen = ?", (LONG_AGO, LONG_AGO))
    return folder


def test_what_is_young_stays(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("send", "brief")
    assert folder.json("prune") == NOTHING
    assert folder.run("prune").stdout == "nothing is old enough\n"


def test_what_is_old_goes_and_who_got_it_stays(newsletter: Make) -> None:
    folder = aged(newsletter())
    told = folder.run("prune", "--dry-run").stdout
    assert told.startswith("2 articles, 1 frozen mail (0.")
    assert told.endswith("MB); a dry run: nothing was removed\n")
    assert len(folder.json("articles", "list")) == 2
    before = folder.json("report")
    done = folder.json("prune", "--vacuum")
    assert (done["articles"], done["bodies"]) == (2, 1)
    assert folder.json("articles", "list") == []
    assert folder.json("report") == before
    assert folder.json("prune") == NOTHING


def test_keep_says_how_long(newsletter: Make) -> None:
    folder = aged(newsletter())
    folder.append("digest.toml", '[keep]\narticles = "9999d"\nbytes = "9999d"\n')
    assert folder.json("prune") == NOTHING


def test_what_was_pruned_is_not_sent_again(newsletter: Make) -> None:
    folder = aged(newsletter())
    folder.run("prune")
    folder.run("gather")
    assert len(folder.json("articles", "list")) == 2
    folder.append("jobs/brief.toml", 'schedule = "* * * * *"\n')
    assert folder.json("send", "brief")["jobs"][0]["state"] == "skipped"


def test_a_sign_up_that_nobody_confirmed_is_erased(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("subscribers", "add", "jo@example.org", "--job", "brief")
    with closing(sqlite3.connect(folder.path / "digest.db")) as connection, connection:
        connection.execute("UPDATE subscribers SET state = 'pending', changed = ?", (LONG_AGO,))
        connection.execute("UPDATE consents SET how = 'form'")
    assert "sign_ups" in folder.json("prune", "--dry-run")
    assert [row["state"] for row in folder.json("subscribers", "list")] == ["pending"]
    assert folder.run("prune").stdout.startswith("1 sign-up that nobody confirmed")
    assert folder.json("subscribers", "list") == []
