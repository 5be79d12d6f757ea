"""How folding and grouping grow with the number of articles, and how many planted copies are found: Markdown tables.

python benchmarks/stories.py        (DIGEST_DATA names a folder with articles/; default ../shared/data)
Articles have 200 words: an article of that folder with four words in ten replaced, and runs of three words of others.
More of them share two rare words by chance than real ones do, so that more pairs are compared. Days: those over which
they are spread; articles more than three days apart are not compared.
"""

import gzip
import json
import multiprocessing
import os
import random
import resource
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.core.model import Article
from digest.understand.duplicates import fold
from digest.understand.stories import group
from render import table

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("DIGEST_DATA", ROOT.parent / "shared" / "data")) / "articles"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ROWS = ((1_000, 3), (5_000, 3), (10_000, 3), (50_000, 3), (10_000, 14), (50_000, 14))
PLANTED = 300
AMONG = 9_700
LENGTH, RUN, REPLACED = 200, 3, 0.4
KINDS = ("case and spacing", "new lead, end cut", "8 % replaced", "40 % cut, slogan")


def main() -> None:
    """Prints the tables; each row has a process of its own, so that its peak is its own."""
    rows = [("articles", "days", "originals", "stories", "fold CPU s", "group CPU s", "peak MB", "of it articles MB")]
    print(table(rows), flush=True)
    for size, days in ROWS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(f"| {' | '.join(pool.apply(measured, (size, days)))} |", flush=True)
    print()
    print(table([("planted copies", "found"), *found_copies()]))


def measured(size: int, days: int) -> tuple[str, ...]:
    """One row of the growth table."""
    many = articles(size, days)
    before, start = peak(), time.process_time()
    originals = [original.article for original in fold(many)]
    folded = time.process_time()
    stories = group(originals)
    grouped = time.process_time()
    counts = (f"{number:,}" for number in (size, days, len(originals), len(stories)))
    return (*counts, f"{folded - start:.2f}", f"{grouped - folded:.2f}", f"{peak():.0f}", f"{before:.0f}")


def peak() -> float:
    """The most memory this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def found_copies() -> list[tuple[str, str]]:
    """The share of each kind of planted copies that is folded with its original."""
    chance = random.Random(7)  # noqa: S311  # a fixed seed makes runs comparable, nothing is secret
    originals = articles(AMONG)
    corpus = [word for article in originals[:500] for word in article.text.split()]
    chosen = chance.sample(originals, PLANTED)
    copies = {
        f"{kind} {article.id}": replace(
            copied(article, kind, corpus, chance), id=f"{kind} {article.id}", source=kind, url=None, published=NOW
        )
        for kind in KINDS
        for article in chosen
    }
    original_of = {
        article.id: original.article.id
        for original in fold([*originals, *copies.values()])
        for article in (original.article, *original.copies)
    }
    return [
        (kind, f"{sum(original_of[f'{kind} {a.id}'] == original_of[a.id] for a in chosen) / PLANTED:.3f}")
        for kind in KINDS
    ]


def copied(article: Article, kind: str, corpus: list[str], chance: random.Random) -> Article:
    """The article as another outlet would print it."""
    words = article.text.split()
    texts = {
        KINDS[0]: article.text.upper().replace(" ", "  \n"),
        KINDS[1]: " ".join(chance.choices(corpus, k=len(words) // 8) + words[: len(words) * 8 // 10]),
        KINDS[2]: " ".join(chance.choice(corpus) if chance.random() < 0.08 else word for word in words),  # noqa: PLR2004  # the kind's own figure
        KINDS[3]: " ".join(words[: len(words) * 6 // 10]) + " Read more in our app and subscribe now",
    }
    return replace(article, title=" ".join(chance.choices(corpus, k=7)), text=texts[kind])


def articles(count: int, days: int = 3) -> list[Article]:
    """So many articles of so many days, the same in each run."""
    chance = random.Random(1)  # noqa: S311  # a fixed seed makes runs comparable, nothing is secret
    known = texts(chance)
    corpus = [word for _, text in known for word in text.split()]

    def varied(text: str) -> list[str]:
        return [chance.choice(corpus) if chance.random() < REPLACED else word for word in text.split()[:LENGTH]]

    def filled(text: str) -> str:
        words = varied(text)
        while len(words) < LENGTH:
            start = chance.randrange(len(corpus) - RUN)
            words += corpus[start : start + RUN]
        return " ".join(words)

    return [
        Article(
            id=f"{number:06}",
            url=f"https://news{number % 60}.example.org/{number}",
            title=" ".join(varied(known[number % len(known)][0])),
            text=filled(known[number % len(known)][1]),
            summary="",
            source=f"Outlet {number % 60}",
            author="",
            published=NOW - timedelta(minutes=chance.randrange(days * 24 * 60)),
            first_seen=NOW,
            image=None,
        )
        for number in range(count)
    ]


def texts(chance: random.Random) -> list[tuple[str, str]]:
    """Titles and texts in random order; invented words where no data are."""
    if not DATA.is_dir():
        words = [f"{chance.choice('BCDFGKLMNPRST')}{chance.randrange(36**3)}".lower() for _ in range(20_000)]
        return [(" ".join(chance.choices(words, k=8)), " ".join(chance.choices(words, k=60))) for _ in range(4_000)]
    rows = [json.loads(line) for line in (DATA / "real_dev.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [(row["title"], row["text"]) for row in rows]
    with gzip.open(DATA / "general_2004.tsv.gz", "rt", encoding="utf-8") as lines:
        found += [(title, text) for title, _, text in (line.rstrip("\n").partition("\t") for line in lines)]
    chance.shuffle(found)
    return found


if __name__ == "__main__":
    main()
