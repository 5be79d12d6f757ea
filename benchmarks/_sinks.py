"""Relays that take mails as fast as they can and count them; a command -> the time, CPU and memory that it took."""

import os
import re
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).parents[1] / ".venv" / "tools"
_FAST = Path(__file__).with_name("fastsink.c")
_LOOK_EVERY = 20  # milliseconds
_PATIENCE = 120.0  # seconds
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
discard unix - - n - - discard
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = relay.example.net
mydestination =
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
default_transport = discard:
relay_transport = discard:
smtpd_recipient_restrictions = permit_mynetworks reject
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a process took from start to end, with all that it started."""

    seconds: float
    cpu: float
    """Seconds of user and system."""
    peak: int
    """The most memory it held, in bytes; its own."""


def spent(command: Sequence[str]) -> Spent:
    """What a command took; RuntimeError with what it said when it failed."""
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)  # noqa: S603  our own words
        peak = _watched(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {process.returncode} {said.read()[-2000:].decode()}")
    return Spent(seconds=seconds, cpu=usage.ru_utime + usage.ru_stime, peak=peak)


def _watched(pid: int) -> int:
    """The most memory that a process held until it ended, in bytes."""
    # Not ru_maxrss: that begins with the memory of the process that forked it.
    peak, ended = 0, select.poll()
    descriptor = os.pidfd_open(pid)
    ended.register(descriptor, select.POLLIN)
    while not ended.poll(_LOOK_EVERY):
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
        peak = int(found[1]) * 1024 if found else peak
    os.close(descriptor)
    return peak


@contextmanager
def fast_sink(mails: int) -> Iterator[int]:
    """The port of a sink in C that must have got so many mails in the end."""
    program = TOOLS / "fastsink"
    if not program.exists() or program.stat().st_mtime < _FAST.stat().st_mtime:
        TOOLS.mkdir(exist_ok=True)
        compiler = shutil.which("gcc") or shutil.which("cc") or "cc"
        subprocess.run([compiler, "-O2", "-o", str(program), str(_FAST)], check=True)  # noqa: S603  our own words
    with _sink(lambda port: [str(program), str(port)], r"(\d+) \d+\n", mails) as port:
        yield port


@contextmanager
def smtp_sink(mails: int) -> Iterator[int]:
    """The port of Postfix's smtp-sink, which must have got so many mails in the end."""
    account = ["-u", "root"] if os.geteuid() == 0 else []
    command = [program("smtp-sink"), *account, "-c"]
    with _sink(lambda port: [*command, f"127.0.0.1:{port}", "64"], r"mesg=(\d+)", mails) as port:
        yield port


@contextmanager
def _sink(command: Callable[[int], Sequence[str]], counted: str, mails: int) -> Iterator[int]:
    port = _free_port()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command(port), stdout=said, stderr=subprocess.STDOUT)  # noqa: S603  our own words
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait()
        said.seek(0)
        taken = [int(number) for number in re.findall(counted, said.read().decode())]
    if taken[-1:] != [mails]:
        raise RuntimeError(f"the sink got {taken[-1:]} mails and not {mails}")


class Relay:
    """A Postfix that takes mails into its queue, and throws them away from there."""

    def __init__(self, home: Path, port: int) -> None:
        self.port = port
        self._log = home / "log"
        self._taken = 0

    @contextmanager
    def taking(self, mails: int) -> Iterator[int]:
        """Its port; its queue is empty again in the end, and so many mails more have gone through it."""
        yield self.port
        self._taken += mails
        give_up = time.monotonic() + _PATIENCE
        while (count := self._log.read_text(encoding="utf-8").count("status=sent")) < self._taken:
            if time.monotonic() > give_up:
                raise RuntimeError(f"the relay passed {count} mails on and not {self._taken}")
            time.sleep(0.2)


@contextmanager
def postfix() -> Iterator[Relay]:
    """A Postfix of our own on loopback; needs root, as any Postfix does."""
    # Its own users must get in.
    with tempfile.TemporaryDirectory() as name:
        home, port = Path(name), _free_port()
        home.chmod(0o755)
        for folder in ("config", "queue", "data"):
            (home / folder).mkdir()
        shutil.chown(home / "data", "postfix")
        (home / "config" / "master.cf").write_text(_MASTER.format(port=port), encoding="ascii")
        (home / "config" / "main.cf").write_text(_MAIN.format(home=home), encoding="ascii")
        command = [program("postfix"), "-c", str(home / "config")]
        subprocess.run([*command, "start"], check=True, capture_output=True)  # noqa: S603  our own words
        try:
            _wait_for(port)
            yield Relay(home, port)
        finally:
            subprocess.run([*command, "stop"], check=True, capture_output=True)  # noqa: S603  our own words


def program(name: str) -> str:
    """Where a program of Postfix lies; RuntimeError when it is not installed."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        raise RuntimeError(f"{name} is not installed: it comes with Debian's package postfix")
    return found


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.recv(4)
                return
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
