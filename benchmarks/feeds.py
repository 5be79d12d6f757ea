"""Feeds per second, ours against feedparser, on the feeds of DIGEST_DATA/feeds, in one run.

`entries` is what a parser does: title, link, date, authors, bodies and files of each entry as they were sent;
`articles` goes on to plain text, cut tails, pictures and hashed ids. feedparser's figure includes its sanitising,
which is its way to make a body safe; ours are safe as plain text.
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
from digest.gather import _entry, _xml, feed

ROUNDS = 7
NOW = datetime.now(UTC)
LOCATION = "https://news.example/feed"
DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"


def main() -> None:
    """Print one Markdown table."""
    folder = Path(os.environ.get("DIGEST_DATA", DEFAULT_DATA)) / "feeds"
    bodies = [path.read_bytes() for path in sorted(folder.glob("*.xml"))]
    if not bodies:
        print(f"no feeds in {folder}")
        return
    warnings.simplefilter("ignore", DeprecationWarning)  # feedparser's own
    runners: dict[str, Callable[[Sequence[bytes]], int]] = {
        "digest, entries": entries_of,
        "digest, articles": articles_of,
        "feedparser, entries": theirs,
    }
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    counts = {name: run(bodies) for name, run in runners.items()}
    for _ in range(ROUNDS):
        for name, run in runners.items():
            begun = time.process_time()
            run(bodies)
            seconds[name].append(time.process_time() - begun)
    megabytes = sum(map(len, bodies)) / 1_000_000
    slowest = statistics.median(seconds["feedparser, entries"])
    print(f"{len(bodies)} feeds, {megabytes:.2f} MB, median CPU time of {ROUNDS} alternating rounds\n")
    print("| parser | entries | ms a round | feeds/s | MB/s | ratio |\n|---|---|---|---|---|---|")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(
            f"| {name} | {counts[name]} | {median * 1000:.0f} | {len(bodies) / median:.0f} "
            f"| {megabytes / median:.1f} | x{slowest / median:.1f} |"
        )


def entries_of(bodies: Sequence[bytes]) -> int:
    """The number of entries parsed by ours."""
    count = 0
    for body in bodies:
        for element in feed._entries(_xml.parse(body, "")):  # noqa: SLF001  the stage alone, as feedparser has it
            entry = _entry.opened(element, element, LOCATION)
            next(_entry.urls(entry), None)
            for role in ("title", "summary", "content"):
                _entry.markup(entry, role)
            _entry.authors(entry)
            _entry.published(entry, NOW)
            _entry.enclosures(entry)
            next(_entry.images(entry), None)
            count += 1
    return count


def articles_of(bodies: Sequence[bytes]) -> int:
    """The number of articles made."""
    return sum(len(feed.read(Document(data=body, location=LOCATION), Source(), NOW)) for body in bodies)


def theirs(bodies: Sequence[bytes]) -> int:
    """The number of entries parsed."""
    headers = {"content-location": LOCATION}
    return sum(len(feedparser.parse(io.BytesIO(body), response_headers=headers).entries) for body in bodies)


if __name__ == "__main__":
    main()
