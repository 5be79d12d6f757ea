"""`digest subscribers forget`: what is gone, what is left and named, and what a no is answered with."""

import subprocess

from support import DIGEST, Folder, Make


def emails(folder: Folder) -> dict[str, str]:
    return {row["email"]: row["state"] for row in folder.json("subscribers", "list")}


def test_who_is_forgotten_is_in_no_file_of_the_newsletter_and_gets_nothing(newsletter: Make) -> None:
    folder = newsletter(recipients=0)
    for email in ("a@example.org", "sought.for@example.org"):
        folder.run("subscribers", "add", email, "--job", "brief", "--name", "Josephine")
    assert folder.run("subscribers", "forget", "sought.for@example.org").exit_code == 1
    assert emails(folder)["sought.for@example.org"] == "active"
    result = folder.run("subscribers", "forget", "Sought.For@example.org", "--yes")
    assert result.stdout.splitlines()[0] == "Sought.For@example.org: forgotten, in 1 subscription and 0 mails"
    files = [path for path in folder.path.glob("digest.db*") if path.is_file()]
    assert [path.name for path in files if b"sought.for@" in path.read_bytes().lower()] == []
    folder.run("send", "brief")
    assert len(folder.mails()) == 1


def test_what_still_names_who_is_forgotten_is_said_and_nothing_else(newsletter: Make) -> None:
    folder = newsletter(recipients=0)
    for email in ("a@example.org", "b@example.org", "c@example.org"):
        folder.run("subscribers", "add", email, "--job", "brief")
    elsewhere = "backups and lists that you keep elsewhere are not touched: let them expire"
    told = folder.run("subscribers", "forget", "a@example.org", "--yes").stdout.splitlines()
    assert told[1:] == [elsewhere]
    folder.run("backup", str(folder.path / "digest.db.before-trying"))
    folder.write("list.csv", "email\n" + "x" * (1 << 20) + "\nB@Example.org\n")
    folder.write("other.csv", "email\nc@example.org\n")
    folder.run("send", "brief")
    told = folder.run("subscribers", "forget", "B@example.org", "--yes").stdout.splitlines()
    assert told == [
        "B@example.org: forgotten, in 1 subscription and 1 mail",
        "still named in digest.db.before-trying, list.csv: delete what you need no more",
        f"the mails in {folder.path / 'outbox'} are not touched",
        elsewhere,
    ]


def test_who_was_never_known_is_mailed_by_nobody_from_then_on(newsletter: Make) -> None:
    folder = newsletter(recipients=0)
    told = folder.run("subscribers", "forget", "a@example.org", "--yes").stdout
    assert told.startswith("a@example.org: was not known, and nobody mails it from now on\n")
    assert folder.run("subscribers", "add", "a@example.org", "--job", "brief").exit_code == 2


def test_a_no_is_answered_with_what_did_not_happen(newsletter: Make) -> None:
    folder = newsletter(recipients=0)
    folder.run("subscribers", "add", "a@example.org", "--job", "brief")
    command = [*DIGEST, "--home", str(folder.path), "subscribers", "forget", "a@example.org"]
    for typed in ("n\n", ""):
        asked = subprocess.run(command, input=typed, capture_output=True, text=True, check=False)
        assert (asked.returncode, asked.stdout) == (1, "")
        assert asked.stderr.endswith("digest: a@example.org: nothing was erased\n")
        assert "Aborted" not in asked.stderr
    assert emails(folder) == {"a@example.org": "active"}


def test_a_jobs_file_that_still_names_who_is_forgotten_is_told(newsletter: Make) -> None:
    result = newsletter(recipients=1).run("subscribers", "forget", "R0@example.org", "--yes")
    assert "jobs/brief.toml still names R0@example.org in `to`; take it out there" in result.stderr
