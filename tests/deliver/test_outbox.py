import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.errors import DeliveryError
from digest.core.mail import Claim, Outgoing, SendState
from digest.core.settings import Delivery
from digest.deliver import outbox
from mail_queue import Queue

DELIVERY = Delivery(to="outbox:box")

# Writes mails of so many chunks of 64 KiB until it is killed.
ENDLESS = """
import sys
from pathlib import Path
from digest.core.mail import Claim, Outgoing
from digest.core.settings import Delivery
from digest.deliver import outbox
claim = Claim(edition="e", subscriber=1, email="a@example.org", message_id="<1@example.org>")
home, delivery = Path(sys.argv[1]), Delivery(to="outbox:box")
outbox.check(delivery, home)
mail = Outgoing(claim=claim, return_path="b@example.org", chunks=[b"x" * 65536] * int(sys.argv[2]))
outbox.deliver(delivery, home, lambda results, want: [mail] * want, lambda: False)
"""
# Delivers mails of growing size where no file may be larger than so many bytes, and tells what was given back.
CRAMPED = """
import resource, signal, sys
from pathlib import Path
from digest.core.errors import DeliveryError
from digest.core.mail import Claim, Outgoing
from digest.core.settings import Delivery
from digest.deliver import outbox
home, delivery = Path(sys.argv[1]), Delivery(to="outbox:box")
outbox.check(delivery, home)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
given = []
def exchange(results, want):
    given.append([(result.state.value, result.reply) for result in results])
    claim = Claim(edition="e", subscriber=1, email="a@example.org", message_id="<1@example.org>")
    sizes = range(1, want + 1)
    return [Outgoing(claim=claim, return_path="b@example.org", chunks=[b"x" * 1000] * size) for size in sizes]
try:
    outbox.deliver(delivery, home, exchange, lambda: False)
except DeliveryError as error:
    print(given, error, sep="\\n")
"""


def mail(number: int, *chunks: bytes) -> Outgoing:
    claim = Claim(edition="e", subscriber=number, email=f"r{number}@example.org", message_id=f"<{number}@example.org>")
    return Outgoing(claim=claim, return_path="b@example.org", chunks=chunks or (f"mail {number}\r\n".encode(),))


def deliver(home: Path, queue: Queue, stopping: Callable[[], bool] = lambda: False) -> None:
    outbox.check(DELIVERY, home)
    outbox.deliver(DELIVERY, home, queue.exchange, stopping)


def files(home: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in (home / "box" / "new").iterdir())


def leftovers(home: Path) -> list[Path]:
    return list((home / "box" / "tmp").iterdir())


def test_every_mail_becomes_a_file_of_its_own_and_is_settled_as_sent(tmp_path: Path) -> None:
    queue = Queue([mail(number) for number in range(25)])
    deliver(tmp_path, queue)
    assert files(tmp_path) == sorted(f"mail {number}\r\n".encode() for number in range(25))
    assert [result.claim.subscriber for result in queue.results] == list(range(25))
    assert set(queue.states) == {SendState.SENT}
    assert {result.reply for result in queue.results} == {"written to the outbox"}
    assert leftovers(tmp_path) == []


def test_at_most_ten_mails_are_in_hand(tmp_path: Path) -> None:
    queue = Queue([mail(number) for number in range(25)])
    deliver(tmp_path, queue)
    assert queue.batches == [10, 10, 5, 0]


@pytest.mark.parametrize("count", [0, 1, 10, 11])
def test_every_result_is_given_back_before_the_end(tmp_path: Path, count: int) -> None:
    queue = Queue([mail(number) for number in range(count)])
    deliver(tmp_path, queue)
    assert len(queue.results) == len(files(tmp_path)) == count


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=8))
def test_a_file_has_the_bytes_of_the_chunks_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]
) -> None:
    home = tmp_path_factory.mktemp("home")
    deliver(home, Queue([mail(1, *chunks)]))
    assert files(home) == [b"".join(chunks)]


def test_lines_end_as_they_came(tmp_path: Path) -> None:
    deliver(tmp_path, Queue([mail(1, b"Subject: x\r\n\r\n.\r\n", b"a\nb\r\n", b"\0\xff")]))
    assert files(tmp_path) == [b"Subject: x\r\n\r\n.\r\na\nb\r\n\0\xff"]


def test_a_mail_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        deliver(tmp_path, Queue([mail(1)]))
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "box" / "new").iterdir()] == [0o600]


def test_stopping_finishes_the_batch_at_hand_and_asks_for_no_more(tmp_path: Path) -> None:
    queue = Queue([mail(number) for number in range(25)])
    deliver(tmp_path, queue, stopping=lambda: bool(queue.batches))
    assert queue.batches == [10, 0]
    assert queue.states == [SendState.SENT] * 10
    assert len(files(tmp_path)) == 10
    assert len(queue.waiting) == 15


def test_stopping_before_the_first_mail_sends_none(tmp_path: Path) -> None:
    queue = Queue([mail(1)])
    deliver(tmp_path, queue, stopping=lambda: True)
    assert (queue.batches, files(tmp_path)) == ([0], [])


def test_an_outbox_that_was_there_keeps_its_mails(tmp_path: Path) -> None:
    deliver(tmp_path, Queue([mail(1)]))
    deliver(tmp_path, Queue([mail(2)]))
    assert files(tmp_path) == [b"mail 1\r\n", b"mail 2\r\n"]
    assert sorted(path.name for path in (tmp_path / "box").iterdir()) == ["cur", "new", "tmp"]


@pytest.mark.parametrize("obstacle", ["box", "box/tmp", "box/new"])
def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / obstacle).parent.mkdir(exist_ok=True)
    (tmp_path / obstacle).write_text("a file")
    with pytest.raises(DeliveryError, match=r"^outbox [^\n]*box: cannot be written: [^\n]+$"):
        outbox.check(DELIVERY, tmp_path)


@pytest.mark.parametrize("obstacle", ["tmp", "new"])
def test_a_folder_that_goes_away_gives_the_batch_back_as_not_begun(tmp_path: Path, obstacle: str) -> None:
    queue = Queue([mail(number) for number in range(12)])
    outbox.check(DELIVERY, tmp_path)
    (tmp_path / "box" / obstacle).rmdir()
    (tmp_path / "box" / obstacle).write_text("a file")
    with pytest.raises(DeliveryError, match="Not a directory"):
        outbox.deliver(DELIVERY, tmp_path, queue.exchange, lambda: False)
    assert queue.states == [SendState.QUEUED] * 10
    assert len(queue.waiting) == 2
    assert obstacle == "tmp" or leftovers(tmp_path) == []


def test_a_disk_that_refuses_keeps_what_is_whole_and_gives_the_rest_back(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CRAMPED, str(tmp_path), "4500"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    given, error = done.stdout.splitlines()
    assert given == str([[], [("sent", "written to the outbox")] * 4 + [("queued", "File too large")] * 6])
    assert error == f"outbox {tmp_path / 'box'}: File too large"
    assert [len(data) for data in files(tmp_path)] == [1000, 2000, 3000, 4000]
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
    assert {path.stat().st_size for path in new.iterdir()} == {32 * 65536}


def test_the_folder_lies_below_the_newsletters_unless_it_is_absolute(tmp_path: Path) -> None:
    assert outbox.folder(Delivery(to="outbox:a/b"), tmp_path) == tmp_path / "a" / "b"
    assert outbox.folder(Delivery(to="outbox:/srv/a:b"), tmp_path) == Path("/srv/a:b")
