import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from digest.core import runfile
from digest.core.mail import SendState
from digest.core.model import Article
from digest.core.runfile import Run
from digest.core.settings import Keep
from digest.store import Store, articles, connect, corrections, editions, pictures, pruning, safety
from store.copied import WRITER
from store.test_pictures import picture
from stored import NOW, article, claim, frozen, set_edition, settle

KEEP = Keep(articles=timedelta(days=180), bytes=timedelta(days=90))
DAY = timedelta(days=1)
LONG_AFTER = NOW + 200 * DAY
SENT = ("sent", "partial", "stopped", "skipped", "expired")
OPEN = ("composing", "held", "ready", "sending")


def ids(store: Store) -> list[str]:
    return sorted(found.id for found in articles.newest(store, 9_999))


def count(store: Store, table: str) -> int:
    return int(Database(store.connection)[table].count)


def long(name: str) -> Article:
    return replace(article(name), text="x" * 5_000)


def test_old_articles_go_with_all_that_is_theirs_and_young_ones_stay(store: Store) -> None:
    articles.add(store, "key", [article("old"), article("young", seen=LONG_AFTER - 179 * DAY)])
    pictures.add(store, "old", picture(b"old"))
    pictures.add(store, "young", picture(b"young"))
    done = pruning.prune(store, KEEP, LONG_AFTER)
    assert (done.articles, done.emptied, done.images) == (1, 0, 2)
    assert ids(store) == ["young"]
    assert [count(store, table) for table in ("sightings", "pictures", "images")] == [1, 1, 2]
    assert safety.faults(store) == ()


@pytest.mark.parametrize("state", [*SENT, *OPEN])
def test_what_an_unfinished_edition_carries_stays(store: Store, state: str) -> None:
    articles.add(store, "key", [article("carried"), article("other")])
    set_edition(store, frozen(store, 1, carried=["carried"]), state)
    pruning.prune(store, KEEP, LONG_AFTER)
    assert ids(store) == (["carried"] if state in OPEN else [])


def test_an_article_that_comes_back_is_not_carried_again(store: Store) -> None:
    articles.add(store, "key", [article("dated"), article("undated", age=None)])
    set_edition(store, frozen(store, 1, carried=["dated", "undated"]), "sent")
    pruning.prune(store, KEEP, LONG_AFTER)
    again = [article("dated", seen=LONG_AFTER, age=200 * DAY), article("undated", seen=LONG_AFTER, age=None)]
    articles.add(store, "key", again)
    assert articles.fresh(store, ["daily"], ["key"], None) == ()


@pytest.mark.parametrize("age", [None, -400 * DAY, -201 * DAY])
def test_an_article_without_a_believed_date_does_not_come_back_as_new(store: Store, age: timedelta | None) -> None:
    articles.add(store, "key", [article("early", age=age)])
    pictures.add(store, "early", picture(b"early"))
    done = pruning.prune(store, KEEP, LONG_AFTER)
    assert (done.articles, done.emptied, done.images) == (0, 1, 2)
    assert (articles.newest(store, 1)[0].title, articles.newest(store, 1)[0].text) == ("Title of early", "")
    articles.add(store, "key", [article("early", seen=LONG_AFTER, age=None)])
    assert articles.fresh(store, ["daily"], ["key"], LONG_AFTER - 2 * DAY) == ()
    assert pruning.prune(store, KEEP, LONG_AFTER).emptied == 0


def test_an_article_corrected_lately_stays(store: Store) -> None:
    articles.add(store, "key", [article("early"), article("lately")])
    corrections.change(store, "early", NOW, pinned=True)
    corrections.change(store, "lately", LONG_AFTER - DAY, pinned=True)
    pruning.prune(store, KEEP, LONG_AFTER)
    assert ids(store) == list(corrections.listed(store)) == ["lately"]


@pytest.mark.parametrize("state", [*SENT, *OPEN])
@pytest.mark.parametrize("days", [89, 91])
def test_frozen_mails_of_finished_editions_go_and_who_got_them_stays(store: Store, state: str, days: int) -> None:
    edition = frozen(store, 3)
    set_edition(store, edition, state)
    done = pruning.prune(store, KEEP, NOW + days * DAY)
    assert done.bodies == int(state in SENT and days > 90)
    assert len(editions.bodies(store, edition)) == 1 - done.bodies
    assert (count(store, "sends"), len(editions.listed(store))) == (3, 1)


def test_an_edition_that_was_retried_lately_keeps_its_mails(store: Store) -> None:
    edition = frozen(store, 1)
    set_edition(store, edition, "partial")
    with store.writing() as connection:
        connection.execute("UPDATE editions SET expires = ?", (f"{LONG_AFTER + DAY:%Y-%m-%dT%H:%M:%S+00:00}",))
    assert pruning.prune(store, KEEP, LONG_AFTER).bodies == 0


def test_a_dry_run_says_the_same_and_removes_nothing(store: Store) -> None:
    articles.add(store, "key", [article("old"), article("undated", age=None), article("young", seen=LONG_AFTER)])
    pictures.add(store, "old", picture(b"old"))
    set_edition(store, frozen(store, 1), "sent")
    before = list(store.connection.iterdump())
    told = pruning.prune(store, KEEP, LONG_AFTER, dry_run=True)
    assert list(store.connection.iterdump()) == before
    done = pruning.prune(store, KEEP, LONG_AFTER)
    assert (done.articles, done.emptied, done.bodies, done.images, done.files, done.bytes) == (
        *(told.articles, told.emptied, told.bodies, told.images, told.files, told.bytes),
    )
    assert (told.articles, told.emptied, told.bodies, told.images) == (1, 1, 1, 2)


def test_run_files_that_nobody_needs_go(store: Store, run: Run) -> None:
    runs = runfile.folder(store.path)
    edition = frozen(store, 1)
    claimed = claim(store, edition, run)
    for name in ("1-dead", "2-needed", ".3-hidden", ".4-young"):
        (runs / name).touch()
    with store.writing() as connection:
        connection.execute("UPDATE sends SET run = '2-needed'")
    os.utime(runs / ".3-hidden", (0, 0))
    half = store.path.with_name(".digest.db.before-m009.x8d")
    half.touch()
    os.utime(half, (0, 0))
    assert pruning.prune(store, KEEP, NOW).files == 3
    assert {path.name for path in runs.iterdir()} == {"changes", "2-needed", ".4-young", run.id}
    assert not half.exists()
    settle(store, run, claimed, SendState.SENT)


def test_the_file_gets_smaller_bit_by_bit(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        articles.add(store, "key", [long(f"{n}") for n in range(2_000)])
    before = path.stat().st_size
    with connect(path) as store:
        done = pruning.prune(store, KEEP, LONG_AFTER)
    assert done.given_back > before // 2
    assert path.stat().st_size < before // 2
    with connect(path) as store:
        assert pruning.prune(store, KEEP, LONG_AFTER, vacuum=True).given_back >= 0
        assert store.rows("PRAGMA auto_vacuum")[0][0] == 2


def test_a_sender_never_waits_a_second(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        for part in range(8):
            articles.add(store, f"key {part}", [long(f"{part}-{n}") for n in range(200)])
        for number in range(20):
            set_edition(store, frozen(store, 1, slot=f"2026-10-{number}"), "sent")
            with store.writing() as connection:
                connection.execute("UPDATE bodies SET data = zeroblob(1000000)")
        command = [sys.executable, "-c", WRITER, str(path), "0.05"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
            assert sender.stdout
            assert sender.stdout.readline() == "ready\n"
            begun = time.monotonic()
            done = pruning.prune(store, KEEP, LONG_AFTER)
            output, _ = sender.communicate()
        assert (done.articles, done.bodies, count(store, "articles")) == (1_600, 20, 0)
        commits, slowest = output.split()
        assert int(commits) > (time.monotonic() - begun) * 2
        assert float(slowest) < 1


moments = st.integers(0, 400)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(moments, st.none() | st.integers(-300, 300), st.booleans()), max_size=8), moments)
def test_nothing_old_ever_becomes_new_by_pruning(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[int, int | None, bool]], later: int
) -> None:
    now = NOW + (400 + later) * DAY
    with connect(tmp_path_factory.mktemp("prune") / "digest.db") as store:
        made = [
            (article(f"{n}", age=None if age is None else age * DAY, seen=NOW + seen * DAY), carried)
            for n, (seen, age, carried) in enumerate(found)
        ]
        articles.add(store, "key", [each for each, _ in made])
        set_edition(store, frozen(store, 1, carried=[each.id for each, carried in made if carried]), "sent")
        before = {each.id for each in articles.fresh(store, ["daily"], ["key"], now - 2 * DAY)}
        pruning.prune(store, KEEP, now)
        articles.add(store, "key", [replace(each, first_seen=now) for each, _ in made])
        after = {each.id for each in articles.fresh(store, ["daily"], ["key"], now - 2 * DAY)}
        assert after == before
        assert safety.faults(store) == ()
