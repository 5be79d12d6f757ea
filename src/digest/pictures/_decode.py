"""One picture's bytes -> two small JPEGs without a trace of its metadata; only the limited child imports this."""

import warnings
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps
from PIL.ExifTags import Base
from PIL.Image import Resampling, Transpose

from digest.pictures._answer import LARGE_LIMIT, THUMB_LIMIT, Jpeg

MOST_PIXELS: Final = 40_000_000
LARGE_WIDTH: Final = 1168  # the mail's column of 584, twice as dense
THUMB_SIDE: Final = 232
LEAST_WIDTH: Final = 400
STEEPEST: Final = 3  # times as long as wide, either way

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_QUALITIES = (78, 70, 62, 54, 46)
_NARROWER = 0.85
_REDUCING_GAP = 2.0  # 106 ms instead of 261 for 4000 x 2667 (facts/render.md section 5)
# A logo: much of its ground is transparent, or four colours fill it. Sampled, and with two bits less, for JPEG's noise.
_SAMPLE = (128, 128)
_TRANSPARENT_SHARE = 0.25
_FLAT_COLORS = 4
_FLAT_SHARE = 0.9
_UPPER = (0.5, 0.3)  # where a crop of a tall picture stands: heads are in the upper third

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
# Pillow itself only warns of up to twice as many.
warnings.simplefilter("error", Image.DecompressionBombWarning)


class NoPictureError(Exception):
    """The picture is none that a mail should show."""


def shrunk(data: bytes) -> tuple[Jpeg, Jpeg]:
    """The large picture, at most as high as wide, and the square thumb; NoPictureError or Pillow's errors otherwise."""
    with Image.open(BytesIO(data), formats=_FORMATS) as opened:
        orientation = opened.getexif().get(Base.Orientation, 1)
        turned = orientation in (5, 6, 7, 8)
        width, height = opened.size[::-1] if turned else opened.size
        _check_size(width, height)
        scale = min(1.0, LARGE_WIDTH / width)
        fitting = (max(1, round(opened.width * scale)), max(1, round(opened.height * scale)))
        small = _flat(opened, fitting)
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    _check_colors(small)
    if small.height > small.width:
        small = _cropped(small, small.width, small.width)
    side = min(THUMB_SIDE, *small.size)
    return _encoded(small, LARGE_LIMIT), _encoded(_cropped(small, side, side), THUMB_LIMIT)


def _check_size(width: int, height: int) -> None:
    if width < LEAST_WIDTH:
        raise NoPictureError(f"it is {width} pixels wide; at least {LEAST_WIDTH}")
    if max(width, height) > STEEPEST * min(width, height):
        raise NoPictureError(f"it is a strip of {width} x {height} pixels; at most {STEEPEST} : 1")


def _flat(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The first frame in this size as RGB on white, a new picture that carries no metadata."""
    if image.format not in ("JPEG", "MPO"):
        image = _in_full_color(image)
    # A JPEG is not loaded yet: this lets the decoder itself leave out what is not needed.
    image.thumbnail(size, Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
    ground = Image.new("RGB", image.size, "white")
    if image.mode == "RGBA":
        alpha = image.getchannel("A")
        clear = alpha.point([value == 0 for value in range(256)]).histogram()[1]
        if clear > _TRANSPARENT_SHARE * alpha.width * alpha.height:
            raise NoPictureError("it is a logo: much of it is transparent")
        ground.paste(image, mask=alpha)
    else:
        ground.paste(image.convert("RGB"))
    return ground


def _in_full_color(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # 16 bits a pixel (PNG); converted at once they would all be white.
        return image.convert("I").point(lambda value: value / 256).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _check_colors(image: Image.Image) -> None:
    sample = ImageOps.posterize(image.resize(_SAMPLE, Resampling.NEAREST), 6)
    counts = sorted((count for count, _ in sample.getcolors(_SAMPLE[0] * _SAMPLE[1]) or ()), reverse=True)
    if sum(counts[:_FLAT_COLORS]) >= _FLAT_SHARE * sum(counts):
        raise NoPictureError("it is a logo or a blank: a few flat colours fill it")


def _cropped(image: Image.Image, width: int, height: int) -> Image.Image:
    return ImageOps.fit(image, (width, height), Resampling.LANCZOS, centering=_UPPER)


def _encoded(image: Image.Image, limit: int) -> Jpeg:
    """A progressive JPEG of at most `limit` bytes: of lower quality if it must be, then narrower."""
    while True:
        for quality in _QUALITIES:
            file = BytesIO()
            image.save(file, "JPEG", quality=quality, progressive=True, optimize=True)
            if file.tell() <= limit:
                return Jpeg(data=file.getvalue(), width=image.width, height=image.height)
        image = image.resize((round(image.width * _NARROWER), round(image.height * _NARROWER)), Resampling.LANCZOS)
