"""Times the questions asked of articles at two sizes and prints a Markdown table with medians of CPU time.

python benchmarks/understand.py        (DIGEST_DATA names a folder with articles/; default ../shared/data)
Articles are made from labelled real ones and old agency news: repeats have one word in twelve replaced.
"""

import gzip
import json
import os
import random
import statistics
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

from digest.core.model import Article
from digest.core.settings import TopicRules
from digest.understand import understand
from digest.understand.duplicates import fold
from digest.understand.stories import group
from digest.understand.topics import Classifier

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("DIGEST_DATA", ROOT.parent / "shared" / "data")) / "articles"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
SIZES = (1_500, 10_000)
ROUNDS = 3
REPLACED = 12
OUTLETS = 60


def texts() -> Iterator[tuple[str, str]]:
    """Titles and texts, as they are."""
    for line in (DATA / "real_dev.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["title"], row["text"]
    with gzip.open(DATA / "general_2004.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            title, _, text = line.rstrip("\n").partition("\t")
            yield title, text


def articles(count: int) -> list[Article]:
    """So many articles in random order, the same in each run."""
    chance = random.Random(count)  # noqa: S311  # a fixed seed makes runs comparable, nothing is secret
    originals = list(texts())
    words = sorted({word for _, text in originals for word in text.split()})
    chance.shuffle(originals)

    def varied(text: str) -> str:
        return " ".join(chance.choice(words) if chance.randrange(REPLACED) == 0 else word for word in text.split())

    return [
        Article(
            id=f"{number:08}",
            url=f"https://news.example.org/{number}",
            title=varied(title) if number >= len(originals) else title,
            text=varied(text) if number >= len(originals) else text,
            summary="",
            source=f"Outlet {chance.randrange(OUTLETS)}",
            author="",
            published=NOW - timedelta(minutes=chance.randrange(5 * 24 * 60)),
            first_seen=NOW,
            image=None,
        )
        for number, (title, text) in enumerate(islice(cycle(originals), count))
    ]


def seconds(work: Callable[[], object]) -> float:
    """The median CPU time of some rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def steps(count: int) -> Iterator[tuple[str, int, Callable[[], object]]]:
    """The name of each step, the number of articles it takes and its work."""
    rules = [
        TopicRules(id=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / "topics").glob("*.toml"))
    ]
    classifier, many = Classifier(rules), articles(count)
    originals = [original.article for original in fold(many)]
    yield "classify", count, lambda: [classifier.classify(article) for article in many]
    yield "fold duplicates", count, lambda: fold(many)
    yield "group into stories", len(originals), lambda: group(originals)
    yield "understand, all steps", count, lambda: understand(many, rules, {}, NOW)


def main() -> None:
    """Prints the table."""
    print("| step | articles | CPU s | articles/s |\n|---|---:|---:|---:|")
    for name, size, work in (step for count in SIZES for step in steps(count)):
        spent = seconds(work)
        print(f"| {name} | {size:,} | {spent:.2f} | {size / spent:,.0f} |")


if __name__ == "__main__":
    main()
