"""Seconds and memory of `subscribers import`, `export` and `list --json` by the number of rows: a Markdown table.

Each is a process of its own in a new newsletter. Addresses come in no order; each hundredth row is none and each
thousandth names an address again. Meanwhile somebody else writes ten times a second, as one who leaves does.
"""

import argparse
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import _newsletter
from _newsletter import JOB, Newsletter
from _sinks import Spent, spent
from render import table

SIZES = (10_000, 100_000, 1_000_000)
PAUSE = 0.1
HEAD = (
    *("rows", "MB of CSV", "dry run s", "its peak MB", "import s (1,000,000: at most 120)", "rows/s", "its peak MB"),
    *("longest log MB", "longest wait of another writer s", "export s", "its peak MB", "list s", "its peak MB"),
)


@dataclass(kw_only=True)
class Beside:
    """What somebody saw who writes to the same database."""

    log: int = 0
    """The longest that the log was, in bytes."""
    wait: float = 0
    """The longest that a write took, in seconds."""


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES)
    print(table((HEAD,)))
    for rows in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as name:
            news = _newsletter.make(Path(name) / "news", 1)
            file = Path(name) / "list.csv"
            write(file, rows)
            print(f"| {' | '.join((f'{rows:,}', f'{file.stat().st_size / 1e6:.0f}', *measured(news, file, rows)))} |")


def write(file: Path, rows: int) -> None:
    """A list as another program exports it."""
    dice = random.Random(7)  # noqa: S311  no secret
    email = ""
    with file.open("w", encoding="utf-8") as out:
        out.write("uuid,email,name,attributes,status,language,timezone\n")
        for number in range(rows):
            if number % 1_000 != 1:
                email = f"{dice.getrandbits(44):x}.{number}@mail{number % 50}.example.com"
            shown = f"nobody{number}" if number % 100 == 99 else email  # noqa: PLR2004  each hundredth
            out.write(f'{number:08x},{shown},Reader Number {number},"{{""a"": 1}}",enabled,en,Europe/Berlin\n')


def measured(news: Newsletter, file: Path, rows: int) -> Iterator[str]:
    """The cells of a row."""
    taking_over = ("subscribers", "import", str(file), "--job", JOB)
    yield from told(spent(news.command(*taking_over, "--dry-run")))
    with another(news.home / "digest.db") as beside:
        took = spent(news.command(*taking_over))
    seconds, peak = told(took)
    yield from (seconds, f"{rows / took.seconds:,.0f}", peak, f"{beside.log / 1e6:.0f}", f"{beside.wait:.2f}")
    yield from told(spent(news.command("subscribers", "export")))
    yield from told(spent(news.command("subscribers", "list", "--json")))


def told(took: Spent) -> tuple[str, str]:
    """Seconds, and the most memory in MB."""
    return f"{took.seconds:.1f}", f"{took.peak / 1e6:.0f}"


@contextmanager
def another(database: Path) -> Iterator[Beside]:
    """Write now and then from another connection, and look at the log."""
    beside, over = Beside(), threading.Event()

    def work() -> None:
        log = database.with_name(f"{database.name}-wal")
        with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
            while not over.wait(PAUSE):
                begun = time.perf_counter()
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE subscribers SET changed = changed WHERE id = 1")
                connection.execute("COMMIT")
                beside.wait = max(beside.wait, time.perf_counter() - begun)
                beside.log = max(beside.log, log.stat().st_size if log.exists() else 0)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield beside
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    main()
