"""`send --wait`: what is left open is tried again until it is done or the time is over."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread
from time import monotonic, sleep

import pytest

from digest import config, waiting
from digest.core import runfile, tokens
from digest.dispatch import Report
from digest.mailroom import Sender
from digest.store import connect
from scripted_relay import ScriptedRelay, running
from support import Folder, Make
from test_relay import by_relay

HOUR = timedelta(hours=1)


class Time:
    """A clock that goes on only while somebody sleeps, and what happens in the world meanwhile."""

    def __init__(self, happens: Callable[[], object] = lambda: None) -> None:
        self.now = datetime(2026, 11, 23, 6, tzinfo=UTC)
        self.slept: list[float] = []
        self.happens = happens

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds / 60))
        self.now += timedelta(seconds=seconds)
        self.happens()


@contextmanager
def sender(folder: Folder, time: Time, stopping: Callable[[], bool] = lambda: False) -> Iterator[Sender]:
    with connect(folder.path / "digest.db") as store, runfile.begin(runfile.folder(store.path)) as run:
        yield Sender(
            news=config.load(folder.path),
            store=store,
            key=tokens.load_key(folder.path),
            run=run,
            now=lambda: time.now,
            stopping=stopping,
            progress=lambda *_: None,
        )


def wait(folder: Folder, time: Time, *jobs: str, most: timedelta = HOUR) -> tuple[Report, ...]:
    with sender(folder, time) as sending:
        return waiting.send(sending, jobs, most, time.sleep)


@pytest.mark.parametrize("jobs", [(), ("brief",)])
def test_an_edition_without_a_source_is_sent_once_one_answers(newsletter: Make, jobs: tuple[str, ...]) -> None:
    folder = newsletter(recipients=2)
    folder.append("jobs/brief.toml", 'schedule = "0 7 * * *"\ntimezone = "UTC"\n')
    aside = folder.path / "aside"
    time = Time()
    wait(folder, time)  # from here on its slots are due
    time.now += HOUR
    (folder.path / "sources").rename(aside)
    time.happens = lambda: len(time.slept) > 2 and aside.exists() and aside.rename(folder.path / "sources")
    (report,) = wait(folder, time, *jobs)
    assert (report.state, report.sent, report.exit_code) == ("sent", 2, 0)
    assert time.slept == [1, 2, 4]


def test_mails_that_were_deferred_leave_when_they_are_due(newsletter: Make) -> None:
    with running(ScriptedRelay(script={"RCPT": ["451 4.7.1 greylisted"]})) as relay:
        folder, time = by_relay(newsletter(recipients=3), relay), Time()
        (report,) = wait(folder, time, "brief")
    assert (report.state, report.sent, report.deferred, report.exit_code) == ("sent", 3, 0, 0)
    assert sum(time.slept) >= 5


def test_a_relay_that_is_down_is_tried_again_until_it_is_there(newsletter: Make) -> None:
    relay, time = ScriptedRelay(), Time()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        relay.port = taken.getsockname()[1]
    folder = by_relay(newsletter(recipients=3), relay)
    listeners: list[socket.socket] = []

    def come_up() -> None:
        if len(time.slept) == 2:
            listeners.append(socket.create_server(("127.0.0.1", relay.port)))
            Thread(target=relay.serve, args=listeners, daemon=True).start()

    time.happens = come_up
    (report,) = wait(folder, time, "brief")
    relay.stop()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    assert (report.state, report.sent, report.exit_code) == ("sent", 3, 0)
    assert time.slept == [1, 2]


def test_when_the_time_is_over_the_exit_code_says_what_is_left(newsletter: Make) -> None:
    script = {"RCPT": ["550 5.1.1 no such user", *["451 4.7.1 greylisted"] * 90]}
    with running(ScriptedRelay(script=script)) as relay:
        folder, time = by_relay(newsletter(recipients=3), relay), Time()

        def pass_for_real() -> None:
            sleep(0.02)

        time.happens = pass_for_real
        (report,) = wait(folder, time, "brief", most=timedelta(seconds=1))
    assert (report.state, report.deferred, report.failed, report.exit_code) == ("sending", 2, 1, 3)


def test_what_is_done_is_not_waited_for(newsletter: Make) -> None:
    time = Time()
    (report,) = wait(newsletter(recipients=2), time, "brief")
    assert (report.state, report.exit_code, time.slept) == ("sent", 0, [])


def test_a_slot_that_has_passed_is_waited_for_no_longer(newsletter: Make) -> None:
    folder, time = newsletter(recipients=1), Time()
    folder.append("jobs/brief.toml", 'schedule = "*/3 * * * *"\ntimezone = "UTC"\n')
    (folder.path / "sources").rename(folder.path / "aside")
    (report,) = wait(folder, time, "brief")
    assert (report.slot, report.state, report.exit_code) == ("2026-11-23T06:00", "held", 1)
    assert time.slept == [1, 2]


def test_a_review_that_is_over_after_the_next_slot_has_come_is_waited_for(newsletter: Make) -> None:
    folder, time = newsletter(recipients=2), Time()
    folder.append("jobs/brief.toml", 'schedule = "*/3 * * * *"\ntimezone = "UTC"\nreview = "7m"\n')
    (report,) = wait(folder, time, "brief")
    assert (report.slot, report.state, report.sent, report.exit_code) == ("2026-11-23T06:00", "sent", 2, 0)
    assert sum(time.slept) == 7


def test_a_signal_ends_the_wait_at_once(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    (folder.path / "sources").rename(folder.path / "aside")
    process = folder.start("send", "brief", "--wait", "90m")
    while not folder.json("editions", "list") or folder.json("editions", "list")[0]["state"] != "held":
        sleep(0.1)
    sleep(0.5)
    begun = monotonic()
    process.send_signal(signal.SIGTERM)
    answer, _ = process.communicate(timeout=20)
    assert (process.returncode, monotonic() - begun < 5) == (1, True)
    assert "no source answered" in answer


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--wait", "90"], 'such as "36h"'),
        (["--wait", "1h", "--dry-run"], "neither --again nor --dry-run"),
        (["--wait", "1h", "--again", "--yes"], "neither --again nor --dry-run"),
    ],
)
def test_a_wait_that_makes_no_sense_is_refused(newsletter: Make, options: list[str], told: str) -> None:
    refused = newsletter(recipients=1).run("send", "brief", *options)
    assert refused.exit_code == 2
    assert told in refused.stderr
