"""Disks that are full, failing or lying: what is sent is right, or nothing is."""

import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from support import DIGEST, Folder, Make

RECIPIENTS = 60
PLACES = 200
MANY = 600
POINTS = 20
_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE)


def sent(folder: Folder, outbox: Path | None = None) -> dict[str, bytes]:
    """Message-ID -> mail, of all that lie in the outbox; nobody got two."""
    mails = [path.read_bytes() for path in ((outbox or folder.path / "outbox") / "new").glob("*")]
    found = {str(match[1], "ascii"): mail for mail in mails if (match := _MESSAGE_ID.search(mail))}
    assert len(found) == len(mails), "somebody was mailed twice"
    return found


def rows(folder: Folder) -> Mapping[str, str]:
    return {row["message_id"]: row["state"] for row in folder.json("report")["rows"]}


def told(errors: str) -> list[str]:
    """The lines that say what went wrong; no traceback among them."""
    assert "Traceback" not in errors
    return [line for line in errors.splitlines() if line.startswith("digest: ")]


def half_sent(folder: Folder) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Leave an edition half sent: the mails that went, and those that are to follow."""
    assert folder.run("send", "brief").exit_code == 0
    whole = sent(folder)
    with closing(sqlite3.connect(folder.path / "digest.db")) as connection, connection:
        connection.execute("UPDATE editions SET state = 'sending'")
        connection.execute("UPDATE sends SET state = 'queued', attempts = 0, reply = '', at = '' WHERE subscriber % 2")
    rest = {name: whole[name] for name, state in rows(folder).items() if state == "queued"}
    assert len(rest) == len(whole) // 2
    return {name: mail for name, mail in whole.items() if name not in rest}, rest


def test_a_changed_byte_anywhere_never_changes_what_is_sent_or_to_whom(newsletter: Make, tmp_path: Path) -> None:
    whole = newsletter(recipients=RECIPIENTS)
    _, rest = half_sent(whole)
    for path in (whole.path / "outbox" / "new").iterdir():
        path.unlink()
    data = (whole.path / "digest.db").read_bytes()
    chance = random.Random(7)  # noqa: S311  repeatable places, no secret
    outcomes: Counter[str] = Counter()
    for number in range(PLACES):
        place, change = chance.randrange(len(data)), chance.randrange(1, 256)
        folder = Folder(tmp_path / "damaged")
        shutil.rmtree(folder.path, ignore_errors=True)
        shutil.copytree(whole.path, folder.path)
        (folder.path / "digest.db").write_bytes(data[:place] + bytes([data[place] ^ change]) + data[place + 1 :])
        result = folder.run("send", "brief")
        where = f"{number}: byte {place} changed by {change}: {result.output}"
        mails = sent(folder)
        assert {name: rest.get(name) for name in mails} == mails, where
        if mails.keys() != rest.keys():
            assert result.exit_code == 1, where
            assert len(told(result.stderr)) == 1, where
        outcomes["sent" if mails.keys() == rest.keys() else "refused"] += 1
    assert outcomes["sent"] > 0
    assert outcomes["refused"] > 0


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[Path]:
    """A file system of its own."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(disk: Path, leave: int) -> Path:
    """Fill a disk but for some bytes."""
    ballast = disk / "ballast"
    free = shutil.disk_usage(disk).free
    with ballast.open("wb") as file:
        file.write(bytes(max(0, free - leave)))
    return ballast


@pytest.mark.parametrize("point", range(POINTS))
def test_a_disk_that_is_full_at_any_point_stops_a_send_and_loses_nothing(
    newsletter: Make, tmp_path: Path, point: int
) -> None:
    made = newsletter(recipients=MANY)
    outbox = tmp_path / "elsewhere"
    text = (made.path / "digest.toml").read_text().replace("outbox:outbox", f"outbox:{outbox}")
    made.write("digest.toml", text)
    with small_disk(tmp_path / "disk", "2m") as disk:
        folder = Folder(disk / "newsletter")
        shutil.copytree(made.path, folder.path)
        ballast = fill(disk, 20_000 + point * 65_000)
        process = folder.start("send", "brief")
        output, errors = process.communicate()
        assert process.returncode in {0, 1}, errors
        early = sent(folder, outbox)
        if process.returncode:
            # Before it began the send's own line says so, in its middle an error.
            (line,) = told(errors) or output.splitlines()
            assert re.search(r"full|room|No space", line), line
        ballast.unlink()
        done = folder.run("send", "brief")
        assert done.exit_code == 0, done.output
        mails = sent(folder, outbox)
        assert early.items() <= mails.items()
        states = Counter(rows(folder).values())
        assert states == {"sent": MANY}, states
        assert mails.keys() == rows(folder).keys()


def test_a_send_is_refused_with_the_figures_while_the_disk_is_nearly_full(newsletter: Make, tmp_path: Path) -> None:
    made = newsletter(recipients=MANY)
    outbox = tmp_path / "elsewhere"
    made.write("digest.toml", (made.path / "digest.toml").read_text().replace("outbox:outbox", f"outbox:{outbox}"))
    with small_disk(tmp_path / "disk", "4m") as disk:
        folder = Folder(disk / "newsletter")
        shutil.copytree(made.path, folder.path)
        ballast = fill(disk, 750_000)
        refused = folder.run("send", "brief")
        assert refused.exit_code == 1
        assert re.search(
            r"the disk is nearly full, 0\.\d MB free where sending 600 mails asks for 0\.8; ", refused.output
        )
        assert sent(folder, outbox) == {}
        assert set(rows(folder).values()) == {"queued"}
        ballast.unlink()
        assert folder.run("send", "brief").exit_code == 0
        assert len(sent(folder, outbox)) == MANY


@pytest.mark.parametrize("call", [1, 2, 3, 4, 5, 6, 8, 10, 15, 20])
def test_a_disk_that_fails_to_sync_stops_a_send_and_the_next_one_finishes_it(newsletter: Make, call: int) -> None:
    folder = newsletter(recipients=RECIPIENTS)
    folder.run("gather")
    inject = f"inject=fdatasync:error=EIO:when={call}"
    command = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        inject,
        *DIGEST,
        "--home",
        str(folder.path),
        "send",
        "brief",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        assert len(told(done.stderr)) == 1
    early = sent(folder)
    result = folder.run("send", "brief")
    assert result.exit_code == 0, result.output
    mails = sent(folder)
    assert early.items() <= mails.items()
    states = rows(folder)
    assert {name for name, state in states.items() if state == "sent"} <= mails.keys()
    assert set(states.values()) <= {"sent", "uncertain"}
    assert done.returncode or set(states.values()) == {"sent"}


@pytest.mark.parametrize("point", range(10))
def test_a_backup_of_a_running_send_restored_elsewhere_mails_nobody_twice(
    newsletter: Make, tmp_path: Path, point: int
) -> None:
    folder = newsletter(recipients=1_500)
    process = folder.start("send", "brief")
    while len(list((folder.path / "outbox" / "new").glob("*"))) < point * 140 and process.poll() is None:
        pass
    file = tmp_path / "copy.db"
    assert folder.run("backup", str(file)).exit_code == 0
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert len(sent(folder)) == 1_500
    new = Folder(tmp_path / "new")
    shutil.copytree(folder.path, new.path, ignore=shutil.ignore_patterns("digest.db*", "outbox"))
    assert new.run("restore", str(file), "--yes").exit_code == 0
    for command in (("send",), ("send", "brief")):
        assert new.run(*command).exit_code == 0
    assert not (new.path / "outbox").exists() or sent(new) == {}
    early, states = sent(folder), rows(new)
    assert {name for name, state in states.items() if state in {"sent", "uncertain"}} <= early.keys()
    assert set(states.values()) <= {"sent", "uncertain", "cancelled"}


READ_ONLY = "make it and its folder writable for this user"


def test_a_read_only_disk_is_named_in_one_line(newsletter: Make, tmp_path: Path) -> None:
    made = newsletter()
    with small_disk(tmp_path / "disk", "8m") as disk:
        folder = Folder(disk / "newsletter")
        shutil.copytree(made.path, folder.path)
        folder.run("gather")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for command in (("send", "brief"), ("report",), ("backup", str(tmp_path / "copy.db"))):
            result = folder.run(*command)
            (line,) = told(result.stderr)
            assert result.exit_code == 1
            assert "writable" in line, line
    assert sys.platform == "linux"
