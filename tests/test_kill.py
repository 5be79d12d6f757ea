"""The command as a process of its own, killed, stopped and doubled at random moments."""

import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from support import Folder, Make

RECIPIENTS = 300
ONE_CLAIM = 10
_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE)


def delivered(folder: Folder) -> Counter[str]:
    found = [_MESSAGE_ID.search(mail) for mail in folder.mails()]
    return Counter(match[1].decode() for match in found if match)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not condition() and process.poll() is None:
        time.sleep(0.002)


def mail_count(folder: Folder) -> int:
    new = folder.path / "outbox" / "new"
    return len(list(new.iterdir())) if new.is_dir() else 0


def check_all_accounted_for(folder: Folder, kills: int) -> None:
    assert folder.run("send", "brief").exit_code == 0
    report = folder.json("report")
    by_state = Counter(row["state"] for row in report["rows"])
    seen = delivered(folder)
    assert max(seen.values()) == 1, "somebody was mailed twice"
    assert by_state["sent"] + by_state["uncertain"] == RECIPIENTS, by_state
    assert by_state["uncertain"] <= kills * ONE_CLAIM
    assert {row["message_id"] for row in report["rows"] if row["state"] == "sent"} <= set(seen)
    assert report["state"] == ("partial" if by_state["uncertain"] else "sent")
    assert folder.json("send", "brief")["jobs"][0]["sent"] == by_state["sent"]
    assert delivered(folder) == seen


@pytest.mark.parametrize("round_", range(10))
def test_kill_9_at_a_random_moment_mails_nobody_twice_and_forgets_nobody(newsletter: Make, round_: int) -> None:
    chance = random.Random(round_)  # noqa: S311  repeatable moments, no secret
    folder = newsletter(recipients=RECIPIENTS)
    kills = 1 + round_ % 3
    for _ in range(kills):
        process = folder.start("send", "brief")
        if round_ % 2:
            time.sleep(chance.uniform(0.05, 1.5))
        else:
            goal = mail_count(folder) + chance.randrange(RECIPIENTS // kills)
            wait_for(lambda goal=goal: mail_count(folder) > goal, process)  # type: ignore[misc]  # the default binds it
        process.kill()
        process.communicate()
    check_all_accounted_for(folder, kills)


def test_sigterm_finishes_what_is_in_hand_and_gives_the_rest_back(newsletter: Make) -> None:
    folder = newsletter(recipients=RECIPIENTS)
    process = folder.start("send", "brief")
    wait_for(lambda: mail_count(folder) > 20, process)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert process.returncode == 3, errors
    states = Counter(row["state"] for row in folder.json("report")["rows"])
    assert set(states) == {"sent", "queued"}
    assert states["sent"] == mail_count(folder)
    check_all_accounted_for(folder, 0)


def test_a_second_send_takes_nothing_from_a_living_one(newsletter: Make) -> None:
    folder = newsletter(recipients=RECIPIENTS)
    first = folder.start("send", "brief")
    wait_for(lambda: mail_count(folder) > 20, first)
    first.send_signal(signal.SIGSTOP)
    held = claimed(folder.path / "digest.db")
    assert held
    assert folder.run("send", "brief").exit_code == 0
    assert claimed(folder.path / "digest.db") == held
    first.send_signal(signal.SIGCONT)
    first.communicate()
    assert first.returncode == 0
    assert delivered(folder).total() == RECIPIENTS
    check_all_accounted_for(folder, 0)


def test_two_sends_at_once_compose_one_edition_and_mail_everybody_once(newsletter: Make) -> None:
    folder = newsletter(recipients=RECIPIENTS)
    processes = [folder.start("send", "brief") for _ in range(3)]
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    assert len(folder.json("editions", "list")) == 1
    check_all_accounted_for(folder, 0)
    assert delivered(folder).total() == RECIPIENTS


def test_a_kill_while_the_edition_is_composed_leaves_it_to_the_next_run(newsletter: Make) -> None:
    folder = newsletter(recipients=RECIPIENTS)
    template = Path(__file__).parents[1] / "templates"
    shutil.copytree(template, folder.path / "templates")
    process = folder.start("send", "brief")
    wait_for((folder.path / "digest.db.run").is_dir, process)
    process.kill()
    process.communicate()
    check_all_accounted_for(folder, 1)


def claimed(database: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute("SELECT email, run FROM sends WHERE state = 'sending' ORDER BY email").fetchall()
    finally:
        connection.close()
