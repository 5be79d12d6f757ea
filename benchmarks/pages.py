"""Main text of web pages, ours against trafilatura: how much of the article is found and nothing else, and how fast.

Run as `PYTHONPATH=src python benchmarks/pages.py` on the pages of DIGEST_DATA/pages, each HTML beside its text in
truth.json. Scores are those of the article extraction benchmark: runs of four words, each page counted equally. Ours
includes reading the metadata and the way to the child process and back.
"""

import gzip
import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from trafilatura import bare_extraction
from trafilatura.settings import Document as Extracted

from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import page

ROUNDS = 3
RUN = 4
DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"
_WORD = re.compile(r"\w+")

Extractor = Callable[[bytes, str], str]


def main() -> None:
    """Print one Markdown table."""
    folder = Path(os.environ.get("DIGEST_DATA", DEFAULT_DATA)) / "pages"
    if not (folder / "truth.json").is_file():
        print(f"no pages in {folder}")
        return
    truth: Mapping[str, Mapping[str, str]] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    pages = {key: gzip.decompress((folder / f"{key}.html.gz").read_bytes()) for key in truth}
    extractors: dict[str, Extractor] = {
        "digest": ours,
        "trafilatura, default": lambda html, url: theirs(html, url, precise=False),
        "trafilatura, favor_precision": lambda html, url: theirs(html, url, precise=True),
    }
    fastest = dict.fromkeys(extractors, float("inf"))
    scores: dict[str, tuple[float, float, float]] = {}
    for _ in range(ROUNDS):
        for name, extract in extractors.items():
            begun = time.perf_counter()
            texts = {key: extract(html, truth[key]["url"]) for key, html in pages.items()}
            fastest[name] = min(fastest[name], time.perf_counter() - begun)
            scores[name] = score([(truth[key]["articleBody"], text) for key, text in texts.items()])
    print(f"{len(pages)} pages, best of {ROUNDS} alternating rounds\n")
    print("| extractor | F1 | precision | recall | pages/s |\n|---|---|---|---|---|")
    for name, (precision, recall, f1) in scores.items():
        print(f"| {name} | {f1:.4f} | {precision:.4f} | {recall:.4f} | {len(pages) / fastest[name]:.0f} |")


def ours(html: bytes, url: str) -> str:
    """The text of our article, empty for a page that is refused."""
    try:
        (article,) = page.read(Document(data=html, location=url, content_type="text/html"), Source(), datetime.now(UTC))
    except ValueError:
        return ""
    return article.text


def theirs(html: bytes, url: str, *, precise: bool) -> str:
    """The text that trafilatura finds."""
    found = bare_extraction(html.decode(errors="replace"), url=url, include_comments=False, favor_precision=precise)
    return (found.text or "") if isinstance(found, Extracted) else ""


def score(pairs: list[tuple[str, str]]) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean over (right, found) texts."""
    right = surplus = missing = 0.0
    for true, found in pairs:
        true_runs, found_runs = runs(true), runs(found)
        common = (true_runs & found_runs).total()
        everything = (true_runs | found_runs).total() or 1
        right += common / everything
        surplus += (found_runs.total() - common) / everything
        missing += (true_runs.total() - common) / everything
    precision, recall = right / (right + surplus or 1), right / (right + missing or 1)
    return precision, recall, 2 * precision * recall / (precision + recall or 1)


def runs(text: str) -> Counter[tuple[str, ...]]:
    """How often each run of four words occurs."""
    words = _WORD.findall(text)
    return Counter(tuple(words[start : start + RUN]) for start in range(max(1, len(words) - RUN + 1)))


if __name__ == "__main__":
    main()
