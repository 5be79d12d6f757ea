"""What a fetched picture looks like when it goes into a mail, and which ones never do."""

from hashlib import sha256

import pytest
from PIL import Image

from digest.pictures import shrink
from drawn import PHOTO, encoded, logo, noise, opened, photo, refused, taken


def test_a_photograph_becomes_two_small_jpegs_named_by_their_bytes() -> None:
    picture = taken(PHOTO)
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
    assert taken(PHOTO) == taken(PHOTO)
    first, second = (found for _, found in shrink([("a", PHOTO), ("b", PHOTO)]))
    assert first == second == taken(PHOTO)
    assert taken(PHOTO) != taken(encoded(photo(1600, 1000, seed=2)))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("PNG", mode) for mode in ("RGB", "L", "P", "RGBA", "LA")),
        *(("WEBP", mode) for mode in ("RGB", "L", "P", "CMYK", "RGBA", "LA")),
        *(("GIF", mode) for mode in ("RGB", "L", "P", "RGBA")),
    ],
)
def test_every_kind_and_mode_is_read(kind: str, mode: str) -> None:
    picture = taken(encoded(photo(900, 600).convert(mode), kind)).large
    assert (picture.width, picture.height) == (900, 600)


def test_sixteen_bits_a_pixel_are_not_washed_out() -> None:
    grey = Image.linear_gradient("L").resize((600, 600))
    deep = encoded(grey.convert("I").point(lambda value: value * 256).convert("I;16"), "PNG")
    with opened(taken(deep).large.data) as shown:
        light = shown.convert("L")
        assert [light.getpixel((300, y)) for y in (30, 300, 570)] == pytest.approx([12, 128, 242], abs=6)


def test_what_is_too_heavy_gets_lower_quality_and_then_fewer_pixels() -> None:
    picture = taken(encoded(noise(1500, 1000), quality=90))
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
    shown = taken(data)
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
    with opened(taken(encoded(stored, exif=exif)).large.data) as shown:
        assert shown.size == (1000, 700)
        assert shown.getpixel((100, 80)) == pytest.approx((0, 0, 254), abs=12)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    clear = photo(900, 600).convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 100, 600))
    with opened(taken(encoded(clear, kind)).large.data) as shown:
        assert shown.getpixel((40, 300)) == pytest.approx((255, 255, 255), abs=6)
        assert shown.getpixel((500, 300)) != pytest.approx((255, 255, 255), abs=20)


def test_a_tall_picture_is_cropped_to_a_square_and_keeps_its_upper_part() -> None:
    tall = photo(800, 2000)
    tall.paste("red", (0, 500, 800, 700))
    picture = taken(encoded(tall))
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
