"""The system calls of a process that claims and settles -> what a disk may hold after a power cut at any moment."""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.core.errors import StoreError
from digest.store import connect, recovery
from stored import NOW, frozen, states
from system.torn_disk import Disk, Event, File

SESSIONS, EXCHANGES, MOST = 3, 240, 4
RECIPIENTS = SESSIONS * EXCHANGES * MOST

# Claims and settles in several sessions, and says so each time an exchange returned. A session ends with nothing open.
_WRITER = """
import random, sys
from pathlib import Path
from digest.core import runfile
from digest.core.mail import Result, SendState
from digest.store import connect, ledger
from stored import NOW, terms
path, edition, level, sessions, exchanges, most = Path(sys.argv[1]), *sys.argv[2:4], *map(int, sys.argv[4:])
chance = random.Random(1)
for _ in range(sessions):
    with runfile.begin(runfile.folder(path)) as run, connect(path) as store:
        store.connection.execute(f"PRAGMA synchronous = {level}")
        claims = []
        for left in reversed(range(exchanges)):
            results = [Result(claim=each, state=SendState.SENT, code="250", reply="ok" * 20) for each in claims]
            want = chance.randint(1, most) if left else 0
            claims = ledger.exchange(store, edition, terms(run), results, want, NOW).claims
            numbers = [[each.claim.subscriber for each in results], [each.subscriber for each in claims]]
            print(*(",".join(map(str, each)) or "-" for each in numbers), flush=True)
"""
_CALLS = "openat,open,pwrite64,pwritev,write,writev,fsync,fdatasync,ftruncate,unlink,rename"
_LINE = re.compile(r"\d+ +(\w+)\((?:(\d+)<([^>]*)>)?(?:AT_FDCWD<[^>]*>, )?(?:, )?(?:\"([^\"]*)\")?(.*)\) += (-?\d+)")
_NUMBERS = re.compile(r"-?\d+")


@dataclass(frozen=True, slots=True)
class Recording:
    """A run of the writer: what was there before, what it did, and the states of all rows after each line it told."""

    database: Path
    before: bytes
    events: Sequence[Event]
    states: Sequence[Sequence[str]]

    def cuts(self, count: int, seed: int) -> Iterator[tuple[int, Mapping[str, bytes]]]:
        """So many power cuts, in the order of time: how many lines were told, and what is on the disk then."""
        chance = random.Random(seed)  # noqa: S311  repeatable cuts, no secret
        moments = sorted(chance.choices(range(1, len(self.events) + 1), k=count))
        start = File(self.before)
        name = str(self.database)
        disk = Disk(str(self.database.parent), {name: start}, {name: start})
        done = told = 0
        for moment in moments:
            for event in self.events[done:moment]:
                disk.apply(event)
                told += event.kind == "told"
            done = moment
            yield told, disk.cut(chance)


def recorded(folder: Path, level: str) -> Recording:
    """The writer's system calls, at a level of SQLite's `synchronous`."""
    database = folder.resolve() / "digest.db"
    with connect(database) as store:
        edition = frozen(store, RECIPIENTS)
    before = database.read_bytes()
    trace = folder / "trace"
    tracer = ["strace", "-f", "-y", "-xx", "-s", "10000000", "-e", f"trace={_CALLS}", "-o", str(trace)]
    numbers = map(str, (SESSIONS, EXCHANGES, MOST))
    writer = [sys.executable, "-c", _WRITER, str(database), edition, level, *numbers]
    subprocess.run([*tracer, *writer], check=True, stdout=subprocess.DEVNULL, env={"PYTHONPATH": ":".join(sys.path)})
    with trace.open(encoding="ascii") as lines:
        events = list(_events(lines, str(database)))
    return Recording(database, before, events, _states([event for event in events if event.kind == "told"]))


def _states(told: Sequence[Event]) -> list[list[str]]:
    """The state of every row before the first line and after each."""
    found = ["queued"] * RECIPIENTS
    history = [list(found)]
    for event in told:
        for numbers, state in zip(event.data.decode().split(), ("sent", "sending"), strict=True):
            for number in numbers.split(",") if numbers != "-" else ():
                found[int(number) - 1] = state
        history.append(list(found))
    return history


def _events(lines: Iterator[str], database: str) -> Iterator[Event]:
    """What a trace says of a database's files, its folder and stdout."""
    folder = str(Path(database).parent)
    known = {database}
    for line in lines:
        match = _LINE.match(line)
        if match is None or match[6] == "-1":
            continue
        call, descriptor, path, text, rest = match[1], match[2], _plain(match[3]), match[4] or "", match[5]
        if call == "write" and descriptor == "1":
            yield Event("told", data=bytes.fromhex(text.replace("\\x", "")))
        elif path == folder and call in ("fsync", "fdatasync"):
            yield Event("sync", folder)
        else:
            path = path or _plain(text)
            if path.startswith(database) and not path.endswith("-shm") and not path.startswith(f"{database}.run"):
                yield from _event(call, path, text, [int(each) for each in _NUMBERS.findall(rest)], known)


def _event(call: str, path: str, text: str, numbers: Sequence[int], known: set[str]) -> Iterator[Event]:
    match call:
        case "open" | "openat":
            if path not in known:
                known.add(path)
                yield Event("make", path)
        case "pwrite64":
            yield Event("write", path, bytes.fromhex(text.replace("\\x", "")), numbers[1])
        case "ftruncate":
            yield Event("resize", path, number=numbers[0])
        case "fsync" | "fdatasync":
            yield Event("sync", path)
        case "unlink":
            known.discard(path)
            yield Event("remove", path)
        case _:
            raise AssertionError(f"{call} of {path}: not understood")


def _plain(text: str | None) -> str:
    """A path as it is, of one whose bytes are written in hex."""
    if not text or not text.startswith("\\x"):
        return text or ""
    return bytes.fromhex(text.replace("\\x", "")).decode(errors="replace")


def lost(recording: Recording, told: int, files: Mapping[str, bytes], folder: Path) -> str:
    """What went wrong by a power cut: empty, or in a word what was lost."""
    for earlier in folder.glob("*"):
        shutil.rmtree(earlier) if earlier.is_dir() else earlier.unlink()
    for path, content in files.items():
        (folder / Path(path).name).write_bytes(content)
    try:
        with connect(folder / "digest.db") as store:
            if store.rows("PRAGMA integrity_check")[0][0] != "ok":
                return "integrity"
            found = states(store, "daily-2026-11-23T0700")
            # An exchange of which nothing was told yet is there whole or not at all.
            if found not in recording.states[told : told + 2]:
                return "rows"
            recovery.recover(store, "hold", NOW)
            settled = ["uncertain" if state == "sending" else state for state in found]
            return "" if states(store, "daily-2026-11-23T0700") == settled else "recovery"
    except StoreError as error:
        return str(error).partition(": ")[2]


def losses(recording: Recording, cuts: int, folder: Path, seed: int = 1) -> list[str]:
    """What so many power cuts lost."""
    folder.mkdir()
    found = (lost(recording, told, files, folder) for told, files in recording.cuts(cuts, seed))
    return [loss for loss in found if loss]
