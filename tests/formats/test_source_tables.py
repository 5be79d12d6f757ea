import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.errors import UsageError
from digest.core.settings import Source
from digest.formats.source_tables import append, appended, known

SOURCE = Source(url="https://example.com/feed", name='The "Post" \\ Co', group="cars")
BEFORE = b'# mine\n[newsletter]\nname = "x"  # here\n\n[[sources]]\npath = "a/*.txt"\n# the end'


def test_a_table_follows_and_every_byte_before_it_stays() -> None:
    made = appended(BEFORE, [SOURCE])
    assert made.startswith(BEFORE + b"\n")
    assert tomllib.loads(made.decode())["sources"] == [
        {"path": "a/*.txt"},
        {"url": "https://example.com/feed", "name": 'The "Post" \\ Co', "group": "cars"},
    ]


def test_line_ends_and_marks_are_those_of_the_file() -> None:
    made = appended(b'\xef\xbb\xbf[newsletter]\r\nname = "x"\r\n', [SOURCE])
    assert made.startswith(b"\xef\xbb\xbf[newsletter]\r\n")
    assert made.count(b"\n") == made.count(b"\r\n")


@pytest.mark.parametrize("before", [b"sources = []\n", b'sources = [{path = "x"}]\n', b"[sources]\n", b"not toml"])
def test_a_file_in_which_no_table_can_follow_is_refused(before: bytes) -> None:
    with pytest.raises(UsageError, match=r"digest\.toml"):
        appended(before, [SOURCE])


def test_the_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_bytes(BEFORE)
    real.chmod(0o640)
    (tmp_path / "digest.toml").symlink_to(real)
    append(tmp_path / "digest.toml", [SOURCE])
    assert real.read_bytes() == appended(BEFORE, [SOURCE])
    assert real.stat().st_mode & 0o777 == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"real.toml", "digest.toml"}


def test_a_file_that_refuses_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "digest.toml"
    path.write_bytes(b"sources = []")
    with pytest.raises(UsageError):
        append(path, [SOURCE])
    assert path.read_bytes() == b"sources = []"
    assert list(tmp_path.iterdir()) == [path]


def test_a_source_is_known_in_any_spelling() -> None:
    sources = [Source(path="x"), SOURCE]
    assert known(sources, "http://www.example.com/feed/?utm_source=a") is SOURCE
    assert known(sources, "https://example.com/other") is None


lines = st.text(st.characters(min_codepoint=32, exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30)


@given(lines, lines, lines)
def test_any_names_are_read_back_as_they_were(comment: str, name: str, group: str) -> None:
    before = f"# {comment}".encode()
    made = appended(before, [Source(url="https://example.com/", name=name, group=group)])
    assert made.startswith(before)
    assert tomllib.loads(made.decode())["sources"] == [{"url": "https://example.com/", "name": name, "group": group}]
