"""Where the time of `digest send demo` goes: CPU time of each stage, median of several runs in one process."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import TypeVar

from digest import config, issues, pipeline, sending
from digest.cli.init import fill
from digest.core import runfile, tokens
from digest.draft import draft
from digest.mailroom import Sender
from digest.store import connect

T = TypeVar("T")
ROUNDS = 7


def main() -> None:
    """Print a Markdown table of stages, and the whole command from outside."""
    spent: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            stages(Path(folder) / "demo", spent)
    print("| stage of `digest send demo` | CPU ms, median |\n|---|---|")
    for name, times in spent.items():
        print(f"| {name} | {statistics.median(times) * 1000:.1f} |")
    for arguments in (("--help",), ("send", "demo")):
        print(f"| whole process: digest {' '.join(arguments)} | {statistics.median(whole(arguments)) * 1000:.0f} |")


def stages(home: Path, spent: dict[str, list[float]]) -> None:
    """Walk the corridor once, timing each stage."""

    def timed(name: str, work: Callable[[], T]) -> T:
        start = time.process_time()
        result = work()
        spent.setdefault(name, []).append(time.process_time() - start)
        return result

    fill(home)
    news = timed("read the configuration", lambda: config.load(home))
    job = news.jobs["demo"]
    now = datetime.now(UTC)
    with connect(news.database) as store, runfile.begin(runfile.folder(store.path)) as run:
        chosen = issues.job_sources(news, job)
        timed("gather and store", lambda: pipeline.check_sources(news, store, chosen, now, lambda *_: None))
        issue = issues.next_issue(store, job, now)
        edition = timed("understand and compose", lambda: pipeline.composed(news, store, job, issue))
        timed("render, freeze, check", lambda: draft(news, job, edition, {}))
        sender = Sender(
            news=news,
            store=store,
            key=tokens.load_key(home),
            run=run,
            now=lambda: now,
            stopping=lambda: False,
            progress=lambda *_: None,
        )
        timed("all of it once more, and deliver", lambda: sending.send(sender, ["demo"]))


def whole(arguments: tuple[str, ...]) -> list[float]:
    """CPU seconds of the command as processes of their own."""
    times = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "demo"
            fill(home)
            before = getrusage(RUSAGE_CHILDREN)
            command = [sys.executable, "-m", "digest", "--home", str(home), *arguments]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603  our own command
            after = getrusage(RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return times


if __name__ == "__main__":
    main()
