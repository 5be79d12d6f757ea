"""A child that hangs, crashes or bloats costs one answer."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.core.child import Child, ChildError, Limits

WORKER = """
import os, time
from digest.core.child import serve

def answer(data):
    match data:
        case b"hang":
            time.sleep(60)
        case b"burn":
            while True:
                pass
        case b"bloat":
            return bytes(1 << 31)
        case b"die":
            os._exit(7)
        case b"shout":
            return bytes(2_000_000)
        case b"raise":
            raise RecursionError
        case b"environment":
            return repr(sorted(os.environ)).encode()
    return str(os.getpid()).encode() + data

serve(answer)
"""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    (tmp_path / "answering.py").write_text(WORKER)
    monkeypatch.syspath_prepend(tmp_path)
    made = Child("answering", Limits(cpu_seconds=1, wall_seconds=4, answer_bytes=1_000_000))
    yield made
    made.stop()


def test_one_child_answers_many(child: Child) -> None:
    first, second = child.ask(b"a"), child.ask(b"b")
    assert (first[-1:], second[-1:]) == (b"a", b"b")
    assert first[:-1] == second[:-1]


def test_long_questions_arrive_whole(child: Child) -> None:
    assert child.ask(b"x" * 900_000).endswith(b"x" * 900_000)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (b"hang", "took more than 4 s or was killed"),
        (b"burn", "took more than 1 s"),
        (b"bloat", "failed (exit 1)"),
        (b"die", "failed (exit 7)"),
        (b"raise", "failed (exit 1)"),
        (b"shout", "took more than 4 s or was killed"),
    ],
)
def test_an_answer_that_kills_the_child_costs_no_other(child: Child, question: bytes, said: str) -> None:
    before = child.ask(b"")
    begun = time.monotonic()
    with pytest.raises(ChildError) as caught:
        child.ask(question)
    assert str(caught.value) == said
    assert time.monotonic() - begun < 10
    assert child.ask(b"") != before


def test_a_stopped_child_begins_again(child: Child) -> None:
    before = child.ask(b"")
    child.stop()
    child.stop()
    assert child.ask(b"") != before


def test_the_child_sees_nothing_of_our_environment(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_KEY", "secret")
    assert b"DIGEST" not in child.ask(b"environment")


def test_a_module_that_does_not_exist_is_an_error_not_a_wait(tmp_path: Path) -> None:
    with pytest.raises(ChildError, match="exit 1"):
        Child(f"{tmp_path.name}.nothing").ask(b"")
