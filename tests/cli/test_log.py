import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripted_relay import ScriptedRelay, running
from support import DIGEST, Folder, Make


def objects(stderr: str) -> list[dict[str, Any]]:
    """Each line as the object it has to be."""
    found = [json.loads(line) for line in stderr.splitlines()]
    assert all(list(each)[:3] == ["time", "level", "event"] for each in found)
    assert all(each["time"].endswith("+00:00") for each in found)
    return found


def with_a_source_that_fails(folder: Folder) -> Folder:
    folder.append("digest.toml", '\n[[sources]]\npath = "gone/*.xml"\n')
    return folder


def with_relay(folder: Folder, relay: ScriptedRelay) -> Folder:
    text = (folder.path / "digest.toml").read_text(encoding="utf-8")
    folder.write("digest.toml", text.replace("outbox:outbox", f"smtp+plain://127.0.0.1:{relay.port}"))
    return folder


def test_every_line_of_a_send_is_an_object_with_its_fields(newsletter: Make) -> None:
    folder = with_a_source_that_fails(newsletter())
    result = folder.run("--log", "json", "send", "brief")
    assert result.exit_code == 0
    found = objects(result.stderr)
    assert [each for each in found if each["event"] == "send" and (each["done"], each["total"]) == (3, 3)]
    assert any(each["level"] == "warning" and "gone/*.xml" in each["event"] for each in found)
    assert "3 of 3" in result.stdout


def test_the_environment_may_ask_for_it_and_the_option_has_the_last_word(
    newsletter: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_a_source_that_fails(newsletter())
    monkeypatch.setenv("DIGEST_LOG", "json")
    assert objects(folder.run("gather").stderr)
    assert not folder.run("--log", "text", "gather").stderr.startswith("{")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("send", "weekly"), 2, "weekly: no such job; allowed are brief"),
        (("sned",), 2, "sned"),
        (("send", "--bogus"), 2, "--bogus"),
        (("render", "brief", "--at", "soon"), 2, "--at soon"),
    ],
)
def test_errors_are_objects(newsletter: Make, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = newsletter().run("--log", "json", *arguments)
    assert result.exit_code == code
    assert any(told in each["event"] for each in objects(result.stderr))


def test_each_mistake_of_the_configuration_is_an_object(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("jobs/brief.toml", 'title = 3\nfrom = "x"\nwindow = "soon"')
    found = objects(folder.run("--log", "json", "check").stderr)
    assert [(each["level"], each["exit_code"]) for each in found] == [("error", 2)] * 3


def test_an_unexpected_error_is_an_object_and_so_is_its_traceback(newsletter: Make) -> None:
    folder = newsletter()
    (folder.path / "digest.key.old").mkdir(mode=0o700)
    result = folder.run("--log", "json", "--debug", "send", "brief")
    assert result.exit_code == 1
    found = objects(result.stderr)
    assert "Traceback (most recent call last):" in [each["event"] for each in found]
    assert found[-1]["level"] == "error"
    assert "IsADirectoryError" in found[-1]["event"]


def test_another_style_is_refused() -> None:
    done = subprocess.run([*DIGEST, "--log", "xml", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'text', 'json'" in done.stderr


def terminal(folder: Folder, *arguments: str, **environment: str) -> str:
    """What a person at a terminal sees on stderr."""
    ours, theirs = os.openpty()
    command = [*DIGEST, "--home", str(folder.path), *arguments]
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"} | environment
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=env)
    os.close(theirs)
    seen = b""
    while True:
        try:
            data = os.read(ours, 65_536)
        except OSError:  # how Linux says that nobody has the other end any more
            break
        if not data:
            break
        seen += data
    os.close(ours)
    assert process.wait() == 0
    return seen.decode()


def test_on_a_terminal_warnings_have_a_colour_and_json_has_neither_bars_nor_colour(newsletter: Make) -> None:
    folder = with_a_source_that_fails(newsletter())
    assert "\x1b[33mbrief: " in terminal(folder, "send", "brief", "--dry-run")
    assert "\x1b[33m" not in terminal(folder, "send", "brief", "--dry-run", NO_COLOR="1").replace("\x1b[33m━", "")
    seen = terminal(folder, "--log", "json", "send", "brief")
    assert "\x1b" not in seen
    assert objects(seen.replace("\r\n", "\n"))


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full", "2>&- <&-", "2> >(exec true)"])
def test_a_stderr_that_takes_nothing_stops_no_send(newsletter: Make, style: str, redirected: str) -> None:
    folder = with_a_source_that_fails(newsletter(recipients=30))
    command = [*DIGEST, "--home", str(folder.path), "--log", style, "send", "brief"]
    script = f'sleep 0.1; "$@" {redirected}'
    done = subprocess.run(["bash", "-c", script, "bash", *command], stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0
    assert "30 of 30" in done.stdout
    assert len(folder.mails()) == 30
    assert folder.json("report")["counts"] == {"sent": 30}


def test_a_stderr_that_nobody_reads_any_more_stops_no_send(newsletter: Make) -> None:
    folder = with_a_source_that_fails(newsletter(recipients=30))
    process = folder.start("send", "brief")
    assert process.stderr
    process.stderr.close()
    process.stderr = None
    output, _ = process.communicate()
    assert process.returncode == 0
    assert "30 of 30" in output


def test_no_file_takes_the_number_of_a_closed_stderr(tmp_path: Path) -> None:
    code = f"from digest.core import log; log.set_up('text')\nprint(open({str(tmp_path / 'database')!r}, 'w').fileno())"
    done = subprocess.run(
        ["bash", "-c", '"$@" 2>&-', "bash", sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    )
    assert int(done.stdout) > 2


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_address_of_a_subscriber_is_logged_while_the_report_names_it(newsletter: Make, style: str) -> None:
    script = {
        "RCPT": ["550 5.1.1 <r0@example.org> is gone", "451 4.7.1 r1@example.org: later"],
        "END": ["take and close"],
    }
    with running(ScriptedRelay(script=script)) as relay:
        folder = with_relay(with_a_source_that_fails(newsletter(recipients=12)), relay)
        folder.append("digest.toml", '\n[editors]\nto = ["editor@example.org"]\n')
        first = folder.start("--log", style, "send", "brief")
        outputs = [first.communicate()]
        second = folder.start("--log", style, "--debug", "send")
        outputs.append(second.communicate())
    assert (first.returncode, second.returncode) == (3, 0)
    stderr = "".join(output[1] for output in outputs)
    assert "gone/*.xml" in stderr
    assert "@example.org" not in re.sub(r"[0-9a-f]{8}@example\.org", "", stderr)
    report = folder.run("report").stdout
    assert "r0@example.org" in report
    assert "is gone" in report
