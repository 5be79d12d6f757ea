"""Every function that writes: it waits for others, and writes in one transaction."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from digest.core import runfile
from digest.core.mail import EditionState
from digest.core.web import Validators
from digest.store import (
    Store,
    articles,
    corrections,
    decisions,
    editions,
    edits,
    erasure,
    feedback,
    ledger,
    recovery,
    retries,
    sources,
    subscribers,
    suppressions,
)
from digest.store.audience import Audience
from digest.store.consents import Proof
from stored import NOW, article, claim, composition, frozen, issue, set_rows, tag

SENT, OPEN = "daily-2026-11-23T0700", "daily-2026-11-25T0700"
ENTRY = subscribers.Entry(email="new@example.org", name="", topics=(), language="", timezone="")
PROOF = Proof(how="form", text="Send it")


def exchanged(store: Store) -> None:
    with runfile.begin(runfile.folder(store.path)) as run:
        assert len(claim(store, SENT, run)) == 1


WRITERS: dict[str, Callable[[Store], object]] = {
    "articles.add": lambda store: articles.add(store, "key", [article("new")]),
    "corrections.change": lambda store: corrections.change(store, "new", NOW, pinned=True),
    "editions.begin": lambda store: editions.begin(store, issue(slot="2026-11-24T07:00"), "1-run"),
    "editions.close": lambda store: editions.close(store, OPEN, EditionState.SKIPPED, "", ""),
    "editions.freeze": lambda store: editions.freeze(store, OPEN, composition(OPEN, Audience(job="daily"))),
    "decisions.release": lambda store: decisions.release(store, SENT, NOW),
    "decisions.stop": lambda store: decisions.stop(store, SENT, NOW),
    "decisions.release_due": lambda store: decisions.release_due(store, NOW),
    "decisions.approve": lambda store: decisions.approve(store, SENT, NOW, lambda: True),
    "decisions.hold": lambda store: decisions.hold(store, SENT),
    "decisions.reopen": lambda store: decisions.reopen(store, SENT, "1-run"),
    "edits.put": lambda store: edits.put(store, SENT, edits.Edits(title="New")),
    "editions.known_since": lambda store: editions.known_since(store, "weekly", NOW),
    "ledger.exchange": exchanged,
    "ledger.finish": lambda store: ledger.finish(store, SENT),
    "recovery.recover": lambda store: recovery.recover(store, "drop", NOW),
    "retries.retry": lambda store: retries.retry(store, tag, SENT, ["failed"], [], NOW),
    "retries.resolve": lambda store: list(retries.resolve(store, frozenset(), NOW, dry_run=False)),
    "sources.record": lambda store: sources.record(store, "key", Validators(), "", NOW),
    "subscribers.take_over": lambda store: list(
        subscribers.take_over(store, "daily", [ENTRY], NOW, tag=tag, proof=PROOF, dry_run=False)
    ),
    "subscribers.add": lambda store: subscribers.add(store, "daily", "new@example.org", name="", source="cli", now=NOW),
    "subscribers.add_configured": lambda store: subscribers.add_configured(store, "daily", ["new@example.org"], NOW),
    "subscribers.request": lambda store: subscribers.request(
        store, "daily", "new@example.org", topics=(), language="", timezone="", proof=PROOF, now=NOW, tag=tag
    ),
    "subscribers.confirm": lambda store: subscribers.confirm(store, "daily", "r1@example.net", NOW, tag=tag),
    "subscribers.leave": lambda store: subscribers.leave(store, "daily", "r0@example.org", NOW, "form"),
    "subscribers.leave_all": lambda store: subscribers.leave_all(store, "r0@example.org", NOW, "form"),
    "subscribers.choose": lambda store: subscribers.choose(
        store, "daily", "r0@example.org", topics=(), language="", paused_until=None, now=NOW
    ),
    "erasure.forget": lambda store: erasure.forget(store, tag, "r0@example.org", NOW),
    "feedback.keep": lambda store: feedback.keep(store, tag, ["letter"], [], NOW),
    "erasure.expire": lambda store: erasure.expire(store, NOW),
    "subscribers.remove": lambda store: subscribers.remove(store, "daily", "r0@example.org", NOW),
    "suppressions.forgive": lambda store: suppressions.forgive(store, tag, "r0@example.org"),
    "suppressions.add": lambda store: suppressions.add(store, tag, ["r0@example.org"], "erased", "", NOW),
}
INNER = {"recovery._settle", "recovery._apply", "retries._settle"}
"""Written through by the functions above."""


def filled(store: Store) -> None:
    """An edition on its way of which one mail is uncertain, and one that is being composed."""
    edition = frozen(store, 2)
    set_rows(store, edition, ["uncertain"])
    subscribers.request(
        store, "daily", "r1@example.net", topics=(), language="", timezone="", proof=PROOF, now=NOW, tag=tag
    )
    editions.begin(store, issue(slot="2026-11-25T07:00"), "0-composer")


@pytest.mark.parametrize("writer", WRITERS)
def test_a_write_waits_for_another_process_and_then_works(store: Store, writer: str) -> None:
    filled(store)
    with closing(sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.1, other.execute, ["COMMIT"])
        begun = time.monotonic()
        timer.start()
        WRITERS[writer](store)
        assert time.monotonic() - begun >= 0.1
        timer.join()


@pytest.mark.parametrize("writer", WRITERS)
def test_a_write_is_one_immediate_transaction(store: Store, writer: str) -> None:
    filled(store)
    told: list[str] = []
    store.connection.set_trace_callback(told.append)
    WRITERS[writer](store)
    store.connection.set_trace_callback(None)
    words = [statement.split()[0] for statement in told]
    writes = [place for place, word in enumerate(words) if word in ("INSERT", "UPDATE", "DELETE", "WITH")]
    begun, done = words.index("BEGIN"), words.index("COMMIT")
    assert told[begun] == "BEGIN IMMEDIATE"
    assert writes
    assert all(begun < place < done for place in writes)


def test_every_function_that_writes_is_among_the_tested(store: Store) -> None:
    rooms = (
        articles,
        corrections,
        decisions,
        editions,
        edits,
        erasure,
        feedback,
        ledger,
        recovery,
        retries,
        sources,
        subscribers,
        suppressions,
    )
    writing = {
        f"{room.__name__.rpartition('.')[2]}.{name}"
        for room in rooms
        for name, function in vars(room).items()
        if "writing" in getattr(getattr(function, "__code__", None), "co_names", ())
    }
    assert writing - INNER == set(WRITERS) - {"recovery.recover", "retries.resolve"}
    assert writing >= INNER
    assert store.rows("SELECT * FROM editions") == []
