"""Real feeds, articles and pages -> a newsletter's folder that reads them, from a loopback server and from files."""

import gzip
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support import Folder

DATA = Path(os.environ.get("DIGEST_DATA", Path(__file__).parents[3] / "shared" / "data")).resolve()
IS_THERE = (DATA / "feeds").is_dir()
FEEDS = sorted(path.name for path in (DATA / "feeds").glob("*.*") if path.suffix in {".xml", ".json"})
PAGES = 5
# Pictures of real outlets would have to be fetched from them, and be copied into our screenshots.
_JOB = """
title = "The Brief"
from = "Meridian <brief@news.example.org>"
topics = ["automotive", "ai", "crypto"]
sources = ["real"]
window = "any"
stories = 8
images = "none"
to = ["ada@example.org"]
"""


@contextmanager
def newsletter(home: Path) -> Iterator[Folder]:
    """The folder, its job `real`, and the server for as long as the context lasts."""
    folder = Folder(home)
    made = folder.run("init", str(home))
    assert made.exit_code == 0, made.output
    with _served(DATA / "feeds") as place:
        main = (home / "digest.toml").read_text(encoding="utf-8")
        assert "allow = []" in main
        tables = [_source(url=f"http://{place}/{name}") for name in FEEDS]
        tables += [_source(path=f"pages/{name}") for name in _unpacked(home / "pages")]
        shutil.copytree(DATA / "seed", home / "seed")
        tables += [_source(path="seed/*.txt", name="Scraped Text")]
        folder.write("digest.toml", main.replace("allow = []", f'allow = ["{place}"]') + "".join(tables))
        folder.write("jobs/real.toml", _JOB)
        yield folder


def _unpacked(target: Path) -> list[str]:
    """The names of some pages, which are put into a folder."""
    target.mkdir()
    packed = sorted((DATA / "pages").glob("*.html.gz"))[:PAGES]
    for page in packed:
        (target / page.stem).write_bytes(gzip.decompress(page.read_bytes()))
    return [page.stem for page in packed]


def _source(**values: str) -> str:
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return f'\n[[sources]]\n{lines}group = "real"\n'


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Host and port of a server for the files of a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""
