"""Kills at random moments of `digest send demo`, and the promise that must hold after each."""

import json
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from digest.cli.init import fill
from support import Folder

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
    assert folder.run("send", "demo").exit_code == 0
    report = folder.json("report")
    by_state = Counter(row["state"] for row in report["rows"])
    seen = delivered(folder)
    assert max(seen.values()) == 1, "somebody was mailed twice"
    assert by_state["sent"] + by_state["uncertain"] == RECIPIENTS, by_state
    assert by_state["uncertain"] <= kills * ONE_CLAIM
    assert {row["message_id"] for row in report["rows"] if row["state"] == "sent"} <= set(seen)
    assert report["state"] == ("partial" if by_state["uncertain"] else "sent")
    assert folder.json("send", "demo")["jobs"][0]["sent"] == by_state["sent"]
    assert delivered(folder) == seen


def demo(path: Path) -> Folder:
    """The shipped newsletter with many recipients of its demo."""
    fill(path)
    job = path / "jobs" / "demo.toml"
    recipients = json.dumps([f"reader{number}@example.org" for number in range(RECIPIENTS)])
    job.write_text(
        re.sub(r"(?ms)^to = \[.*?\]", f"to = {recipients}", job.read_text(encoding="utf-8")), encoding="utf-8"
    )
    return Folder(path)


def kill_and_check(folder: Folder, seed: int) -> None:
    """Kill one to three sends at random moments, by the clock or by the mails written, and look at what is left."""
    chance = random.Random(seed)  # noqa: S311  repeatable moments, no secret
    kills = 1 + seed % 3
    for _ in range(kills):
        process = folder.start("send", "demo")
        if seed % 2:
            time.sleep(chance.uniform(0.05, 1.2))
        else:
            goal = mail_count(folder) + chance.randrange(RECIPIENTS // kills)
            wait_for(lambda goal=goal: mail_count(folder) > goal, process)  # type: ignore[misc]  # bound by the default
        process.kill()
        process.communicate()
    check_all_accounted_for(folder, kills)
