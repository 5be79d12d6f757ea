"""The editions that tests look at -> docs/screens/*.png, for people to look at; run by `make screens`."""

import sys
import tempfile
from pathlib import Path

from PIL import Image

from system import real_input
from system.browser import Look, measured, photographed
from system.editions import EDITIONS, real

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
SHOWN = {name: EDITIONS[name] for name in ("demo", "one-story", "sixty-stories", "arabic", "hindi")}
REAL = {"real-input": real} if real_input.IS_THERE else {}
TALLEST = 2_400
COLORS = 96
"""Spread over all there are, or the few pixels in a topic's colour would be lost, then drawn to the most frequent."""
LARGEST = 150_000


def main() -> None:
    """Write each edition in two widths and two schemes."""
    FOLDER.mkdir(exist_ok=True)
    if not REAL:
        sys.stderr.write("real-input: left out, DIGEST_DATA names no folder with feeds\n")
    with tempfile.TemporaryDirectory() as home:
        for name, make in (SHOWN | REAL).items():
            page = make(Path(home) / name) / "index.html"
            for look in (Look(width=width, dark=dark) for width in (375, 700) for dark in (False, True)):
                _write(page, look, FOLDER / f"{name}-{look.width}-{'dark' if look.dark else 'light'}.png")


def _write(page: Path, look: Look, target: Path) -> None:
    height = min(TALLEST, measured(page, look)["height"])
    photographed(page, look, target, height)
    with Image.open(target) as shot:
        cropped = shot.convert("RGB").crop((0, 0, look.width, height))
    cropped.quantize(COLORS, Image.Quantize.MAXCOVERAGE, kmeans=10, dither=Image.Dither.NONE).save(
        target, optimize=True
    )
    size = target.stat().st_size
    assert size < LARGEST, f"{target.name}: {size:,} bytes"


if __name__ == "__main__":
    main()
