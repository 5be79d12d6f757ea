"""The path of a file and some bytes -> whether they are anywhere in it, in any case of letters; a process of its own.

A process that closes a database's file loses the locks that SQLite holds on it (sqlite.org/howtocorrupt.html 2.2), so
whoever has the database open asks a child to look.
"""

import os
from pathlib import Path

from digest.core.child import serve

_PIECE = 1 << 20


def answer(asked: bytes) -> bytes:
    """`1` or `0` for a path, a NUL and bytes in small letters."""
    path, _, wanted = asked.partition(b"\0")
    return b"1" if _holds(Path(os.fsdecode(path)), wanted) else b"0"


def _holds(path: Path, wanted: bytes) -> bool:
    with path.open("rb") as file:
        last = b""
        while piece := file.read(_PIECE):
            last = last[-len(wanted) :] + piece.lower()
            if wanted in last:
                return True
    return False


if __name__ == "__main__":
    serve(answer)
