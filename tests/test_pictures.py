"""Pictures as hostile as they come, decoded in a child that may die of them."""

import os
import resource
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from digest.core.mail import Picture
from digest.pictures import INPUT_LIMIT, Limits, shrink
from drawn import encoded, logo, noise, photo

PHOTO = encoded(photo(1600, 1000))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="600"><rect width="900" height="600"/></svg>'


def one(data: bytes, limits: Limits | None = None) -> Picture | str:
    ((key, found),) = shrink([("key", data)], limits)
    assert key == "key"
    return found


def good(data: bytes) -> Picture:
    found = one(data)
    assert isinstance(found, Picture), found
    return found


def refused(data: bytes) -> str:
    found = one(data)
    assert isinstance(found, str)
    assert found.isprintable()
    return found


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=["JPEG"])


def children() -> list[int]:
    me = f"/proc/{os.getpid()}/task"
    return [int(pid) for task in Path(me).iterdir() for pid in (task / "children").read_text().split()]


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


def test_a_photograph_becomes_two_small_jpegs_named_by_their_bytes() -> None:
    picture = good(PHOTO)
    assert (picture.large.width, picture.large.height) == (1168, 730)
    assert (picture.thumb.width, picture.thumb.height) == (232, 232)
    for image, limit in ((picture.large, 80_000), (picture.thumb, 12_000)):
        assert len(image.data) <= limit
        assert image.hash == sha256(image.data).hexdigest()
        with opened(image.data) as jpeg:
            assert jpeg.size == (image.width, image.height)
            assert jpeg.mode == "RGB"
    assert b"\xff\xc2" in picture.large.data  # SOF2: progressive


def test_equal_bytes_have_equal_hashes_in_any_child() -> None:
    assert good(PHOTO) == good(PHOTO)
    first, second = (found for _, found in shrink([("a", PHOTO), ("b", PHOTO)]))
    assert first == second == good(PHOTO)
    assert good(PHOTO) != good(encoded(photo(1600, 1000, seed=2)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "RGBA", "LA", "1"])
def test_every_kind_and_mode_is_read(kind: str, mode: str) -> None:
    picture = photo(900, 600).convert(mode)
    try:
        data = encoded(picture, kind)
    except OSError:
        pytest.skip(f"there is no {kind} of mode {mode}")
    assert (good(data).large.width, good(data).large.height) == (900, 600)


def test_sixteen_bits_a_pixel_are_not_washed_out() -> None:
    grey = Image.linear_gradient("L").resize((600, 600))
    deep = encoded(grey.convert("I").point(lambda value: value * 256).convert("I;16"), "PNG")
    with opened(good(deep).large.data) as shown:
        light = shown.convert("L")
        assert [light.getpixel((300, y)) for y in (30, 300, 570)] == pytest.approx([12, 128, 242], abs=6)


def test_what_is_too_heavy_gets_lower_quality_and_then_fewer_pixels() -> None:
    picture = good(encoded(noise(1500, 1000), quality=90))
    assert len(picture.large.data) <= 80_000
    assert len(picture.thumb.data) <= 12_000
    assert 400 <= picture.large.width < 1168
    assert picture.large.width / picture.large.height == pytest.approx(1.5, abs=0.02)


def test_no_metadata_is_left_and_the_picture_stands_upright() -> None:
    picture = photo(1200, 800)
    picture.paste("red", (0, 0, 600, 800))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: left is up
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
    exif[0x010F] = "SECRET CAMERA"
    data = encoded(picture, exif=exif, comment=b"SECRET COMMENT", icc_profile=b"SECRET PROFILE", dpi=(300, 300))
    assert data.count(b"SECRET") == 3
    shown = good(data)
    for image in (shown.large, shown.thumb):
        assert not any(word in image.data for word in (b"SECRET", b"Exif", b"ICC_PROFILE"))
        with opened(image.data) as jpeg:
            assert not jpeg.getexif()
            assert jpeg.width == jpeg.height
    with opened(shown.large.data) as jpeg:
        assert jpeg.getpixel((400, 20)) == pytest.approx((254, 0, 0), abs=12)
        assert jpeg.getpixel((400, 780)) != pytest.approx((254, 0, 0), abs=60)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation: int) -> None:
    upright = photo(1000, 700)
    upright.paste("blue", (0, 0, 300, 200))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpositions, each the inverse of what a reader does
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    with opened(good(encoded(stored, exif=exif)).large.data) as shown:
        assert shown.size == (1000, 700)
        assert shown.getpixel((100, 80)) == pytest.approx((0, 0, 254), abs=12)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    clear = photo(900, 600).convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 100, 600))
    with opened(good(encoded(clear, kind)).large.data) as shown:
        assert shown.getpixel((40, 300)) == pytest.approx((255, 255, 255), abs=6)
        assert shown.getpixel((500, 300)) != pytest.approx((255, 255, 255), abs=20)


def test_a_tall_picture_is_cropped_to_a_square_and_keeps_its_upper_part() -> None:
    tall = photo(800, 2000)
    tall.paste("red", (0, 500, 800, 700))
    picture = good(encoded(tall))
    assert (picture.large.width, picture.large.height) == (800, 800)
    with opened(picture.large.data) as shown:
        assert shown.getpixel((400, 240)) == pytest.approx((254, 0, 0), abs=12)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (photo(399, 600), "399 pixels wide; at least 400"),
        (photo(1, 1), "1 pixels wide"),
        (photo(1500, 480), "strip of 1500 x 480"),
        (photo(450, 1400), "strip of 450 x 1400"),
        (logo(900, 600), "a logo"),
        (logo(900, 600, ground="#102030", ink="white"), "a logo"),
        (Image.new("RGB", (900, 600), "#777777"), "a blank"),
    ],
)
def test_what_is_no_picture_of_the_news_is_refused(picture: Image.Image, reason: str) -> None:
    assert reason in refused(encoded(picture))
    assert reason in refused(encoded(picture, "PNG"))


def test_a_logo_on_a_transparent_ground_is_refused() -> None:
    mark = photo(900, 600).convert("RGBA")
    mark.paste((0, 0, 0, 0), (0, 0, 400, 600))
    assert "transparent" in refused(encoded(mark, "PNG"))


def test_a_turned_picture_is_measured_as_it_is_seen() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    assert "300 pixels wide" in refused(encoded(photo(700, 300), exif=exif))


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
    assert good(first[:-1] + frame * 10_000 + b";").large.width == 900
    assert time.monotonic() - begun < 5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(PHOTO) - 1), st.integers(0, 255)), max_size=20), st.booleans())
def test_damaged_bytes_never_raise_and_cost_nobody_else(changes: list[tuple[int, int]], early: bool) -> None:  # noqa: FBT001  hypothesis gives it
    damaged = bytearray(PHOTO)
    for at, value in changes:
        damaged[at % 700 if early else at] = value
    found = dict(shrink([("damaged", bytes(damaged)), ("whole", PHOTO)]))
    assert isinstance(found["whole"], Picture)
    assert isinstance(found["damaged"], Picture | str)


def test_a_picture_that_takes_too_long_is_named_and_costs_no_other() -> None:
    found = dict(shrink([("a", PHOTO), ("slow", slow_jpeg()), ("b", PHOTO)], Limits(cpu_seconds=1)))
    assert found["slow"] == "decoding it took more than 1 s"
    assert found["a"] == found["b"] == good(PHOTO)


def test_a_picture_that_takes_too_much_memory_is_named_and_costs_no_other() -> None:
    wide = encoded(Image.linear_gradient("L").resize((6000, 6000)), "PNG")
    limits = Limits(memory_bytes=200_000_000)
    found = dict(shrink([("a", PHOTO), ("wide", wide), ("b", PHOTO)], limits))
    assert "memory" in str(found["wide"])
    assert found["a"] == found["b"] == good(PHOTO)


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


def test_the_parents_memory_stays_flat() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bombs = (data for _ in range(5) for data in (png(6_000, 6_000, b"\0" * 36_006_000), png(40_000, 40_000), PHOTO))
    assert len(list(shrink((str(number), data) for number, data in enumerate(bombs)))) == 15
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60_000  # KiB; a decoded one alone has 140,000
