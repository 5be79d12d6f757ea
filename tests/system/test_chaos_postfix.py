"""Senders killed while a real Postfix takes their mails, and what its log then says of those that are uncertain."""

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from support import Folder, Make
from system import test_smtp_relays
from system.killer import Cell, deliver_to, finish, kill_senders

postfix = test_smtp_relays.postfix

RECIPIENTS = 800
_QUEUES = ("maildrop", "incoming", "active", "deferred")
_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE)


def log_of(mails: Path) -> Path:
    """Postfix's own, beside the folder of its mails."""
    return mails.parents[2] / "log"


def wait_until_idle(mails: Path) -> None:
    """Wait until all that Postfix took lies in mailboxes and all of it stands in the log."""
    queue = mails.parents[2] / "queue"
    deadline = time.monotonic() + 60
    while any(path.is_file() for name in _QUEUES for path in (queue / name).rglob("*")):
        assert time.monotonic() < deadline, "Postfix never comes to an end"
        time.sleep(0.1)
    time.sleep(1)  # postlogd writes a little later


def arrived(folder: Folder, mails: Path) -> Counter[str]:
    """How often each mail of the edition lies in a mailbox."""
    own = {row["message_id"] for row in folder.json("report")["rows"]}
    found = (_MESSAGE_ID.search(path.read_bytes()) for path in mails.glob("*"))
    return Counter(name for match in found if match and (name := match[1].decode()) in own)


def states(folder: Folder) -> Counter[str]:
    return Counter(row["state"] for row in folder.json("report")["rows"])


def resolve(folder: Folder, log: Path) -> None:
    result = folder.run("sends", "resolve", "--age", "0m", "--log", str(log))
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("senders", [1, 3])
def test_what_a_kill_left_uncertain_is_settled_by_the_relay_s_log(
    newsletter: Make, postfix: tuple[int, Path], senders: int
) -> None:
    port, mails = postfix
    folder = newsletter(recipients=RECIPIENTS)
    deliver_to(folder, port, "hold")
    cell = Cell(
        faults=False, policy="hold", senders=senders, pipelining=True, recipients=RECIPIENTS, kills=6, seed=senders
    )
    kills = kill_senders(folder, cell, log_of(mails))
    finish(folder, senders)
    wait_until_idle(mails)
    in_flight = sorted(email for kill in kills for email in kill.in_flight)
    uncertain = sorted(row["email"] for row in folder.json("report")["rows"] if row["state"] == "uncertain")
    assert (len(kills) > 0, uncertain) == (True, in_flight)
    dry = folder.json("sends", "resolve", "--age", "0m", "--log", str(log_of(mails)), "--dry-run")
    assert bool(dry) == bool(uncertain)
    assert states(folder)["uncertain"] == len(uncertain)
    resolve(folder, log_of(mails))
    assert states(folder)["uncertain"] == 0
    finish(folder, 1)
    wait_until_idle(mails)
    assert states(folder) == {"sent": RECIPIENTS}
    assert arrived(folder, mails) == {row["message_id"]: 1 for row in folder.json("report")["rows"]}


def test_a_mail_that_broke_off_inside_is_not_taken_for_delivered(newsletter: Make, postfix: tuple[int, Path]) -> None:
    """Postfix logs a Message-ID as soon as it has read the headers."""
    port, mails = postfix
    folder = newsletter(recipients=40)
    with cutting(port, after=6_000) as way:
        deliver_to(folder, way, "hold")
        assert folder.run("send", "brief").exit_code == 3
        wait_until_idle(mails)
        assert states(folder) == {"sent": 39, "uncertain": 1}
        [broken] = [row for row in folder.json("report")["rows"] if row["state"] == "uncertain"]
        assert f"message-id={broken['message_id']}" in log_of(mails).read_text(encoding="utf-8")
        resolve(folder, log_of(mails))
        assert states(folder) == {"sent": 39, "queued": 1}
        assert folder.run("send").exit_code == 0
    wait_until_idle(mails)
    assert arrived(folder, mails) == {row["message_id"]: 1 for row in folder.json("report")["rows"]}


@contextmanager
def cutting(port: int, after: int) -> Iterator[int]:
    """A port that leads to another; the first connection that brings so many bytes breaks off there."""
    cut = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=lead, args=(listener, port, after, cut), daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def lead(listener: socket.socket, port: int, after: int, cut: threading.Event) -> None:
    """Join each connection to one of its own, until the listener is closed."""
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            relay = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=pump, args=(relay, client, 1 << 40, cut), daemon=True).start()
            threading.Thread(target=pump, args=(client, relay, after, cut), daemon=True).start()


def pump(source: socket.socket, target: socket.socket, after: int, cut: threading.Event) -> None:
    """Pass on what comes until one end is closed, or enough came and nothing was cut yet."""
    came = 0
    with source, suppress(OSError):
        while data := source.recv(1 << 16):
            came += len(data)
            if came >= after and not cut.is_set():
                cut.set()
                target.sendall(data[: len(data) - (came - after)])
                break
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
