"""A reading killed at any moment: no letter is lost, and none counts twice."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from digest.recipients import return_path
from digest.store import connect
from returned import BASE, FULL, bounce, complaint, letter, opened, put, sent_newsletter
from support import Folder, Make

RECIPIENTS, COPIES = 60, 4


def letters(folder: Folder) -> list[bytes]:
    """Two of each reader's, a bounce or a complaint and a full mailbox, with strangers' between."""
    made = []
    with opened(folder) as office:
        rows = office.store.rows("SELECT edition, subscriber FROM sends ORDER BY subscriber")
        for number, (edition, subscriber) in enumerate(map(tuple, rows)):
            path = return_path(office.key, BASE, edition, subscriber)
            made += [bounce(path, FULL), bounce(path) if number % 2 else complaint(path)]
            made += [letter(BASE, f"Hello {number}"), bounce(path.replace("+", "+0"))]
    return made * COPIES


def state(folder: Folder) -> tuple[dict[str, int], list[tuple[str, str, int]], int]:
    """Suppressions by reason, reports by kind and effect, letters read."""
    with connect(folder.path / "digest.db") as store:
        reasons = Counter(row[0] for row in store.rows("SELECT reason FROM suppressions"))
        counts = store.rows("SELECT kind, effect, count(*) FROM feedback GROUP BY 1, 2 ORDER BY 1, 2")
        heard = store.rows("SELECT count(*) FROM heard")[0][0]
    return dict(reasons), [(row[0], row[1], row[2]) for row in counts], heard


@pytest.mark.parametrize("seed", range(2))
def test_kill_9_while_a_mailbox_is_read_loses_and_repeats_nothing(newsletter: Make, seed: int) -> None:
    folder = sent_newsletter(newsletter, RECIPIENTS)
    made = letters(folder)
    box = put(folder, made)
    source, kills = random.Random(seed), 0  # noqa: S311  no secrets
    while True:
        process = folder.start("feedback", "read", str(box))
        kills += killed(process, box, marked(box) + source.randint(1, 120), source.uniform(0, 0.01))
        if process.returncode == 0:
            break
    check(folder, len(made))
    assert kills > 2
    # What a kill left unmarked after its transaction is known, and read no more.
    assert RECIPIENTS * 2 * COPIES - 100 * kills <= marked(box) <= RECIPIENTS * 2 * COPIES


def test_two_readings_at_once_count_nothing_twice(newsletter: Make) -> None:
    folder = sent_newsletter(newsletter, RECIPIENTS)
    made = letters(folder)
    box = put(folder, made)
    processes = [folder.start("feedback", "read", str(box)) for _ in range(3)]
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 3, outputs
    check(folder, len(made))
    assert marked(box) == RECIPIENTS * 2 * COPIES


def check(folder: Folder, count: int) -> None:
    """Every letter was read once, and of each reader's only the first of a kind changed something."""
    reasons, counts, heard = state(folder)
    half, more = RECIPIENTS // 2, COPIES - 1
    assert reasons == {"bounced": half, "complained": half}
    assert heard == count == RECIPIENTS * 4 * COPIES
    # Whether a soft one counts beside a hard one depends on the second of the hour.
    soft = sum(count for kind, _, count in counts if kind == "soft")
    assert [each for each in counts if each[0] != "soft"] == [
        ("complaint", "kept", half * more),
        ("complaint", "suppressed", half),
        ("hard", "kept", half * more),
        ("hard", "suppressed", half),
    ]
    assert soft == RECIPIENTS * COPIES


def killed(process: subprocess.Popen[str], box: Path, count: int, nap: float) -> bool:
    """Kill the process a moment after so many letters were marked; False when it was faster."""
    while process.poll() is None:
        if marked(box) >= count:
            time.sleep(nap)
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    return process.returncode != 0


def marked(box: Path) -> int:
    return sum(name.endswith(":2,PS") for name in os.listdir(box / "cur"))  # noqa: PTH208  many times a second
