"""A newsletter, a relay and a cell of the matrix -> sends killed at random moments until the edition is finished."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from digest.core import runfile
from digest.core.runfile import Phase
from support import Folder
from system.chaos_relay import Temper

CONNECTIONS = 8
CHANCE = 0.01
DELAY = 0.02
"""A sender takes some seconds, and any number of them as long together: there is time to kill them."""
_ROUNDS = 60
_RELAY = Path(__file__).with_name("chaos_relay.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One combination of what may go wrong."""

    faults: bool
    policy: str
    senders: int
    pipelining: bool
    greylist: bool = False
    recipients: int
    kills: int
    seed: int

    def __str__(self) -> str:
        faults = "11 faults" if self.faults else "no faults"
        lines = "pipelined" if self.pipelining else "lock-step"
        senders = f"{self.senders} sender{'s' * (self.senders > 1)}"
        return ", ".join([faults, self.policy, senders, lines, *["greylisting"] * self.greylist])

    @property
    def temper(self) -> Temper:
        """The relay that belongs to it."""
        return Temper(
            chance=CHANCE if self.faults else 0.0,
            pipelining=self.pipelining,
            greylist=self.greylist,
            delay=DELAY * self.senders,
            seed=self.seed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a relay did: how often for each (Message-ID, address) or address."""

    accepted: Counter[tuple[str, str]]
    refused: Counter[str]
    silent: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """What one killed process left."""

    in_flight: Sequence[str]
    """Addresses of whose mails its run file cannot say whether they left."""
    open: int
    """How many of them the relay had not left without an answer itself."""


@contextmanager
def relay(temper: Temper, log: Path) -> Iterator[int]:
    """The port of a relay in a process of its own."""
    command = [sys.executable, str(_RELAY), str(log), json.dumps(asdict(temper))]
    log.touch()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def deliver_to(folder: Folder, port: int, policy: str) -> None:
    """Let a newsletter go to a relay."""
    settings = f'to = "smtp+plain://127.0.0.1:{port}"\nconnections = {CONNECTIONS}\nuncertain = "{policy}"'
    text = (folder.path / "digest.toml").read_text(encoding="utf-8")
    folder.write("digest.toml", text.replace('to = "outbox:outbox"', settings))


def kill_senders(folder: Folder, cell: Cell, log: Path) -> list[Kill]:
    """Kill a sender so often, by the clock or by the log's lines, and start another in its place."""
    chance = random.Random(cell.seed)  # noqa: S311  repeatable moments, no secret
    kills: list[Kill] = []
    with started() as processes:
        for attempt in range(4 * cell.kills):
            if len(kills) == cell.kills or is_finished(folder):
                break
            running = [process for process in processes if process.poll() is None]
            running += [start(folder) for _ in range(cell.senders - len(running))]
            processes += [process for process in running if process not in processes]
            victim = chance.choice(running)
            if attempt % 2:
                time.sleep(chance.uniform(0.4, 1.0))
            else:
                goal = lines(log) + chance.randrange(1, max(2, cell.recipients // (cell.kills + 1)))
                while lines(log) < goal and victim.poll() is None:
                    time.sleep(0.002)
            if victim.poll() is not None:
                continue
            left = stopped(folder, victim)
            victim.kill()
            if victim.wait() < 0:
                silent = read_log(log).silent
                kills.append(Kill(in_flight=left, open=sum(email not in silent for email in left)))
        check_ends(processes)
    return kills


def finish(folder: Folder, senders: int) -> None:
    """Send until nothing is left to do."""
    for _ in range(_ROUNDS):
        with started() as processes:
            processes += [start(folder) for _ in range(senders)]
            check_ends(processes)
        if is_finished(folder):
            return


@contextmanager
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """A list for processes, none of which is left behind."""
    processes: list[subprocess.Popen[str]] = []
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            with process:
                pass


def check_ends(processes: Sequence[subprocess.Popen[str]]) -> None:
    """Wait for processes; one may fail for the relay's sake or be killed, but not end by a fault of its own."""
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode in {-signal.SIGKILL, 0, 1, 3}, errors
        assert "unexpected" not in errors, errors


def start(folder: Folder) -> subprocess.Popen[str]:
    """A sending process."""
    hurry(folder)
    # A job without schedule has a slot a day: once its edition is there, midnight must not make another.
    return folder.start("send") if state(folder) else folder.start("send", "brief")


def hurry(folder: Folder) -> None:
    """Let deferred mails be due now: backoff waits minutes, and no test should, nor may the product's clock be bent."""
    if state(folder):
        with closing(sqlite3.connect(folder.path / "digest.db", timeout=30)) as connection, connection:
            connection.execute("UPDATE sends SET due = at WHERE state = 'deferred'")


def state(folder: Folder) -> str:
    """That of the edition, empty while there is none."""
    found = query(folder, "SELECT state FROM editions WHERE state <> 'composing'")
    return str(found[0][0]) if found else ""


def is_finished(folder: Folder) -> bool:
    return state(folder) in {"sent", "partial", "expired", "stopped"}


def stopped(folder: Folder, process: subprocess.Popen[str]) -> list[str]:
    """Whose mails a process has in flight; it is stopped for the look, lest another settles them once it is dead."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    runs = runfile.folder(folder.path / "digest.db")
    own = "SELECT email, run, place FROM sends WHERE state = 'sending' AND run LIKE ?"
    return [email for email, run, place in query(folder, own, f"{process.pid}-%") if is_leaving(runs / run, place)]


def is_leaving(run: Path, place: int) -> bool:
    """Whether nobody can know if a claimed mail left."""
    with run.open("rb") as file:
        file.seek(place)
        return file.read(1) == bytes([Phase.LEAVING])


def query(folder: Folder, statement: str, *values: str) -> list[Any]:
    """Rows of the newsletter's database, none before it has tables."""
    try:
        with closing(sqlite3.connect(f"file:{folder.path / 'digest.db'}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(statement, values).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error) or "unable to open" in str(error):
            return []
        raise


def lines(log: Path) -> int:
    return log.read_bytes().count(b"\n")


def read_log(log: Path) -> Log:
    """What a relay wrote."""
    words = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    return Log(
        accepted=Counter((each[1], each[2]) for each in words if each[0] == "accepted"),
        refused=Counter(each[1] for each in words if each[0] == "refused"),
        silent=Counter(each[1] for each in words if each[0] == "silent"),
    )
