import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from support import Folder, Make


def recipients(folder: Folder) -> Counter[str]:
    lines = [line for mail in folder.mails() for line in mail.split(b"\r\n") if line.startswith(b"To: ")]
    return Counter(line.decode() for line in lines)


def test_a_backup_says_what_is_in_it(newsletter: Make, tmp_path: Path) -> None:
    folder, file = newsletter(), tmp_path / "copy.db"
    folder.run("send", "brief")
    result = folder.run("backup", str(file))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{file}: 0.")
    assert result.stdout.endswith(" MB with 1 edition and 3 mails, verified\n")
    assert file.stat().st_mode & 0o777 == 0o600


def test_json_is_all_there_is_on_stdout(newsletter: Make, tmp_path: Path) -> None:
    folder, file = newsletter(), tmp_path / "copy.db"
    folder.run("send", "brief")
    made = folder.json("backup", str(file))
    assert made == {"file": str(file), "bytes": file.stat().st_size, "editions": 1, "sends": 3}
    done = json.loads(folder.run("restore", str(file), "--yes", "--json").stdout)
    assert (done["stopped"], done["closed"], done["left"]) == ([], [], 0)
    assert Path(done["kept"]).is_file()


@pytest.mark.parametrize("name", ["digest.db", "copy.db"])
def test_a_file_that_is_there_is_not_overwritten(newsletter: Make, name: str) -> None:
    folder = newsletter()
    folder.run("backup", str(folder.path / "copy.db"))
    before = (folder.path / name).read_bytes()
    result = folder.run("backup", str(folder.path / name))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert (folder.path / name).read_bytes() == before


def test_a_disk_without_room_is_named_and_nothing_is_left(newsletter: Make) -> None:
    folder = newsletter()
    result = folder.run("backup", "/dev/full/copy.db")
    assert result.exit_code == 1
    assert result.stderr == "digest: /dev/full/copy.db: cannot be written: Not a directory\n"


def test_restore_asks_first(newsletter: Make, tmp_path: Path) -> None:
    folder, file = newsletter(), tmp_path / "copy.db"
    folder.run("backup", str(file))
    before = (folder.path / "digest.db").read_bytes()
    assert folder.run("restore", str(file)).exit_code == 1
    assert (folder.path / "digest.db").read_bytes() == before


def test_a_restore_of_no_file_asks_nothing(newsletter: Make, tmp_path: Path) -> None:
    refused = newsletter().run("restore", str(tmp_path / "none.db"))
    assert (refused.exit_code, refused.stderr) == (2, f"digest: {tmp_path / 'none.db'}: no such file\n")


def test_after_a_restore_nobody_is_mailed_until_a_person_says_so(newsletter: Make, tmp_path: Path) -> None:
    folder, file = newsletter(), tmp_path / "copy.db"
    folder.run("gather")
    folder.run("backup", str(file))
    assert folder.run("send", "brief").exit_code == 0
    result = folder.run("restore", str(file), "--yes")
    assert result.exit_code == 0
    assert "counted as done: brief-" in result.stdout
    assert "`digest send JOB --again` sends a current slot all the same" in result.stdout
    for command in (("send", "brief"), ("send",)):
        done = folder.run(*command)
        assert done.exit_code == 0
    assert "restored from a backup" in folder.run("send", "brief").stdout
    assert set(recipients(folder).values()) == {1}
    assert folder.run("send", "brief", "--again", "--yes").exit_code == 0
    assert set(recipients(folder).values()) == {2}


def test_a_due_slot_counts_as_done_after_a_restore(newsletter: Make, tmp_path: Path) -> None:
    folder, file = newsletter(), tmp_path / "copy.db"
    folder.append("jobs/brief.toml", 'schedule = "* * * * *"\n')
    folder.run("send")
    folder.run("backup", str(file))
    before = folder.mails()
    minute = time.time() // 60
    folder.run("restore", str(file), "--yes")
    result = folder.run("send")
    if time.time() // 60 == minute:
        assert result.stdout == "nothing is due\n"
        assert folder.mails() == before


def test_who_left_since_is_told_when_nobody_can_say(newsletter: Make, tmp_path: Path) -> None:
    folder, file = newsletter(), tmp_path / "copy.db"
    folder.run("send", "brief")
    folder.run("backup", str(file))
    folder.run("subscribers", "remove", "r1@example.org", "--job", "brief")
    result = folder.run("restore", str(file), "--yes")
    assert "1 reader who left since the backup stays off the list" in result.stdout
    folder.write("digest.db", "no database any more " * 999)
    result = folder.run("restore", str(file), "--yes")
    assert result.exit_code == 0
    assert "whoever left or was barred since the backup is back on the list" in result.stderr


def test_restore_into_a_new_folder_works(newsletter: Make, tmp_path: Path) -> None:
    old, file = newsletter(), tmp_path / "copy.db"
    old.run("send", "brief")
    old.run("backup", str(file))
    new = newsletter(name="other")
    assert new.run("restore", str(file), "--yes").exit_code == 0
    assert new.json("report")["counts"] == {"sent": 3}
    assert new.run("send", "brief").exit_code == 0
    assert new.mails() == []


def test_a_damaged_database_names_what_helps_and_what_is_left(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("send", "brief")
    database = folder.path / "digest.db"
    data = bytearray(database.read_bytes())
    (folder.path / "digest.db.before-m099_x").write_bytes(data)
    data[8192:12288] = os.urandom(4096)
    database.write_bytes(data)
    result = folder.run("send", "brief")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "damaged (" in result.stderr
    assert "`digest restore FILE` takes a backup; kept beside it: digest.db.before-m099_x" in result.stderr
    assert len(folder.mails()) == 3


@pytest.mark.parametrize("name", ["digest.key", "digest.toml", "jobs/brief.toml"])
def test_a_backup_never_takes_the_place_of_another_file(newsletter: Make, name: str) -> None:
    folder = newsletter()
    before = (folder.path / name).read_bytes()
    result = folder.run("backup", str(folder.path / name), "--force")
    assert result.exit_code == 2
    assert "no backup stands there but another file" in result.stderr
    assert (folder.path / name).read_bytes() == before


def test_a_key_that_something_else_took_the_place_of_is_refused(newsletter: Make) -> None:
    folder = newsletter()
    (folder.path / "digest.key").write_bytes(b"SQLite format 3\0" * 900)
    result = folder.run("send", "brief")
    assert result.exit_code == 2
    assert "something else took its place" in result.stderr


def test_who_was_forgotten_since_a_backup_is_forgotten_again_by_its_restore(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("subscribers", "add", "a@example.org", "--job", "brief")
    folder.run("backup", str(folder.path / "x.db"))
    folder.run("subscribers", "forget", "a@example.org", "--yes")
    restored = folder.run("restore", str(folder.path / "x.db"), "--yes")
    assert restored.exit_code == 0, restored.output
    assert "1 address that was to be forgotten is forgotten again" in restored.stdout
    assert "a@example.org" not in folder.run("subscribers", "list").stdout
    assert folder.run("subscribers", "add", "a@example.org", "--job", "brief").exit_code == 2
    assert b"a@example.org" not in (folder.path / "digest.db").read_bytes()


def test_nobody_else_may_read_the_database(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("gather")
    assert (folder.path / "digest.db").stat().st_mode & 0o777 == 0o600
