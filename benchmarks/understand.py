"""Times each question asked of articles beside scikit-learn and sumy, and prints a Markdown table of articles a second.

python benchmarks/understand.py [SIZE ...]        (default 1000 5000 10000 50000; DIGEST_DATA: default ../shared/data)
Articles are made from labelled real ones and old agency news: repeats have one word in twelve replaced. CPU time, the
median of three rounds (one from 5,000 articles on). The peers need `pip install scikit-learn sumy`; without them their
rows are left out. sumy gets a plain tokenizer, as its own downloads models.
"""

import gzip
import json
import os
import random
import re
import statistics
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import metadata, util
from itertools import cycle, islice
from pathlib import Path

from digest.core import plug
from digest.core.model import Article
from digest.core.settings import TopicRules
from digest.gather import _tail
from digest.understand import summary, understand
from digest.understand.duplicates import fold
from digest.understand.rank import rank
from digest.understand.stories import group
from digest.understand.topics import Classifier

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("DIGEST_DATA", ROOT.parent / "shared" / "data")) / "articles"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
SIZES = (1_000, 5_000, 10_000, 50_000)
ROUNDS, MANY = 3, 5_000
"""Rounds of a step, and from how many articles on there is only one."""
QUADRATIC = 10_000
"""Articles up to which scikit-learn is asked: its distances take 8 bytes a pair, and copies of that."""
SUMMARISED = 500
"""Articles that are summarised: more than an edition ever prints."""
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


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The median CPU time of some rounds."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def steps(many: list[Article]) -> Iterator[tuple[str, int, Callable[[], object]]]:
    """The name of each step, the number of articles it takes and its work."""
    rules = [
        TopicRules(id=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / "topics").glob("*.toml"))
    ]
    classifier = Classifier(rules)
    originals = {original.article.id: original for original in fold(many)}
    kept = [original.article for original in originals.values()]
    topics = {article.id: classifier.classify(article) for article in kept}
    events = [[originals[article.id] for article in event] for event in group(kept)]
    printed = many[:SUMMARISED]
    yield "clean (cut the tail)", len(many), lambda: [_tail.cut(article.text) for article in many]
    yield "topics", len(many), lambda: [classifier.classify(article) for article in many]
    yield "duplicates", len(many), lambda: fold(many)
    yield "stories", len(kept), lambda: group(kept)
    yield "rank", len(kept), lambda: rank(events, topics, {}, NOW)
    yield "summaries", len(printed), lambda: [summary.lead(article.title, article.text) for article in printed]
    yield "all of it", len(many), lambda: understand(many, rules, {}, NOW)


def peers(many: list[Article]) -> Iterator[tuple[str, int, Callable[[], object]]]:
    """The same of those peers that are installed."""
    if util.find_spec("sklearn") and len(many) <= QUADRATIC:
        name = f"scikit-learn {metadata.version('scikit-learn')}: TF-IDF + agglomerative (stories)"
        yield name, len(many), lambda: agglomerated(many)
    if util.find_spec("sumy"):
        printed = many[:SUMMARISED]
        for method, known in (("lex_rank", "LexRank"), ("text_rank", "TextRank")):
            name = f"sumy {metadata.version('sumy')}: {known} (summaries)"
            yield name, len(printed), partial(summarised, printed, method, known)


def agglomerated(many: list[Article]) -> object:
    """Clusters as a few lines of scikit-learn make them: average link over cosine distances."""
    text = plug.load("sklearn.feature_extraction", "text")
    cluster = plug.load("sklearn", "cluster")
    vectors = text.TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english").fit_transform(
        f"{article.title} {article.text[:1_000]}" for article in many
    )
    # Distances from the sparse product: the dense vectors themselves would take scikit-learn minutes.
    distances = (1 - (vectors @ vectors.T).toarray()).clip(min=0)
    model = cluster.AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=0.75
    )
    return model.fit_predict(distances)


class Plain:
    """What sumy asks of a tokenizer, without downloads."""

    def to_sentences(self, paragraph: str) -> list[str]:
        """Cut after each end of a sentence."""
        return re.split(r"(?<=[.!?])\s+", paragraph)

    def to_words(self, sentence: str) -> list[str]:
        """The words."""
        return re.findall(r"\w+", sentence)


def summarised(many: list[Article], method: str, known: str) -> list[object]:
    """Two sentences of the first 1,500 characters of each, as the own summaries read no more."""
    parser = plug.load("sumy.parsers", "plaintext").PlaintextParser
    summariser = getattr(plug.load("sumy.summarizers", method), f"{known}Summarizer")()
    return [summariser(parser.from_string(article.text[:1_500], Plain()).document, 2) for article in many]


def main() -> None:
    """Prints the table."""
    print("| step | articles | CPU s | articles/s |\n|---|---:|---:|---:|")
    for count in [int(size) for size in sys.argv[1:]] or SIZES:
        many = articles(count)
        for name, size, work in (*steps(many), *peers(many)):
            spent = seconds(work, ROUNDS if count < MANY else 1)
            print(f"| {name} | {size:,} | {spent:.2f} | {size / spent:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
