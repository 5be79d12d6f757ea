"""SpamAssassin with the rules of Debian's package, without network and daemon, has nothing against our mails."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from system.editions import EDITIONS

LIMIT = 0.5
_RULE = re.compile(r"^ *(-?\d+\.\d) ([A-Z][A-Z0-9_]+) ", re.MULTILINE)


def points(mail: bytes, home: Path) -> Mapping[str, float]:
    """The points of each rule that fires."""
    command = ["spamassassin", "--local", "--test-mode", "--nocreate-prefs"]
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, input=mail, capture_output=True, check=True, timeout=100, env=environment)
    return {name: float(value) for value, name in _RULE.findall(done.stdout.decode(errors="replace"))}


@pytest.mark.parametrize("edition", ["demo", "one-story", "sixty-stories", "arabic", "hindi"])
def test_a_mail_gets_next_to_no_points(tmp_path: Path, edition: str) -> None:
    found = points((EDITIONS[edition](tmp_path / "news") / "message.eml").read_bytes(), tmp_path)
    assert "HTML_MESSAGE" in found
    # Points for being a mailing list are left out, or they would hide others.
    assert sum(value for value in found.values() if value > 0) <= LIMIT, found


def test_a_mail_that_shouts_gets_points(tmp_path: Path) -> None:
    mail = (EDITIONS["one-story"](tmp_path / "news") / "message.eml").read_bytes()
    shouting = re.sub(rb"Subject: .*", b"Subject: FREE VIAGRA!!! CLICK HERE NOW TO WIN $$$", mail, count=1)
    assert sum(value for value in points(shouting, tmp_path).values() if value > 0) > LIMIT
