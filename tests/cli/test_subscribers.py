from pathlib import Path

import pytest

from digest.formats import subscriber_list
from support import Folder, Make

LIST = "email,name,topics\nA@example.org,Jo,cars\nnobody,x,\nb@example.org,=1+1,\nB@example.org,,\ngone@example.org,,\n"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def emails(folder: Folder) -> dict[str, str]:
    return {row["email"]: row["state"] for row in folder.json("subscribers", "list")}


def test_topics_of_a_subscriber_are_kept_and_shown(newsletter: Make) -> None:
    folder = newsletter()
    assert folder.run("subscribers", "add", "a@example.org", "--job", "brief", "--topics", "cars").exit_code == 0
    assert folder.json("subscribers", "list")[0]["topics"] == ["cars"]
    assert "\tcars\t" in folder.run("subscribers", "list").stdout


def test_a_reader_of_one_topic_gets_a_mail_of_that_topic(newsletter: Make) -> None:
    folder = newsletter(recipients=0)
    folder.run("subscribers", "add", "a@example.org", "--job", "brief", "--topics", "money")
    assert folder.run("send", "brief").exit_code == 0
    (mail,) = folder.mails()
    assert b"savings banks" in mail
    assert b"Aurel" not in mail


def test_a_list_is_imported_and_told_line_by_line(newsletter: Make, csv: Path) -> None:
    folder = newsletter()
    folder.run("subscribers", "add", "gone@example.org", "--job", "brief")
    folder.run("subscribers", "remove", "gone@example.org", "--job", "brief")
    result = folder.run("subscribers", "import", str(csv), "--job", "brief")
    assert result.exit_code == 0
    assert result.stdout == "2 added, 1 known, 1 skipped, 1 rejected\n"
    assert "line 3: 'nobody' is no e-mail address" in result.stderr
    assert "line 6: gone@example.org left or must not be mailed, and is not added again" in result.stderr
    assert emails(folder) == {"A@example.org": "active", "b@example.org": "active", "gone@example.org": "unsubscribed"}
    again = folder.run("subscribers", "import", str(csv), "--job", "brief")
    assert again.stdout == "0 added, 3 known, 1 skipped, 1 rejected\n"


def test_a_dry_run_imports_nobody(newsletter: Make, csv: Path) -> None:
    folder = newsletter()
    result = folder.run("subscribers", "import", str(csv), "--job", "brief", "--dry-run")
    assert "would be added" in result.stdout
    assert emails(folder) == {}


def test_what_is_exported_is_safe_and_imported_again(newsletter: Make, csv: Path, tmp_path: Path) -> None:
    folder, other = newsletter(), newsletter(name="other")
    folder.run("subscribers", "import", str(csv), "--job", "brief")
    folder.run("subscribers", "remove", "gone@example.org", "--job", "brief")
    exported = folder.run("subscribers", "export", "--job", "brief").stdout
    assert exported == ("email,name,topics,language,timezone\nA@example.org,Jo,cars,,\nb@example.org,'=1+1,,,\n")
    (tmp_path / "exported.csv").write_text(exported, encoding="utf-8")
    other.run("subscribers", "import", str(tmp_path / "exported.csv"), "--job", "brief")
    (first, second) = other.json("subscribers", "list")
    assert (first["topics"], second["name"]) == (["cars"], "=1+1")


def test_ten_thousand_rows_are_imported_in_seconds(newsletter: Make, tmp_path: Path) -> None:
    folder = newsletter()
    path = tmp_path / "many.csv"
    rows = [(f"r{number}@example.org", "", "", "", "") for number in range(10_000)]
    path.write_text(subscriber_list.write(rows), encoding="utf-8")
    result = folder.run("subscribers", "import", str(path), "--job", "brief")
    assert result.stdout == "10000 added, 0 known, 0 skipped, 0 rejected\n"
    assert result.stderr.strip() == "import: 10000 of 10000"


@pytest.mark.parametrize("data", [b"", b"name\nJo\n", b"\0\1\2"])
def test_a_file_that_is_no_list_is_refused_in_one_line(newsletter: Make, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    result = newsletter().run("subscribers", "import", str(tmp_path / "x.csv"), "--job", "brief")
    assert result.exit_code == 2
    assert "names no column `email`" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_list_for_an_unknown_job_is_refused(newsletter: Make, csv: Path) -> None:
    result = newsletter().run("subscribers", "import", str(csv), "--job", "weekly")
    assert (result.exit_code, result.stderr) == (2, "digest: weekly: no such job; allowed are brief\n")
