"""The daemon in a real run: a job every minute, killed and restarted at random, with cron beside it."""

import signal
import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

import pytest

from chaos import delivered
from slot_days import dice
from support import DIGEST, Folder, Make

RECIPIENTS = 20
MINUTE = timedelta(minutes=1)
_SOON = 25.0


def minutely(folder: Folder) -> Folder:
    folder.append("jobs/brief.toml", 'schedule = "* * * * *"\n')
    return folder


def endure(folder: Folder, minutes: float, seed: str) -> int:
    """Run a daemon for so long, with a second one and bare sends at times; how often one was killed."""
    chance, kills, number = dice(seed), 0, 0
    end = monotonic() + minutes * 60
    processes: list[subprocess.Popen[str]] = []
    try:
        while monotonic() < end:
            number += 1
            folder.write(f"sources/new{number}.txt", f"A carmaker opens plant {number}\n\nIts electric van {number}.\n")
            processes = [each for each in processes if each.poll() is None]
            if len(processes) < 1 + number % 2:
                processes.append(start(folder))
            if not chance.randrange(3):
                folder.start("send").communicate()
            until_next_minute = 60 - datetime.now(UTC).second
            sleep(min(chance.choice((until_next_minute + 1.5, chance.uniform(1, _SOON))), max(0, end - monotonic())))
            if chance.random() < 2 / 3 and processes:
                process = processes.pop(chance.randrange(len(processes)))
                process.send_signal(chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)))
                if process.wait() == -signal.SIGKILL:
                    kills += 1
    finally:
        stop(processes)
    return kills


def start(folder: Folder) -> subprocess.Popen[str]:
    with (folder.path / "daemon.log").open("a", encoding="utf-8") as log:
        command = [*DIGEST, "--home", str(folder.path), "schedule", "run"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, text=True)


def stop(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(30) for process in processes] == [0] * len(processes)


def check(folder: Folder, begun: datetime, ended: datetime, kills: int) -> None:
    """Every minute of the run has one edition; ledger and outbox agree on every mail."""
    folder.run("send")  # settles what the last kill left
    editions = folder.json("editions", "list")
    slots = Counter(edition["slot"] for edition in editions)
    zone = datetime.fromisoformat(folder.json("schedule", "list")[0]["next"]).tzinfo
    first = begun.astimezone(zone).replace(second=0, microsecond=0) + MINUTE
    due = [first + number * MINUTE for number in range(int((ended - first) / MINUTE) + 1)]
    assert [f"{slot:%Y-%m-%dT%H:%M}" for slot in due if slots[f"{slot:%Y-%m-%dT%H:%M}"] != 1] == []
    rows = {row["message_id"]: row for edition in editions for row in report(folder, edition["id"])}
    seen = delivered(folder)
    assert len(rows) == RECIPIENTS * sum(edition["state"] in {"sent", "partial"} for edition in editions)
    assert max(seen.values()) == 1, "somebody was mailed twice"
    assert {name for name, row in rows.items() if row["state"] == "sent"} <= seen.keys() <= rows.keys()
    unknown = [name for name, row in rows.items() if row["state"] != "sent"]
    assert {rows[name]["state"] for name in unknown} <= {"uncertain"}
    assert len(unknown) <= 10 * kills
    assert {edition["state"] for edition in editions} <= {"sent", "partial", "skipped"}


def report(folder: Folder, edition: str) -> Any:
    return folder.json("report", edition)["rows"]


@pytest.mark.timeout(400)
def test_a_daemon_killed_and_restarted_at_random_sends_every_slot_once(newsletter: Make) -> None:
    folder = minutely(newsletter(recipients=RECIPIENTS))
    folder.run("send")  # from here on its slots are due
    begun = datetime.now(UTC)
    kills = endure(folder, 3, "three minutes")
    check(folder, begun, datetime.now(UTC), kills)
    assert kills > 1


def test_a_daemon_fires_at_the_minute_and_not_later(newsletter: Make) -> None:
    folder = minutely(newsletter(recipients=1))
    folder.run("send")
    process = start(folder)
    second = 60 - datetime.now(UTC).second
    sleep(second)
    give_up = monotonic() + 10
    while not folder.mails() and monotonic() < give_up:
        sleep(0.05)
    late = datetime.now(UTC)
    stop([process])
    assert folder.mails()
    assert late.second < 10
