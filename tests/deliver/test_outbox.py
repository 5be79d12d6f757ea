import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core import runfile
from digest.core.errors import DeliveryError
from digest.core.mail import Batch, Claim, Outgoing, Result, SendState
from digest.core.runfile import Phase
from digest.core.settings import Delivery
from digest.deliver import outbox
from mail_queue import Queue, all_of, begun
from mail_queue import mail as claimed

DELIVERY = Delivery(to="outbox:box")


def mail(number: int, *chunks: bytes) -> Outgoing:
    return claimed(number, *(chunks or (f"mail {number}\r\n".encode(),)))


def deliver(home: Path, queue: Queue, stopping: Callable[[], bool] = lambda: False) -> None:
    outbox.check(DELIVERY, home)
    with begun(queue) as (run, _):
        outbox.deliver(DELIVERY, home, queue.exchange, all_of, run, stopping)


def files(home: Path) -> list[bytes]:
    """What lies in the outbox, each below the Return-Path that all of them have."""
    whole = [path.read_bytes().partition(b"\r\n") for path in (home / "box" / "new").iterdir()]
    assert {first for first, _, _ in whole} <= {b"Return-Path: <bounces@example.org>"}
    return sorted(rest for _, _, rest in whole)


def leftovers(home: Path) -> list[Path]:
    return list((home / "box" / "tmp").iterdir())


def test_every_mail_becomes_a_file_of_its_own_and_is_settled_as_sent(tmp_path: Path) -> None:
    queue = Queue([mail(number) for number in range(25)])
    deliver(tmp_path, queue)
    assert files(tmp_path) == sorted(f"mail {number}\r\n".encode() for number in range(25))
    assert [result.claim.subscriber for result in queue.settled] == list(range(25))
    assert set(queue.states) == {SendState.SENT}
    assert {result.reply for result in queue.results} == {"written to the outbox"}
    assert leftovers(tmp_path) == []


def test_a_batch_is_claimed_at_once(tmp_path: Path) -> None:
    queue = Queue([mail(number) for number in range(501)])
    deliver(tmp_path, queue)
    assert [batch for batch in queue.batches if batch] == [500, 1]
    assert queue.states == [SendState.SENT] * 501


def test_results_of_a_slow_disk_come_back_within_a_second_or_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SETTLE", 0.02)
    given: list[int] = []
    queue = Queue([mail(number) for number in range(400)])

    def exchange(results: Sequence[Result], want: int) -> Batch:
        given.append(len(results))
        return queue.exchange(results, want)

    outbox.check(DELIVERY, tmp_path)
    with begun(queue) as (run, _):
        outbox.deliver(DELIVERY, tmp_path, exchange, all_of, run, lambda: False)
    assert len([count for count in given if count]) > 1
    assert queue.batches[0] == 400
    assert queue.states == [SendState.SENT] * 400


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


@pytest.mark.parametrize(
    ("sender", "line"),
    [
        ("bounces+1f2e-7-ab@news.example.org", b"<bounces+1f2e-7-ab@news.example.org>"),
        ("", b"<>"),
        ("a@example.org\r\nBcc: b@example.org", b"<a@example.orgBcc:b@example.org>"),
        ("a@example.org\n\nbody", b"<a@example.orgbody>"),
        ("<a@example.org> <b>\0\x85\u2028\ud800", b"<a@example.orgb>"),
    ],
)
def test_a_file_begins_with_its_return_path_in_one_line(tmp_path: Path, sender: str, line: bytes) -> None:
    deliver(tmp_path, Queue([claimed(1, b"Subject: x\r\n\r\ny\r\n", sender=sender)]))
    (file,) = (tmp_path / "box" / "new").iterdir()
    assert file.suffix == ".eml"  # or no file manager would know what opens it
    assert file.read_bytes() == b"Return-Path: " + line + b"\r\nSubject: x\r\n\r\ny\r\n"


def test_a_mail_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        deliver(tmp_path, Queue([mail(1)]))
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "box" / "new").iterdir()] == [0o600]


def test_stopping_finishes_the_mail_at_hand_and_gives_the_rest_back(tmp_path: Path) -> None:
    queue = Queue([mail(number) for number in range(25)])
    new = tmp_path / "box" / "new"
    deliver(tmp_path, queue, stopping=lambda: len(list(new.iterdir())) >= 4)
    assert queue.batches == [25, 0]
    assert queue.states == [SendState.SENT] * 4 + [SendState.QUEUED] * 21
    assert queue.phases == [Phase.SENT] * 4 + [Phase.NOT_BEGUN] * 21
    assert queue.settled[-1].reply == "stopped before it was begun"
    assert len(files(tmp_path)) == 4


def test_after_a_change_only_what_is_wanted_is_written(tmp_path: Path) -> None:
    queue = Queue([mail(number) for number in range(20)])
    asked: list[int] = []
    outbox.check(DELIVERY, tmp_path)
    with begun(queue) as (run, folder):
        new = tmp_path / "box" / "new"

        def stopping() -> bool:
            if len(list(new.iterdir())) == 5 and not run.changes():
                runfile.changed(folder)
            return False

        def wanted(claims: Sequence[Claim]) -> Sequence[Claim]:
            asked.append(len(claims))
            return [claim for claim in claims if claim.subscriber == 19]

        outbox.deliver(DELIVERY, tmp_path, queue.exchange, wanted, run, stopping)
    assert asked == [15]
    assert queue.states == [SendState.SENT] * 5 + [SendState.QUEUED] * 14 + [SendState.SENT]
    assert queue.phases == [Phase.SENT] * 5 + [Phase.NOT_BEGUN] * 14 + [Phase.SENT]
    assert {result.reply for result in queue.results if result.state is SendState.QUEUED} == {"no longer wanted"}


def test_a_change_while_mails_are_claimed_is_not_missed(tmp_path: Path) -> None:
    queue = Queue([mail(number) for number in range(3)])
    outbox.check(DELIVERY, tmp_path)
    with begun(queue) as (run, folder):

        def exchange(results: Sequence[Result], want: int) -> Batch:
            found = queue.exchange(results, want)
            runfile.changed(folder)
            return found

        outbox.deliver(DELIVERY, tmp_path, exchange, lambda _: [], run, lambda: False)
    assert files(tmp_path) == []
    assert queue.states == [SendState.QUEUED] * 3


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

    def exchange(results: Sequence[Result], want: int) -> Batch:
        if not queue.batches:
            (tmp_path / "box" / obstacle).rmdir()
            (tmp_path / "box" / obstacle).write_text("a file")
        return queue.exchange(results, want)

    with pytest.raises(DeliveryError, match="Not a directory"), begun(queue) as (run, _):
        outbox.deliver(DELIVERY, tmp_path, exchange, all_of, run, lambda: False)
    assert queue.states == [SendState.QUEUED] * 12
    assert queue.phases == [Phase.NOT_BEGUN] * 12
    assert obstacle == "tmp" or leftovers(tmp_path) == []


def test_the_folder_lies_below_the_newsletters_unless_it_is_absolute(tmp_path: Path) -> None:
    assert outbox.folder(Delivery(to="outbox:a/b"), tmp_path) == tmp_path / "a" / "b"
    assert outbox.folder(Delivery(to="outbox:/srv/a:b"), tmp_path) == Path("/srv/a:b")
