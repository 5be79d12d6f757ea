"""Pictures as hostile as they come, decoded in a child that may die of them."""

import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from digest.core.child import Limits
from digest.core.mail import Picture
from digest.pictures import INPUT_LIMIT, _answer, shrink
from drawn import PHOTO, encoded, photo, refused, taken

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="600"><rect width="900" height="600"/></svg>'


def children() -> list[int]:
    """The process ids of our own children that decode pictures."""
    pids: list[str] = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended meanwhile
            pids += (task / "children").read_text().split()
    return [int(pid) for pid in pids if b"pictures._worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes = b"\0") -> bytes:
    """A grey PNG whose header says any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b""))
    )


def slow_jpeg() -> bytes:
    """A progressive JPEG of 36 megapixels that repeats one scan until it has 9 MB: minutes of decoding."""
    whole = encoded(Image.new("L", (6000, 6000)), progressive=True, quality=30)
    at = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[at:-2] * ((INPUT_LIMIT - 1_000_000) // len(whole[at:-2])) + whole[-2:]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cannot be decoded"),
        (b"This is a text.\n" * 100, "cannot be decoded"),
        (SVG, "cannot be decoded"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 900 600\n", "cannot be decoded"),
        (encoded(photo(900, 600), "BMP"), "cannot be decoded"),
        (encoded(photo(900, 600), "TIFF"), "cannot be decoded"),
        (PHOTO[: len(PHOTO) // 2], "cannot be decoded"),
        (PHOTO[:300], "cannot be decoded"),
        (png(900, 600), "cannot be decoded"),
        (png(40_000, 40_000), "more than 40,000,000 pixels"),
        (png(7_000, 7_000), "more than 40,000,000 pixels"),
        (png(2**31 - 1, 2**31 - 1), "more than 40,000,000 pixels"),
        (png(0, 600), "cannot be decoded"),
        (PHOTO + b"\0" * INPUT_LIMIT, "more than 10,000,000 bytes"),
    ],
    ids=range(14),
)
def test_what_is_damaged_or_too_large_is_refused_at_once(data: bytes, reason: str) -> None:
    begun = time.monotonic()
    assert reason in refused(data)
    assert time.monotonic() - begun < 5


def test_of_ten_thousand_frames_only_the_first_is_decoded() -> None:
    first = encoded(photo(900, 600), "GIF")
    frame = b"\x2c\0\0\0\0\x84\x03\x58\x02\0\x02\x02\x4c\x01\0"  # 900 x 600 pixels in 15 bytes
    begun = time.monotonic()
    assert taken(first[:-1] + frame * 10_000 + b";").large.width == 900
    assert time.monotonic() - begun < 5


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(PHOTO) - 1), st.integers(0, 255)), max_size=20),
    st.sampled_from([700, len(PHOTO)]),
)
def test_damaged_bytes_never_raise_and_cost_nobody_else(changes: list[tuple[int, int]], span: int) -> None:
    damaged = bytearray(PHOTO)
    for at, value in changes:
        damaged[at % span] = value
    found = dict(shrink([("damaged", bytes(damaged)), ("whole", PHOTO)]))
    assert isinstance(found["whole"], Picture)
    assert isinstance(found["damaged"], Picture | str)


def test_a_picture_that_takes_too_long_is_named_and_costs_no_other() -> None:
    found = dict(shrink([("a", PHOTO), ("slow", slow_jpeg()), ("b", PHOTO)], Limits(cpu_seconds=1)))
    assert found["slow"] == "decoding it took more than 1 s"
    assert found["a"] == found["b"] == taken(PHOTO)


def test_a_picture_that_takes_too_much_memory_is_named_and_costs_no_other() -> None:
    wide = encoded(Image.linear_gradient("L").resize((6000, 6000)), "PNG")
    limits = Limits(memory_bytes=200_000_000)
    found = dict(shrink([("a", PHOTO), ("wide", wide), ("b", PHOTO)], limits))
    assert "memory" in str(found["wide"])
    assert found["a"] == found["b"] == taken(PHOTO)


def test_a_child_that_hangs_is_killed_after_its_time() -> None:
    def many() -> Iterator[tuple[str, bytes]]:
        yield "a", PHOTO
        (child,) = children()
        os.kill(child, signal.SIGSTOP)
        yield "hanging", PHOTO
        yield "b", PHOTO

    begun = time.monotonic()
    found = dict(shrink(many(), Limits(wall_seconds=1)))
    assert "more than 1 s" in str(found["hanging"])
    assert isinstance(found["a"], Picture)
    assert found["a"] == found["b"]
    assert time.monotonic() - begun < 10


def test_a_child_that_died_between_two_pictures_costs_none() -> None:
    def many() -> Iterator[tuple[str, bytes]]:
        yield "a", PHOTO
        (child,) = children()
        os.kill(child, signal.SIGKILL)
        time.sleep(0.1)
        yield "b", PHOTO

    found = dict(shrink(many()))
    assert isinstance(found["a"], Picture)
    assert found["a"] == found["b"]


def test_pictures_are_asked_for_one_at_a_time_and_no_child_is_left() -> None:
    asked = []

    def many() -> Iterator[tuple[str, bytes]]:
        for key in "abc":
            asked.append(key)
            yield key, PHOTO

    found = shrink(many())
    assert asked == []
    assert next(found)[0] == "a"
    assert asked == ["a"]
    assert len(children()) == 1
    found.close()  # type: ignore[attr-defined]  # a generator, which its type does not say
    assert children() == []


def test_without_a_picture_no_child_is_begun_and_nothing_decodes_here() -> None:
    program = (
        "import sys\nfrom digest.pictures import shrink\nassert list(shrink([])) == []\n"
        "assert [k for k, _ in shrink([('a', b'x' * 11_000_000)])] == ['a']\n"
        "assert not [name for name in sys.modules if name.startswith('PIL')]\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=30)


def test_the_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", "hunter2")
    found = shrink([("a", PHOTO), ("b", PHOTO)])
    next(found)
    (child,) = children()
    assert b"hunter2" not in Path(f"/proc/{child}/environ").read_bytes()
    assert len(list(found)) == 1


def test_the_parents_memory_stays_flat(tmp_path: Path) -> None:
    (tmp_path / "bomb").write_bytes(png(6_000, 6_000, b"\0" * 36_006_000))
    (tmp_path / "photo").write_bytes(PHOTO)
    program = """
import resource, sys
from pathlib import Path
from digest.pictures import shrink
files = [Path(sys.argv[1]) / name for name in ("bomb", "photo")]
def grown():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in shrink((file.name, file.read_bytes()) for file in files * 5):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(grown())
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 8_000  # KiB; decoded, the bomb alone has 35,000


@given(st.one_of(st.binary(max_size=100), st.binary(max_size=100).map(lambda data: b"p" + data)))
def test_whatever_a_child_answers_is_a_line_or_two_pictures_or_refused(data: bytes) -> None:
    try:
        found = _answer.read(data)
    except ValueError:
        return
    assert found.isprintable() if isinstance(found, str) else all(jpeg.width and jpeg.height for jpeg in found)
