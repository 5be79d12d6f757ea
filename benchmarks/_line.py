"""A port here and a time -> another port that lies so far away: what comes in at one leaves the other so much later.

Nothing else of a network is imitated: no bandwidth, no loss. Run as a program by `far`.
"""

import select
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BLOCK = 1 << 18


@contextmanager
def far(port: int, round_trip: float) -> Iterator[int]:
    """The port of a line to a port on this machine, whose bytes take half of so many seconds each way."""
    command = (sys.executable, str(Path(__file__)), str(port), str(round_trip / 2))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own words
        try:
            yield int(process.stdout.readline()) if process.stdout else 0
        finally:
            process.terminate()


def main() -> None:
    """One connection after the other, as the arguments say."""
    port, delay = int(sys.argv[1]), float(sys.argv[2])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            client, _ = listener.accept()
            with client, socket.create_connection(("127.0.0.1", port)) as relay:
                for one in (client, relay):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _carry({client: relay, relay: client}, delay)


def _carry(ends: dict[socket.socket, socket.socket], delay: float) -> None:
    """Until both ends have said their last."""
    late: deque[tuple[float, socket.socket, bytes]] = deque()
    while ends or late:
        wait = max(0.0, late[0][0] - time.monotonic()) if late else None
        for one in select.select(list(ends), [], [], wait)[0]:
            data = _read(one)
            late.append((time.monotonic() + delay, ends[one], data))
            if not data:
                del ends[one]
        while late and late[0][0] <= time.monotonic():
            _, other, data = late.popleft()
            try:
                other.sendall(data) if data else other.shutdown(socket.SHUT_WR)
            except OSError:
                return


def _read(one: socket.socket) -> bytes:
    try:
        return one.recv(_BLOCK)
    except OSError:
        return b""


if __name__ == "__main__":
    main()
