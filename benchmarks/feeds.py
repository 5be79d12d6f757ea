"""Feeds per second, ours against feedparser: bytes in, finished articles out, on the feeds of DIGEST_DATA/feeds.

Run as `PYTHONPATH=src python benchmarks/feeds.py`. Ours includes making plain text, cutting tails and hashing ids;
feedparser's includes its sanitising, which is its way to make a body safe.
"""

import io
import os
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import feedparser

from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import feed

ROUNDS = 7
DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"


def main() -> None:
    """Print one Markdown table."""
    folder = Path(os.environ.get("DIGEST_DATA", DEFAULT_DATA)) / "feeds"
    bodies = [path.read_bytes() for path in sorted(folder.glob("*.xml"))]
    if not bodies:
        print(f"no feeds in {folder}")
        return
    warnings.simplefilter("ignore", DeprecationWarning)  # feedparser's own
    runners: dict[str, Callable[[Sequence[bytes]], int]] = {"digest": ours, "feedparser": theirs}
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    entries = {name: run(bodies) for name, run in runners.items()}
    for _ in range(ROUNDS):
        for name, run in runners.items():
            begun = time.process_time()
            run(bodies)
            seconds[name].append(time.process_time() - begun)
    megabytes = sum(map(len, bodies)) / 1_000_000
    slowest = statistics.median(seconds["feedparser"])
    print(f"{len(bodies)} feeds, {megabytes:.2f} MB, median CPU time of {ROUNDS} alternating rounds\n")
    print("| parser | entries | ms a round | feeds/s | MB/s | ratio |\n|---|---|---|---|---|---|")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(
            f"| {name} | {entries[name]} | {median * 1000:.0f} | {len(bodies) / median:.0f} "
            f"| {megabytes / median:.1f} | x{slowest / median:.1f} |"
        )


def ours(bodies: Sequence[bytes]) -> int:
    """The number of articles made."""
    now = datetime.now(UTC)
    return sum(
        len(feed.read(Document(data=body, location="https://news.example/feed"), Source(), now)) for body in bodies
    )


def theirs(bodies: Sequence[bytes]) -> int:
    """The number of entries parsed."""
    headers = {"content-location": "https://news.example/feed"}
    return sum(len(feedparser.parse(io.BytesIO(body), response_headers=headers).entries) for body in bodies)


if __name__ == "__main__":
    main()
