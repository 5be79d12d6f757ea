"""Pictures drawn when a test runs: nothing binary lies in the repository."""

from io import BytesIO
from random import Random
from typing import Any

from PIL import Image, ImageDraw


def photo(width: int, height: int, seed: int = 1) -> Image.Image:
    """Soft light and a few bodies in it: as many colours as a photograph has, and as few edges."""
    random = Random(seed)
    light = Image.frombytes("RGB", (12, 8), bytes(random.randrange(40, 220) for _ in range(12 * 8 * 3)))
    picture = light.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y, r = random.random() * width, random.random() * height, random.uniform(0.03, 0.12) * width
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(random.randrange(256) for _ in range(3)))
    return picture


def noise(width: int, height: int, seed: int = 1) -> Image.Image:
    """What no encoder makes small."""
    return Image.frombytes("RGB", (width, height), Random(seed).randbytes(width * height * 3))


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
