import subprocess
import sys
from pathlib import Path

import pytest

from digest.store import _scan, connect, erasure
from stored import NOW, tag

# A process that wants the database for itself alone.
ALONE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
connection.execute("CREATE TABLE mine (x)")
"""


@pytest.mark.parametrize("before", [0, 1, (1 << 20) - 3, (1 << 20) + 7])
def test_bytes_are_found_wherever_they_lie_and_in_any_case(tmp_path: Path, before: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"." * before + b"A@Example.org" + b"." * 99)
    assert _scan.answer(bytes(path) + b"\0a@example.org") == b"1"
    assert _scan.answer(bytes(path) + b"\0b@example.org") == b"0"


def test_who_looks_for_an_address_keeps_the_locks_on_the_database(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        erasure.forget(store, tag, "a@example.org", NOW)
        other = subprocess.run([sys.executable, "-c", ALONE, str(path)], capture_output=True, text=True, check=False)
        assert "database is locked" in other.stderr
