"""An edition is the same whether one thread makes it or two do at the same time."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from digest import compose, config, issues, pipeline
from digest.store import connect
from support import Folder, Make

EVENTS = Path(__file__).parent / "data" / "stories_events.jsonl"
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def furnished(folder: Folder) -> Folder:
    """Coverage of a dozen events, so that there is something to group."""
    for number, row in enumerate(EVENTS.read_text(encoding="utf-8").splitlines()[:60]):
        told = json.loads(row)
        folder.write(f"sources/e{number}.txt", f"{told['title']}\n\n{told['text']} The carmaker says so.\n")
    folder.run("gather")
    return folder


def edition(folder: Folder) -> str:
    """edition.json as one text."""
    news = config.load(folder.path)
    with connect(news.database) as store:
        job = news.jobs["brief"]
        made = pipeline.composed(news, store, job, issues.next_issue(store, job, NOW))
    return json.dumps(compose.document(made, "", ""))


def test_two_threads_make_the_edition_that_one_makes(newsletter: Make) -> None:
    folder = furnished(newsletter())
    alone = edition(folder)
    assert len(json.loads(alone)["sections"][0]["stories"]) > 1
    with ThreadPoolExecutor(2) as threads:
        assert set(threads.map(edition, [folder] * 6)) == {alone}
