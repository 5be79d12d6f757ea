"""The command as a process of its own, killed, stopped and doubled at random moments."""

import signal
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from chaos import RECIPIENTS, check_all_accounted_for, delivered, demo, kill_and_check, mail_count, wait_for


@pytest.mark.parametrize("seed", range(10))
def test_kill_9_at_a_random_moment_mails_nobody_twice_and_forgets_nobody(tmp_path: Path, seed: int) -> None:
    kill_and_check(demo(tmp_path / "demo"), seed)


def test_sigterm_finishes_what_is_in_hand_and_gives_the_rest_back(tmp_path: Path) -> None:
    folder = demo(tmp_path / "demo")
    process = folder.start("send", "demo")
    wait_for(lambda: mail_count(folder) > 20, process)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert process.returncode == 3, errors
    states = Counter(row["state"] for row in folder.json("report")["rows"])
    assert set(states) == {"sent", "queued"}
    assert states["sent"] == mail_count(folder)
    check_all_accounted_for(folder, 0)


def test_a_second_send_takes_nothing_from_a_living_one(tmp_path: Path) -> None:
    folder = demo(tmp_path / "demo")
    first = folder.start("send", "demo")
    wait_for(lambda: mail_count(folder) > 20, first)
    stop_between_transactions(first, folder.path / "digest.db")
    held = claimed(folder.path / "digest.db")
    assert held
    assert folder.run("send", "demo").exit_code == 0
    assert claimed(folder.path / "digest.db") == held
    first.send_signal(signal.SIGCONT)
    first.communicate()
    assert first.returncode == 0
    assert delivered(folder).total() == RECIPIENTS
    check_all_accounted_for(folder, 0)


def test_two_sends_at_once_compose_one_edition_and_mail_everybody_once(tmp_path: Path) -> None:
    folder = demo(tmp_path / "demo")
    processes = [folder.start("send", "demo") for _ in range(3)]
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    assert len(folder.json("editions", "list")) == 1
    check_all_accounted_for(folder, 0)
    assert delivered(folder).total() == RECIPIENTS


def test_a_kill_while_the_edition_is_composed_leaves_it_to_the_next_run(tmp_path: Path) -> None:
    folder = demo(tmp_path / "demo")
    process = folder.start("send", "demo")
    wait_for((folder.path / "digest.db.run").is_dir, process)
    process.kill()
    process.communicate()
    check_all_accounted_for(folder, 1)


def stop_between_transactions(process: subprocess.Popen[str], database: Path) -> None:
    """Stop it where it holds mails but not the database's write lock: everybody else would wait for that."""
    while process.poll() is None:
        process.send_signal(signal.SIGSTOP)
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                continue
            connection.execute("ROLLBACK")
        if claimed(database):
            return
        process.send_signal(signal.SIGCONT)


def claimed(database: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute("SELECT email, run FROM sends WHERE state = 'sending' ORDER BY email").fetchall()
    finally:
        connection.close()
