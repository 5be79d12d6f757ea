import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.core.tokens import load_key
from digest.formats import subscriber_list
from digest.mailroom import suppression_tag
from digest.store import connect, suppressions
from support import DIGEST, Folder, Make

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)

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
    path.write_text("".join(subscriber_list.write(rows)), encoding="utf-8")
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


def suppress(folder: Folder, email: str, reason: str) -> None:
    tag = suppression_tag(load_key(folder.path))
    with connect(folder.path / "digest.db") as store:
        suppressions.add(store, tag, [email], reason, "", NOW)


def test_a_suppressed_address_is_told_and_not_imported_also_after_it_was_forgotten(newsletter: Make, csv: Path) -> None:
    folder = newsletter()
    suppress(folder, "b@example.org", "complained")
    folder.run("subscribers", "forget", "A@example.org", "--yes")
    for flags in (["--dry-run"], []):
        result = folder.run("subscribers", "import", str(csv), "--job", "brief", *flags)
        assert "line 4: b@example.org is suppressed: nobody may mail it, and it is not added" in result.stderr
        assert "line 2: A@example.org is suppressed" in result.stderr
        assert result.stdout.endswith("0 known, 3 skipped, 1 rejected\n")
    assert emails(folder) == {"gone@example.org": "active"}


def test_a_name_that_is_named_twice_counts_once_in_a_dry_run_too(newsletter: Make, csv: Path) -> None:
    folder = newsletter()
    dry = folder.run("subscribers", "import", str(csv), "--job", "brief", "--dry-run").stdout
    assert dry == "3 would be added, 1 known, 0 skipped, 1 rejected\n"
    assert folder.run("subscribers", "import", str(csv), "--job", "brief").stdout == dry.replace("would be ", "")


def test_a_list_may_come_through_a_pipe(newsletter: Make, csv: Path) -> None:
    folder = newsletter()
    command = [*DIGEST, "--home", str(folder.path), "subscribers", "import", "/dev/stdin", "--job", "brief"]
    done = subprocess.run(command, input=csv.read_text(), capture_output=True, text=True, check=True)
    assert done.stdout == "3 added, 1 known, 0 skipped, 1 rejected\n"


def test_what_people_agreed_to_is_kept(newsletter: Make, csv: Path) -> None:
    folder = newsletter()
    folder.run("subscribers", "import", str(csv), "--job", "brief", "--proof", "Signed up at the fair, 3 May")
    folder.run("subscribers", "add", "c@example.org", "--job", "brief", "--proof", "Wrote to us")
    told = [folder.json("subscribers", "show", email) for email in ("a@example.org", "c@example.org")]
    assert [each["subscriptions"][0]["consents"][0]["text"] for each in told] == [
        "Signed up at the fair, 3 May",
        "Wrote to us",
    ]
    shown = folder.run("subscribers", "show", "a@example.org").stdout
    assert "brief: active, last changed" in shown
    assert 'by import, "Signed up at the fair, 3 May"' in shown


def test_show_says_which_mails_somebody_got(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.run("send", "brief")
    (mail,) = folder.json("subscribers", "show", "r0@example.org")["subscriptions"][0]["mails"]
    assert (mail["state"], mail["email"]) == ("sent", "r0@example.org")
    assert f"mail: {mail['edition']}, sent, " in folder.run("subscribers", "show", "R0@example.org").stdout
    nobody = folder.run("subscribers", "show", "x@example.org")
    assert (nobody.exit_code, nobody.stderr.count("nothing is known")) == (2, 1)


@pytest.mark.parametrize("reason", ["complained", "erased", "unsubscribed"])
def test_only_with_a_proof_is_somebody_added_who_wanted_no_mail(newsletter: Make, reason: str) -> None:
    folder = newsletter()
    suppress(folder, "a@example.org", reason)
    refused = folder.run("subscribers", "add", "a@example.org", "--job", "brief")
    assert (refused.exit_code, emails(folder)) == (2, {})
    assert f"a@example.org: {reason}; say with --proof" in refused.stderr
    added = folder.run("subscribers", "add", "a@example.org", "--job", "brief", "--proof", "rang us up")
    assert "before and is mailed again" in added.stdout
    assert folder.json("subscribers", "show", "a@example.org")["suppression"] is None


def test_who_left_and_is_added_again_is_named_and_who_stays_came_as_he_came(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.run("send", "brief")
    topics = ("subscribers", "add", "r0@example.org", "--job", "brief", "--topics", "cars")
    assert folder.run(*topics).stdout == "r0@example.org: subscribed to brief, only cars\n"
    assert [row["source"] for row in folder.json("subscribers", "list")] == ["config"]
    folder.run("subscribers", "remove", "r0@example.org", "--job", "brief")
    again = folder.run("subscribers", "add", "r0@example.org", "--job", "brief").stdout
    assert again == "r0@example.org: subscribed to brief; it left before and is mailed again\n"
    assert [row["source"] for row in folder.json("subscribers", "list")] == ["cli"]


def test_moments_are_local_for_people_and_whole_in_json(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.run("send", "brief")
    (row,) = folder.json("subscribers", "list")
    moment = datetime.fromisoformat(row["created"])
    assert moment.utcoffset() == timedelta(0)
    local = f"{moment.astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%d %H:%M}"
    for command in (("subscribers", "list"), ("subscribers", "show", "r0@example.org")):
        shown = folder.run(*command).stdout
        assert local in shown
        assert row["created"] not in shown


def test_lists_are_told_by_job_and_state(newsletter: Make, csv: Path) -> None:
    folder = newsletter()
    folder.run("subscribers", "import", str(csv), "--job", "brief")
    folder.run("subscribers", "remove", "gone@example.org", "--job", "brief")
    left = folder.json("subscribers", "list", "--job", "brief", "--state", "unsubscribed")
    assert [row["email"] for row in left] == ["gone@example.org"]
    assert folder.run("subscribers", "list", "--state", "pending").stdout == ""
    for command in ("list", "export"):
        refused = folder.run("subscribers", command, "--job", "nope")
        assert (refused.exit_code, refused.stderr) == (2, "digest: nope: no such job; allowed are brief\n")


def test_subscribers_of_a_job_that_is_gone_are_still_listed(newsletter: Make, csv: Path) -> None:
    folder = newsletter()
    folder.run("subscribers", "import", str(csv), "--job", "brief")
    (folder.path / "jobs" / "brief.toml").rename(folder.path / "jobs" / "new.toml")
    assert len(folder.json("subscribers", "list", "--job", "brief")) == 3


def test_everybody_is_exported_and_who_left_is_not_imported_by_that(
    newsletter: Make, csv: Path, tmp_path: Path
) -> None:
    folder, other = newsletter(), newsletter(name="other")
    folder.run("subscribers", "import", str(csv), "--job", "brief")
    folder.run("subscribers", "remove", "gone@example.org", "--job", "brief")
    folder.run("subscribers", "forget", "b@example.org", "--yes")
    everybody = folder.run("subscribers", "export", "--all").stdout
    assert everybody.splitlines()[0] == "email,name,topics,language,timezone,status,job,since"
    assert [line.split(",")[5] for line in everybody.splitlines()[1:]] == ["active", "unsubscribed"]
    (tmp_path / "all.csv").write_text(everybody, encoding="utf-8")
    result = other.run("subscribers", "import", str(tmp_path / "all.csv"), "--job", "brief")
    assert result.stdout == "1 added, 0 known, 0 skipped, 1 rejected\n"
    assert "gone@example.org is not subscribed: its status is 'unsubscribed'" in result.stderr
