"""Standard input as an MTA pipes it."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from digest import mailbox

SCRIPT = """
from pathlib import Path
from digest import mailbox
with mailbox.reading("-", Path()) as box:
    print([(letter.size, len(letter.data)) for letter in box.letters(lambda _: False)])
"""

Pipe: TypeAlias = Callable[..., list[mailbox.Letter]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Pipe:
    """Reads what is piped in, of which some is known."""

    def letters(data: bytes, *known: str) -> list[mailbox.Letter]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        with mailbox.reading("-", Path()) as box:
            found = list(box.letters(known.__contains__))
            for letter in found:
                box.handled(letter)
            return found

    return letters


def test_what_is_piped_in_is_one_letter_with_the_same_id_each_time(read: Pipe) -> None:
    data = b"From a@example.org Sun Nov 22\r\nSubject: \xe4\r\n\r\nHello\r\n"
    (letter,) = read(data)
    assert (letter.data, letter.size) == (data, len(data))
    assert len(letter.id) == len("stdin.") + 64
    assert read(data) == [letter]
    assert read(data, letter.id) == []
    assert len(read(data + b"x", letter.id)) == 1


def test_nothing_piped_in_is_no_letter(read: Pipe) -> None:
    assert read(b"") == []


def test_of_a_long_letter_the_beginning_is_kept(read: Pipe) -> None:
    (letter,) = read(b"x" * (3 << 20))
    assert (letter.data, letter.size) == (b"x" * (1 << 20), 3 << 20)


def test_a_pipe_without_end_is_left() -> None:
    with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as endless:
        command = [sys.executable, "-c", SCRIPT]
        said = subprocess.run(command, stdin=endless.stdout, stdout=subprocess.PIPE, check=True, timeout=60).stdout
        endless.kill()
    assert said.decode().strip() == f"[({64 << 20}, {1 << 20})]"


def test_an_input_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as closed:
        command = [sys.executable, "-c", SCRIPT]
        said = subprocess.run(command, stdin=closed, stderr=subprocess.PIPE, check=False, timeout=60).stderr.decode()
    assert "MailboxError: standard input cannot be read: Bad file descriptor" in said


def test_a_closed_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(mailbox.MailboxError, match="standard input is closed"), mailbox.reading("-", Path()):
        pass
