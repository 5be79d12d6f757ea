"""Backups of a test's database and their way back, and a process that commits beside them."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from digest.store import Store, safety
from stored import NOW, SLOT

SOON = NOW + timedelta(hours=1)
SLOTS = {"daily": SLOT}
NEXT = "2026-11-24T07:00"

# Commits until its input ends, with pauses of so many seconds, and says what the slowest commit took.
WRITER = """
import sys, threading, time
from pathlib import Path
from digest.store import connect, editions
from datetime import UTC, datetime
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
slowest = count = 0
with connect(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    while not ended.is_set():
        begun = time.monotonic()
        editions.known_since(store, f"job-{count}", datetime.now(UTC))
        slowest = max(slowest, time.monotonic() - begun)
        count += 1
        time.sleep(float(sys.argv[2]))
print(count, slowest)
"""


def silent(done: int, total: int) -> None:
    assert 0 <= done <= total


def backup(store: Store, name: str = "copy.db", *, force: bool = False) -> Path:
    target = store.path.with_name(name)
    safety.backup(store, target, silent, force=force)
    return target


def restored(path: Path, source: Path, slots: Mapping[str, str] = SLOTS) -> safety.Restored:
    return safety.restore(path, source, slots, SOON, silent)
