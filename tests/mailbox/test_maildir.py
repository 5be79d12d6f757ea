"""Real Maildirs: what is handed out, what is marked, and what is left as it was."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest import mailbox

HELLO = b"Subject: hello\n\nHello\n"


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("tmp", "new", "cur"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


def nothing(_letter: str) -> bool:
    return False


def read(folder: Path, known: Callable[[str], bool] = nothing, ours: bytes = HELLO) -> list[mailbox.Letter]:
    """A reading that marks what has `ours` in it."""
    with mailbox.reading(f"maildir:{folder.name}", folder.parent) as box:
        found = []
        for letter in box.letters(known):
            found.append(letter)
            if ours in letter.data:
                box.handled(letter)
        return found


def lying(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if not path.is_dir()}


def test_ours_move_to_cur_and_strangers_stay_where_they_are(maildir: Path) -> None:
    (maildir / "new/1.M1.host").write_bytes(HELLO)
    (maildir / "new/2.M2.host").write_bytes(b"another")
    (maildir / "cur/3.M3.host:2,FS").write_bytes(HELLO)
    (maildir / "cur/4.M4.host:2,").write_bytes(b"another")
    (maildir / "cur/5.M5.host").write_bytes(HELLO)
    (maildir / "tmp/6.M6.host").write_bytes(HELLO)
    found = read(maildir)
    assert [letter.id for letter in found] == [f"{number}.M{number}.host" for number in range(1, 6)]
    assert [letter.data for letter in found] == [HELLO, b"another", HELLO, b"another", HELLO]
    assert [letter.size for letter in found] == [len(letter.data) for letter in found]
    assert lying(maildir) == {
        "cur/1.M1.host:2,PS": HELLO,
        "cur/3.M3.host:2,FPS": HELLO,
        "cur/4.M4.host:2,": b"another",
        "cur/5.M5.host:2,PS": HELLO,
        "new/2.M2.host": b"another",
        "tmp/6.M6.host": HELLO,
    }


def test_the_second_reading_hands_out_only_what_is_neither_marked_nor_known(maildir: Path) -> None:
    (maildir / "new/1.host").write_bytes(HELLO)
    (maildir / "new/2.host").write_bytes(b"another")
    known = {letter.id for letter in read(maildir)}
    assert read(maildir, known.__contains__) == []
    assert [letter.id for letter in read(maildir)] == ["2.host"]


def test_a_letter_keeps_its_id_when_somebody_looks_at_it(maildir: Path) -> None:
    path = maildir / "new/1.host"
    path.write_bytes(b"another")
    before = read(maildir)
    path.rename(maildir / "cur/1.host:2,S")
    assert read(maildir) == before


def test_what_a_person_threw_away_is_left_out(maildir: Path) -> None:
    (maildir / "cur/1.host:2,ST").write_bytes(HELLO)
    assert read(maildir) == []


def test_only_letters_of_the_folder_itself_are_read(maildir: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(HELLO)
    (maildir / "new/1.link").symlink_to(secret)
    (maildir / "new/2.folder").mkdir()
    os.mkfifo(maildir / "new/3.pipe")
    (maildir / "new/.hidden").write_bytes(HELLO)
    (maildir / "new/4.host").write_bytes(HELLO)
    assert [letter.id for letter in read(maildir)] == ["4.host"]
    assert secret.read_bytes() == HELLO


def test_what_cannot_be_read_is_told_once_and_stops_no_other(
    maildir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        (maildir / f"new/{number}.\nlink").symlink_to(tmp_path / "nowhere")
    (maildir / "new/9.host").write_bytes(HELLO)
    assert len(read(maildir)) == 1
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert record.getMessage().isprintable()
    assert record.getMessage().startswith(f"Maildir {maildir}: 5 letters cannot be read, the first: 'new/0.\\nlink': ")


def test_a_letter_that_vanishes_is_passed_over(maildir: Path) -> None:
    for number in range(4):
        (maildir / f"new/{number}.host").write_bytes(HELLO)
    with mailbox.reading(str(maildir), Path()) as box:
        letters = box.letters(nothing)
        first = next(letters)
        (maildir / "new/0.host").unlink()
        (maildir / "new/1.host").rename(maildir / "cur/1.host:2,S")
        box.handled(first)
        assert [letter.id for letter in letters] == ["2.host", "3.host"]
    assert sorted(path.name for path in maildir.rglob("*.host*")) == ["1.host:2,S", "2.host", "3.host"]


def test_a_letter_of_no_bytes_and_one_of_many_are_letters(maildir: Path) -> None:
    (maildir / "new/1.host").touch()
    (maildir / "new/2.host").write_bytes(HELLO + b"x" * (2 << 20))
    empty, long = read(maildir)
    assert (empty.data, empty.size) == (b"", 0)
    assert (len(long.data), long.size) == (1 << 20, len(HELLO) + (2 << 20))
    assert long.data.startswith(HELLO)


def test_a_letter_that_lies_there_twice_is_one(maildir: Path) -> None:
    (maildir / "new/1.host").write_bytes(b"another")
    (maildir / "cur/1.host:2,S").write_bytes(b"another")
    assert [letter.id for letter in read(maildir)] == ["1.host"]


def test_a_mark_overwrites_no_other_letter(maildir: Path, caplog: pytest.LogCaptureFixture) -> None:
    (maildir / "new/1.host").write_bytes(HELLO)
    (maildir / "cur/1.host:2,PS").write_bytes(b"precious")
    assert len(read(maildir)) == 1
    assert lying(maildir) == {"cur/1.host:2,PS": b"precious", "new/1.host": HELLO}
    assert "'new/1.host' cannot be marked: another letter has its name" in caplog.text


def test_a_thousand_letters_are_read_at_once_the_oldest_first(maildir: Path) -> None:
    for number in range(1_005):
        (maildir / f"new/1700000{number:04}.host").write_bytes(b"another")
    first = [letter.id for letter in read(maildir)]
    assert len(first) == 1_000
    rest = [letter.id for letter in read(maildir, set(first).__contains__)]
    assert first + rest == sorted(path.name for path in maildir.glob("new/*"))


NAMES = st.binary(min_size=1, max_size=60).filter(
    lambda name: not {b"/", b"\0"} & {name[i : i + 1] for i in range(len(name))} and not name.startswith(b".")
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(NAMES.filter(lambda name: b":2," not in name), min_size=1, max_size=5))
def test_a_name_of_any_bytes_is_handed_out_once_and_marked(
    tmp_path_factory: pytest.TempPathFactory, names: set[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("mail")
    (folder / "new").mkdir()
    (folder / "cur").mkdir()
    for name in names:
        (folder / "new" / os.fsdecode(name)).write_bytes(HELLO + name)
    found = read(folder)
    assert {letter.data for letter in found} == {HELLO + name for name in names}
    assert len({letter.id for letter in found}) == len(names)
    assert all(letter.id.isascii() and letter.id.isprintable() and len(letter.id) <= 255 for letter in found)
    assert {os.fsencode(path.name) for path in (folder / "cur").iterdir()} == {name + b":2,PS" for name in names}
    assert read(folder) == []


def test_a_folder_that_is_no_maildir_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(mailbox.MailboxError, match="there is no such folder"):
        read(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(mailbox.MailboxError, match="there is no such folder"):
        read(tmp_path / "file")
    (tmp_path / "flat").mkdir()
    with pytest.raises(mailbox.MailboxError, match=r"flat: cur/ is missing .*; a Maildir has new/ and cur/"):
        read(tmp_path / "flat")
    (tmp_path / "flat/cur").mkdir()
    (tmp_path / "flat/new").symlink_to(tmp_path)
    with pytest.raises(mailbox.MailboxError, match=r"flat: new/ is no folder .*; a Maildir has new/ and cur/"):
        read(tmp_path / "flat")
