"""The daemon reads what comes back by itself, and a mailbox that cannot be read stops nothing."""

import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread

import pytest

from daemon import Clock, daemon, told, wait_for
from digest.core.settings import Feedback
from digest.schedule._worker import Surroundings, Worker
from digest.store import connect
from returned import FULL, R0, R1, Office, bounce, path_of, put, sent_newsletter, settings
from support import Folder, Make


def reads_mailbox(folder: Folder) -> Folder:
    folder.append("digest.toml", '\n[feedback]\nmailbox = "maildir:mailbox"\n')
    return folder


def path(folder: Folder, email: str) -> str:
    with connect(folder.path / "digest.db") as store:
        return path_of(folder, store, email)


def reports(folder: Folder) -> int:
    with closing(sqlite3.connect(folder.path / "digest.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM feedback").fetchone()[0])


def is_read(folder: Folder, count: int) -> bool:
    return reports(folder) == count


def test_the_daemon_reads_the_mailbox_at_once_and_then_by_its_own_clock(
    newsletter: Make, caplog: pytest.LogCaptureFixture
) -> None:
    folder = reads_mailbox(sent_newsletter(newsletter))
    caplog.set_level(logging.INFO, "digest")
    to = [path(folder, email) for email in (R0, R1)]
    put(folder, [bounce(to[0])])
    with daemon(folder, Clock(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}")):
        wait_for(lambda: told(caplog, "mailbox read", letters="1 letter: 1 hard"))
        put(folder, [bounce(to[1], FULL)], first=1)
        # A change of the files is looked at and is no reason to read the mailbox before its time.
        folder.append("digest.toml", "\n")
        wait_for(lambda: told(caplog, "configuration reloaded"))
    assert reports(folder) == 1
    with daemon(folder, Clock(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}")):
        wait_for(lambda: told(caplog, "mailbox read", letters="1 letter: 1 soft"))
    with connect(folder.path / "digest.db") as store:
        assert Office(folder, store).suppressed() == {R0: "bounced"}


def test_it_is_read_again_each_time(newsletter: Make) -> None:
    folder = sent_newsletter(newsletter)
    to = [path(folder, email) for email in (R0, R1)]
    feedback = Feedback(mailbox="mailbox", check_every=timedelta(milliseconds=50))
    stop = Event()
    around = Surroundings(stop=stop, now=lambda: datetime.now(UTC), beat=0.02)
    worker = Worker(news=replace(settings(folder), feedback=feedback), around=around)
    thread = Thread(target=worker.work)
    thread.start()
    try:
        for number, data in enumerate([bounce(to[0]), bounce(to[1], FULL)]):
            put(folder, [data], first=number)
            wait_for(partial(is_read, folder, number + 1))
    finally:
        stop.set()
        worker.ask()
        thread.join()


def test_a_mailbox_that_cannot_be_read_is_a_warning_that_stops_nothing(
    newsletter: Make, caplog: pytest.LogCaptureFixture
) -> None:
    folder = reads_mailbox(newsletter(3))
    job = (folder.path / "jobs" / "brief.toml").read_text(encoding="utf-8")
    folder.write("jobs/weekly.toml", f'{job}schedule = "0 7 * * *"\n')
    with daemon(folder, clock := Clock("2026-11-22T05:59")):
        wait_for(lambda: told(caplog, "feedback failed", error="there is no such folder"))
        clock.set("2026-11-22T06:01")
        wait_for(lambda: len(folder.mails()) == 3)
    levels = {record.levelname for record in caplog.records if record.getMessage() == "feedback failed"}
    assert levels == {"WARNING"}
    assert told(caplog, "feedback failed") == 1
