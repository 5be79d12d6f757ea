"""What `schedule systemd` and `schedule crontab` print, given to the real systemd-analyze and the real cron."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from support import Make

ODD = 'our news, 100% "odd" $HOME'


def put(text: str, folder: Path) -> list[Path]:
    """Each unit in the file that its comment names."""
    parts = re.split(r"^# /etc/systemd/system/(\S+).*\n", text, flags=re.MULTILINE)[1:]
    for name, content in zip(parts[::2], parts[1::2], strict=True):
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in parts[::2]]


@pytest.mark.parametrize("name", ["newsletter", ODD])
@pytest.mark.parametrize(
    ("option", "names"), [([], ["digest.service"]), (["--timer"], ["digest.service", "digest.timer"])]
)
def test_systemd_finds_no_fault_in_the_units(
    newsletter: Make, tmp_path: Path, name: str, option: list[str], names: list[str]
) -> None:
    folder = newsletter(name=name)
    found = put(folder.run("schedule", "systemd", *option).stdout, tmp_path)
    assert [path.name for path in found] == names
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, found)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


def test_systemd_finds_the_service_well_confined(newsletter: Make, tmp_path: Path) -> None:
    (unit,) = put(newsletter().run("schedule", "systemd").stdout, tmp_path)
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=25", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(200)
def test_the_line_pasted_into_cron_sends(newsletter: Make) -> None:
    folder = newsletter(recipients=2, name=ODD)
    folder.append("jobs/brief.toml", 'schedule = "* * * * *"\n')
    folder.run("send")  # from here on its slots are due
    pasted = folder.run("schedule", "crontab").stdout
    assert "\n*/5 * * * * " in pasted
    with cron(pasted.replace("*/5 * * * *", "* * * * *")):
        give_up = monotonic() + 150
        while len(folder.mails()) < 2 and monotonic() < give_up:
            sleep(0.5)
    log = folder.path / "cron.log"
    assert len(folder.mails()) == 2, log.read_text(encoding="utf-8") if log.exists() else "cron ran nothing"
    assert ": sent, sent 2 of 2" in log.read_text(encoding="utf-8")


@contextmanager
def cron(table: str) -> Iterator[None]:
    """Debian's cron with this table for a while; the user's own one is put back."""
    if os.getuid() != 0 or not shutil.which("cron") or running():
        pytest.skip("needs Debian's cron, not running, and root")
    own = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)
    subprocess.run(["crontab", "-"], input=table, text=True, check=True)
    process = subprocess.Popen(["cron", "-f"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        if own.returncode:
            subprocess.run(["crontab", "-r"], check=True)
        else:
            subprocess.run(["crontab", "-"], input=own.stdout, text=True, check=True)


def running() -> bool:
    """Whether a cron runs already."""
    try:
        return Path(f"/proc/{Path('/run/crond.pid').read_text(encoding='ascii').strip()}").exists()
    except OSError:
        return False
