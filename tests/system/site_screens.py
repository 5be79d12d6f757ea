"""The pages of the shipped newsletter -> docs/screens/site-*.png, for people to look at; run as a script."""

import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from digest.links import Page as LinkTo
from digest.store import connect, subscribers
from site_pages import URL
from support import DIGEST, Folder
from system.browser import Look
from system.site_server import chromium, served, window

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
READER = "ada@example.org"


def main() -> None:
    """Write each page in two widths and two schemes."""
    with tempfile.TemporaryDirectory() as home:
        folder = Folder(Path(home) / "news")
        subprocess.run([*DIGEST, "init", str(folder.path)], check=True, stdout=subprocess.DEVNULL)
        folder.append("digest.toml", f'\n[site]\nurl = "{URL}"\n')
        (folder.path / "jobs" / "demo.toml").unlink()
        with connect(folder.path / "digest.db") as store:
            subscribers.add(store, "daily", READER, name="", source="cli", now=datetime.now(UTC))
        with served(folder) as site, chromium() as browser:
            shown = {"form": f"{site.url}/", "preferences": site.link(LinkTo.PREFERENCES, READER, "daily")}
            for name, url in shown.items():
                for look in (Look(width=width, dark=dark) for width in (375, 1000) for dark in (False, True)):
                    target = FOLDER / f"site-{name}-{look.width}-{'dark' if look.dark else 'light'}.png"
                    with window(browser, look) as page:
                        page.goto(url)
                        page.screenshot(path=str(target), full_page=True)
                    _shrink(target)


def _shrink(target: Path) -> None:
    with Image.open(target) as shot:
        small = shot.convert("RGB").quantize(64, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
    small.save(target, optimize=True)


if __name__ == "__main__":
    main()
