import logging
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from digest import config
from digest.core import log
from digest.dispatch import Report
from digest.fetch.door import open_door
from digest.telling import ping, record
from fetch.servers import Counting, Server, reply
from support import Make
from tellings import NOW, STEP, Web, edited, hide, letters, run, show


def test_a_healthcheck_is_pinged_after_each_run_and_told_of_a_failure(newsletter: Make) -> None:
    folder = edited(newsletter(), 'healthcheck = "https://hc.example.org/ping/abc/?run=1"')
    web = Web()
    hide(folder)
    run(folder, NOW, web)
    show(folder)
    run(folder, NOW + STEP, web)
    run(folder, NOW + 2 * STEP, web, is_by_hand=True)
    assert web.urls == ["https://hc.example.org/ping/abc/fail?run=1", "https://hc.example.org/ping/abc/?run=1"]


def test_a_run_that_opened_nothing_can_be_told_as_failed(newsletter: Make) -> None:
    folder = edited(newsletter(), 'healthcheck = "https://hc.example.org/abc"')
    web = Web()
    ping(config.load(folder.path), web.fetch, is_failure=True)
    assert web.urls == ["https://hc.example.org/abc/fail"]


def test_a_healthcheck_that_does_not_answer_is_a_warning(newsletter: Make, caplog: pytest.LogCaptureFixture) -> None:
    folder = edited(newsletter(), 'healthcheck = "https://hc.example.org/abc"')
    assert run(folder, NOW, Web(error="HTTP 500"))[0].state == "sent"
    assert [(each.levelno, each.getMessage()) for each in caplog.records] == [
        (logging.WARNING, "healthcheck not pinged")
    ]
    assert "abc" not in caplog.text


@pytest.fixture
def server() -> Iterator[Server]:
    counting = Counting(reply)
    threading.Thread(target=counting.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield counting.record
    counting.shutdown()
    counting.server_close()


def test_a_ping_goes_by_the_one_door(newsletter: Make, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    folder = edited(newsletter(), f'healthcheck = "{server.url("/abc")}"')
    news = config.load(folder.path)
    ping(news, open_door(news.limits), is_failure=True)
    assert [each.getMessage() for each in caplog.records] == ["healthcheck not pinged"]
    assert server.seen == []
    folder.append("digest.toml", f'\n[fetch]\nallow = ["{server.place}"]\n')
    news = config.load(folder.path)
    ping(news, open_door(news.limits), is_failure=True)
    assert [path for path, _ in server.seen] == ["/abc/fail"]


def test_the_metrics_say_how_runs_and_editions_went(newsletter: Make) -> None:
    folder = edited(newsletter(recipients=4), 'metrics = "out/digest.prom"')
    folder.append("digest.toml", '\n[[sources]]\npath = "gone/*.xml"\nname = "The \\"Old\\"\\\\Post"\n')
    (folder.path / "out").mkdir()
    run(folder)
    lines = (folder.path / "out/digest.prom").read_text(encoding="utf-8").splitlines()
    assert f"digest_last_run_timestamp_seconds {int(NOW.timestamp())}" in lines
    assert "digest_last_run_exit_code 0" in lines
    assert f'digest_edition_timestamp_seconds{{job="brief"}} {int(NOW.timestamp())}' in lines
    assert 'digest_edition_recipients{job="brief"} 4' in lines
    assert 'digest_edition_mails{job="brief",state="sent"} 4' in lines
    assert 'digest_edition_mails{job="brief",state="failed"} 0' in lines
    assert 'digest_source_failures{source="The \\"Old\\"\\\\Post"} 1' in lines
    assert 'digest_source_failures{source="The Harbour Post"} 0' in lines
    assert "digest_queue_length 0" in lines
    samples = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(samples) == len(set(samples))


def test_the_metrics_are_replaced_whole_and_others_may_read_them(newsletter: Make) -> None:
    folder = edited(newsletter(), 'metrics = "digest.prom"')
    path = folder.path / "digest.prom"
    run(folder)
    before = path.stat().st_ino
    with path.open(encoding="utf-8") as reader:
        run(folder, NOW + STEP)
        assert f"seconds {int(NOW.timestamp())}" in reader.read()
    assert path.stat().st_ino != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [each.name for each in folder.path.glob(".digest*")] == []


def test_sources_of_one_name_are_one_figure_and_a_secret_in_an_address_is_none(newsletter: Make) -> None:
    folder = edited(newsletter(), 'metrics = "digest.prom"')
    for number in range(2):
        folder.append("digest.toml", f'\n[[sources]]\nurl = "http://127.0.0.1:9/feed?token=secret{number}"\n')
    run(folder)
    run(folder, NOW + timedelta(days=1))
    text = (folder.path / "digest.prom").read_text(encoding="utf-8")
    assert 'digest_source_failures{source="http://127.0.0.1:9/feed"} 2\n' in text
    assert "secret" not in text


def test_metrics_that_cannot_be_written_stop_nothing(newsletter: Make, caplog: pytest.LogCaptureFixture) -> None:
    folder = edited(newsletter(), 'to = ["editor@example.org"]\nmetrics = "nowhere/digest.prom"\nreport = "always"')
    assert run(folder)[0].state == "sent"
    assert "metrics not written" in caplog.messages
    assert len(letters(folder.mails())) == 1


def test_an_edition_is_a_line_of_the_log_with_its_figures(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, log.RUNS)
    for code, level in ((0, "INFO"), (1, "ERROR"), (3, "WARNING")):
        report = Report(job="brief", slot="s", edition="e", state="sent", recipients=3, sent=3, exit_code=code)
        record(report)
        line = caplog.records[-1]
        fields = {name: vars(line)[name] for name in ("job", "edition", "sent", "failed")}
        assert (line.levelname, fields) == (level, {"job": "brief", "edition": "e", "sent": 3, "failed": 0})
