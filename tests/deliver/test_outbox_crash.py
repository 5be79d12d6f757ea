import subprocess
import sys
import time
from pathlib import Path

import pytest

from digest.core import runfile
from digest.core.runfile import Phase

# Writes mails of so many chunks of 64 KiB until it is killed.
ENDLESS = """
import sys
from pathlib import Path
from digest.core import runfile
from digest.core.mail import Batch, Claim, Outgoing
from digest.core.settings import Delivery
from digest.deliver import outbox
home, delivery = Path(sys.argv[1]), Delivery(to="outbox:box")
outbox.check(delivery, home)
with runfile.begin(home / "run") as run:
    def exchange(results, want):
        first = run.reserve(want)
        claims = [
            Claim(edition="e", subscriber=place, email="a@example.org", message_id="<1@example.org>", place=place)
            for place in range(first, first + want)
        ]
        chunks = [b"x" * 65536] * int(sys.argv[2])
        return Batch([Outgoing(claim=claim, return_path="b@example.org", chunks=chunks) for claim in claims])
    outbox.deliver(delivery, home, exchange, lambda claims: claims, run, lambda: False)
"""
# Delivers mails of growing size where no file may be larger than so many bytes, and tells what was given back.
CRAMPED = """
import resource, signal, sys
from pathlib import Path
from digest.core import runfile
from digest.core.errors import DeliveryError
from digest.core.mail import Batch, Claim, Outgoing
from digest.core.settings import Delivery
from digest.deliver import outbox
home, delivery = Path(sys.argv[1]), Delivery(to="outbox:box")
outbox.check(delivery, home)
with runfile.begin(home / "run") as run:
    first = run.reserve(10)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    given = []
    def exchange(results, want):
        given.append([(result.state.value, result.reply) for result in results])
        claims = [
            Claim(edition="e", subscriber=1, email="a@example.org", message_id="<1@example.org>", place=first + number)
            for number in range(10)
        ]
        return Batch([
            Outgoing(claim=claim, return_path="b@example.org", chunks=[b"x" * 1000] * (number + 1))
            for number, claim in enumerate(claims)
        ])
    try:
        outbox.deliver(delivery, home, exchange, lambda claims: claims, run, lambda: False)
    except DeliveryError as error:
        print(given, error, sep="\\n")
"""


RETURN_PATH = b"Return-Path: <b@example.org>\r\n"


def files(home: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in (home / "box" / "new").iterdir())


def leftovers(home: Path) -> list[Path]:
    return list((home / "box" / "tmp").iterdir())


def test_a_disk_that_refuses_keeps_what_is_whole_and_gives_the_rest_back(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CRAMPED, str(tmp_path), "4500"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    given, error = done.stdout.splitlines()
    assert given == str([[], [("sent", "written to the outbox")] * 4 + [("queued", "File too large")] * 6])
    assert error == f"outbox {tmp_path / 'box'}: File too large"
    assert files(tmp_path) == [RETURN_PATH + b"x" * length for length in (1000, 2000, 3000, 4000)]
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("moment", range(3))
def test_kill_9_leaves_only_whole_mails(tmp_path: Path, moment: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path), "32"])
    new = tmp_path / "box" / "new"
    while not (new.is_dir() and any(new.iterdir())):
        assert process.poll() is None
        time.sleep(0.001)
    time.sleep(moment * 0.013)
    process.kill()
    process.wait()
    written = list(new.iterdir())
    assert {path.stat().st_size for path in written} == {len(RETURN_PATH) + 32 * 65536}
    (run,) = runfile.listed(tmp_path / "run")
    with runfile.taken_over(tmp_path / "run", run) as leftover:
        assert leftover is not None
        phases = [leftover.phase(place) for place in range(64, 64 + len(written) + 2)]
    # What nobody can know is one mail at most.
    assert phases.count(Phase.LEAVING) <= 1
    assert 0 <= len(written) - phases.count(Phase.SENT) <= 1
