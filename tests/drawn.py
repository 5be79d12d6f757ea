"""Pictures drawn when a test runs, for nothing binary lies in the repository; and one way to shrink one."""

from hashlib import shake_256
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from digest.core.mail import Picture
from digest.pictures import shrink


def photo(width: int, height: int, seed: int = 1) -> Image.Image:
    """Soft light and a few bodies in it: as many colours as a photograph has, and as few edges."""
    dice = shake_256(b"%d" % seed).digest(12 * 8 * 3 + 36)
    light = Image.frombytes("RGB", (12, 8), bytes(40 + value * 2 // 3 for value in dice[36:]))
    picture = light.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for x, y, size, red, green, blue in zip(*[iter(dice[:36])] * 6, strict=True):
        left, top, radius = x * width / 255, y * height / 255, (size + 80) * width / 3_000
        draw.ellipse((left - radius, top - radius, left + radius, top + radius), fill=(red, green, blue))
    return picture


def noise(width: int, height: int, seed: int = 1) -> Image.Image:
    """What no encoder makes small."""
    return Image.frombytes("RGB", (width, height), shake_256(b"%d" % seed).digest(width * height * 3))


def logo(width: int, height: int, ground: str = "white", ink: str = "#b4441b") -> Image.Image:
    """A flat mark on a flat ground."""
    picture = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width * 0.4, height * 0.3, width * 0.6, height * 0.7), fill=ink)
    draw.ellipse((width * 0.45, height * 0.4, width * 0.55, height * 0.6), fill=ground)
    return picture


def encoded(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    """A JPEG as pixels."""
    return Image.open(BytesIO(data), formats=["JPEG"])


PHOTO = encoded(photo(1600, 1000))


def shrunk(data: bytes) -> Picture | str:
    """What becomes of one picture."""
    ((_, found),) = shrink([("key", data)])
    return found


def taken(data: bytes) -> Picture:
    """What becomes of a picture that must be good."""
    found = shrunk(data)
    assert isinstance(found, Picture), found
    return found


def refused(data: bytes) -> str:
    """Why a picture is not shown: one line."""
    found = shrunk(data)
    assert isinstance(found, str)
    assert found.isprintable()
    return found
