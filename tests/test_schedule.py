import logging
import os
import signal
import socket
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from time import sleep
from zoneinfo import ZoneInfo

import pytest

from daemon import PATIENCE, Clock, daemon, first_round, told, wait_for
from digest import schedule, waiting
from digest.core import log
from digest.core.errors import ConfigError, KeyMissingError
from digest.core.settings import Job
from digest.dispatch import Report
from support import Folder, Make

DAILY = 'schedule = "0 7 * * *"\ntimezone = "UTC"\n'


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("digest", log.RUNS):
        caplog.set_level(logging.INFO, name)


@pytest.fixture
def daily(newsletter: Make) -> Folder:
    """A newsletter whose job has its time at seven, UTC."""
    folder = newsletter(recipients=2)
    folder.append("jobs/brief.toml", DAILY)
    return folder


def slots_sent(folder: Folder) -> list[tuple[str, str]]:
    return [(edition["slot"], edition["state"]) for edition in folder.json("editions", "list")]


def test_a_clock_set_over_a_slot_sends_it_once_and_set_back_again_not_twice(
    daily: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock("2026-11-23T06:00")
    with daemon(daily, clock):
        first_round(daily)
        assert daily.mails() == []
        clock.set("2026-11-23T07:01")
        wait_for(lambda: told(caplog, "edition sent", sent=2))
        for shown in ("2026-11-23T06:00", "2026-11-23T07:02"):
            caplog.clear()
            clock.set(shown)
            wait_for(lambda: told(caplog, "clock was set"))
            sleep(0.1)
    assert slots_sent(daily) == [("2026-11-23T07:00", "sent")]
    assert len(daily.mails()) == 2


def test_a_daemon_that_was_down_at_the_time_sends_when_it_comes_up(daily: Folder) -> None:
    clock = Clock("2026-11-22T08:00")
    with daemon(daily, clock):
        first_round(daily)
    clock.set("2026-11-23T09:30")
    with daemon(daily, clock):
        wait_for(lambda: len(daily.mails()) == 2)
    assert slots_sent(daily) == [("2026-11-23T07:00", "sent")]


def test_a_changed_job_is_taken_over_without_a_restart(daily: Folder, caplog: pytest.LogCaptureFixture) -> None:
    with daemon(daily, Clock("2026-11-23T06:00")):
        wait_for(lambda: told(caplog, "next time", next="2026-11-23T07:00"))
        job = (daily.path / "jobs/brief.toml").read_text(encoding="utf-8")
        daily.write("jobs/brief.toml", job.replace("0 7 * * *", "30 18 * * *"))
        wait_for(lambda: told(caplog, "next time", next="2026-11-23T18:30"))
        daily.write("jobs/late.toml", job.replace("0 7 * * *", "0 22 * * *"))
        wait_for(lambda: told(caplog, "next time", job="late", next="2026-11-23T22:00"))
    assert told(caplog, "configuration reloaded") >= 2


def test_a_mistake_in_a_file_is_told_once_and_the_last_good_files_stay(
    daily: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock("2026-11-23T06:00")
    with daemon(daily, clock):
        first_round(daily)
        good = (daily.path / "jobs/brief.toml").read_text(encoding="utf-8")
        daily.write("jobs/brief.toml", good.replace("0 7 * * *", "0 77 * * *") + "shedule = 1\n")
        wait_for(lambda: told(caplog, "not reloaded", error="jobs/brief.toml"))
        clock.set("2026-11-23T07:01")
        wait_for(lambda: len(daily.mails()) == 2)
        sleep(0.2)
        assert told(caplog, "not reloaded", error="jobs/brief.toml: schedule") == 1
        assert told(caplog, "not reloaded", error="jobs/brief.toml: shedule") == 1
        daily.write("jobs/brief.toml", good)
        wait_for(lambda: told(caplog, "configuration reloaded"))


def test_a_round_that_fails_is_told_and_the_next_one_sends(daily: Folder, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock("2026-11-23T06:00")
    key = daily.path / "digest.key"
    with daemon(daily, clock):
        first_round(daily)
        key.rename(daily.path / "aside")
        clock.set("2026-11-23T07:01")
        wait_for(lambda: told(caplog, "send failed", error="digest.key: no such file"))
        (daily.path / "aside").rename(key)
        clock.set("2026-11-23T07:05")
        wait_for(lambda: len(daily.mails()) == 2)
    assert slots_sent(daily) == [("2026-11-23T07:00", "sent")]


def test_a_source_with_its_own_clock_is_gathered_between_the_slots(
    daily: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    daily.append("digest.toml", 'check_every = "30m"\n')
    clock = Clock("2026-11-23T10:00")
    with daemon(daily, clock):
        wait_for(lambda: told(caplog, "source checked", source="The Harbour Post", new=2))
        for shown, times in (("2026-11-23T10:29", 1), ("2026-11-23T10:31", 2), ("2026-11-23T10:40", 2)):
            clock.set(shown)
            sleep(0.3)
            assert told(caplog, "source checked") == times
    assert daily.mails() == []


def test_a_failing_source_with_its_own_clock_is_not_asked_at_every_beat(
    daily: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    daily.append("digest.toml", 'check_every = "30m"\n')
    (daily.path / "sources").rename(daily.path / "aside")
    clock = Clock("2026-11-23T10:00")
    with daemon(daily, clock):
        wait_for(lambda: told(caplog, "source checked", error="no "))
        sleep(0.3)
        assert told(caplog, "source checked", error="no ") == 1
        clock.set("2026-11-23T10:31")
        wait_for(lambda: told(caplog, "source checked", error="no ") == 2)


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_of_start_life_and_end(
    daily: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, abstract: bool
) -> None:
    name = f"@digest-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(f"\0{name[1:]}" if abstract else name)
        channel.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        monkeypatch.setenv("WATCHDOG_USEC", "20000")
        with daemon(daily, Clock("2026-11-23T06:00")):
            assert [channel.recv(99) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        while (message := channel.recv(99)) == b"WATCHDOG=1":
            pass
        assert message == b"STOPPING=1"


def test_a_socket_of_systemd_that_is_gone_stops_nothing(
    daily: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    clock = Clock("2026-11-23T06:00")
    with daemon(daily, clock):
        first_round(daily)
        clock.set("2026-11-23T07:01")
        wait_for(lambda: len(daily.mails()) == 2)


def test_a_start_with_a_mistake_or_without_a_key_is_refused(daily: Folder) -> None:
    around = schedule.Surroundings(stop=Event(), now=Clock("2026-11-23T06:00").now)
    (daily.path / "digest.key").rename(daily.path / "aside")
    with pytest.raises(KeyMissingError):
        schedule.run(daily.path, around)
    daily.append("jobs/brief.toml", "shedule = 1\n")
    with pytest.raises(ConfigError, match="shedule"):
        schedule.run(daily.path, around)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_daemon_with_exit_code_0(daily: Folder, number: signal.Signals) -> None:
    process = daily.start("schedule", "run")
    assert process.stderr is not None
    assert "next time job=brief" in process.stderr.readline()
    sleep(0.3)
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert errors.splitlines()[-1].endswith(" INFO stopped")


def test_a_trigger_fires_by_the_slot_rule_and_not_by_the_librarys() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    job = Job(name="night", title="", sender="", schedule="30 2 * * 7", timezone=berlin)
    trigger = schedule.SlotTrigger(job)
    first = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)  # a Sunday on which this time comes twice
    assert trigger.get_next_fire_time(None, first - timedelta(days=2)) == first
    assert trigger.get_next_fire_time(first, first) == datetime(2026, 11, 1, 2, 30, tzinfo=berlin)


def test_the_next_try_comes_later_after_each_that_changed_nothing() -> None:
    waits = Report(job="brief", slot="", edition="brief-1", state="sending", deferred=2)
    known = {"brief-1": waits}
    found = [waiting.SHORTEST]
    for _ in range(4):
        found.append(waiting.pause(found[-1], known, [waits]))
    assert [pause.total_seconds() / 60 for pause in found] == [1, 2, 4, 5, 5]
    assert waiting.pause(found[-1], {}, [waits]) == waiting.SHORTEST
