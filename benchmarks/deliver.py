"""Mails a second and CPU of each mail, ours against other clients, into two sinks and a real relay: a Markdown table.

Ours is `digest send` as a process, from its start to its end: it reads the newsletter, claims and records each mail in
the ledger (synchronous = FULL), makes it for its recipient and sends it. The others send one mail that is made already.
CPU is user and system of the client's process alone, start-up included; medians, the clients in turns in each round.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import _clients
import _newsletter
from _line import far
from _newsletter import Newsletter
from _sinks import Relay, fast_sink, postfix, program, smtp_sink, spent
from render import table

FEWER = 10  # a tenth of the mails where one takes long
AWAY = (0, 0.001)
"""Seconds to a real relay and back: on the same machine, in the same house."""
OURS = "digest send"
HEAD = (
    *("to", "client", "connections", "mails/s", "CPU us a mail", "peak MB"),
    *("x smtp-source", "x smtp-source -d", "x smtplib", "CPU / smtplib's", "CPU / aiosmtplib's", "targets"),
)
Name: TypeAlias = tuple[str, int, bool]
"""Client, connections, and whether there is a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One client with one mail."""

    client: str
    connections: int
    command: Callable[[int, int], Sequence[str]]
    """Its command line for a port and so many mails."""
    label: str = ""
    share: int = 1
    """It sends one mail of so many; its figures are of a mail all the same."""
    pictured: bool = False
    """Whether the mail has a picture in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What ours has to reach in front of one relay."""

    faster: Mapping[str, float]
    """Client -> at least so many times its mails a second."""
    lighter: Mapping[str, float]
    """Client -> at most so many times its CPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The medians of a client in front of one relay."""

    rate: float
    """Mails a second."""
    cpu: float
    """Microseconds a mail."""
    peak: float
    """Megabytes."""


CPU_ALONE = Targets(faster={}, lighter={"smtplib": 1 / 3, "aiosmtplib": 1 / 12})
FAST = Targets(faster={"smtp-source": 1.5, "smtp-source -d": 1.5, "smtplib": 4.0}, lighter=CPU_ALONE.lighter)
REAL = Targets(faster={"smtplib": 2.0}, lighter={})


def main() -> None:
    """Prints the table, the rows of a relay as soon as they are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mails", type=int, default=20_000)
    asked = parser.parse_args()
    _clients.install_aiosmtplib()
    with tempfile.TemporaryDirectory() as name:
        plain = _newsletter.frozen(Path(name) / "plain", asked.mails)
        pictured = _newsletter.frozen(Path(name) / "pictured", asked.mails, picture=True)
        fewer = _newsletter.frozen(Path(name) / "fewer", asked.mails // FEWER)
        size, larger = (news.mail.stat().st_size for news in (plain, pictured))
        print(f"{asked.mails:,} mails of {size:,} bytes, with a picture {larger:,}; {asked.rounds} rounds\n")
        print(table((HEAD,)))
        ways = (*in_memory(plain), *with_picture(pictured))
        show("fastsink", ways, figures(ways, fast_sink, asked.mails, asked.rounds), FAST)
        show("smtp-sink", ways, figures(ways, smtp_sink, asked.mails, asked.rounds), CPU_ALONE)
        ways = tuple(to_a_relay(fewer))
        with postfix() as relay:
            for away in AWAY:
                found = figures(ways, partial(taking, relay, away), fewer.recipients, asked.rounds)
                show(f"Postfix {away * 1e3:g} ms away, {fewer.recipients:,} mails", ways, found, REAL)
        idle = [spent(fewer.command("send")) for _ in range(asked.rounds)]
    seconds, cpu = (statistics.median(taken) for taken in zip(*((one.seconds, one.cpu) for one in idle), strict=True))
    print(f"\nA `digest send` that has nothing to send takes {seconds * 1e3:.0f} ms, {cpu * 1e3:.0f} ms of CPU.")


def in_memory(news: Newsletter) -> Iterator[Way]:
    """Every client with the mail of 80 KB."""
    for connections in (8, 1):
        yield source(news, connections, "")
        yield source(news, connections, "-d")
        yield smtplib(news, connections)
    build = partial(_clients.python, "EmailMessage", wire(news))
    yield Way(
        client="EmailMessage",
        label=f"smtplib and an EmailMessage each, 1/{FEWER} of the mails",
        connections=8,
        command=lambda port, mails: build(port, mails, 8),
        share=FEWER,
    )
    yield Way(
        client="aiosmtplib",
        label=_clients.AIOSMTPLIB,
        connections=8,
        command=lambda port, mails: _clients.python("aiosmtplib", wire(news), port, mails, 8),
    )
    yield Way(
        client="nodemailer",
        label=f"{_clients.NODEMAILER}, pool, raw",
        connections=8,
        command=lambda port, mails: _clients.nodemailer(wire(news), port, mails, 8),
    )
    yield ours(news, 8)
    yield ours(news, 1)


def with_picture(news: Newsletter) -> Iterator[Way]:
    """The clients that the picture is measured with."""
    for way in (source(news, 8, ""), source(news, 8, "-d"), smtplib(news, 8), ours(news, 8)):
        yield Way(client=way.client, label=way.label, connections=8, command=way.command, pictured=True)


def to_a_relay(news: Newsletter) -> Iterator[Way]:
    """What is sent to a real relay, over one connection."""
    yield source(news, 1, "-d")
    yield smtplib(news, 1)
    yield ours(news, 1)


@contextmanager
def taking(relay: Relay, away: float, mails: int) -> Iterator[int]:
    """The port of a relay that takes so many mails, seen from so many seconds away."""
    with relay.taking(mails) as port, far(port, away) if away else nullcontext(port) as there:
        yield there


def source(news: Newsletter, connections: int, keep: str) -> Way:
    """Postfix's own: a connection a mail as it comes, or with `-d` one for all; no pipelining."""
    size = str(wire(news).stat().st_size)
    fixed = [program("smtp-source"), *([keep] if keep else []), "-s", str(connections), "-l", size]
    ends = ["-f", "bounces@news.example.org", "-t", "r123456@mail.example.com"]
    return Way(
        client=f"smtp-source {keep}".strip(),
        connections=connections,
        command=lambda port, mails: [*fixed, *ends, "-m", str(mails), f"127.0.0.1:{port}"],
    )


def smtplib(news: Newsletter, connections: int) -> Way:
    """The standard library's, with connections that are kept, one a thread."""
    send = partial(_clients.python, "smtplib", wire(news))
    return Way(client="smtplib", connections=connections, command=lambda port, mails: send(port, mails, connections))


def ours(news: Newsletter, connections: int) -> Way:
    """The whole pipeline, with the ledger."""

    def command(port: int, _mails: int) -> Sequence[str]:
        news.restore()
        news.set_out(f"smtp+plain://127.0.0.1:{port}", connections)
        # Without a job: it finishes what is on its way, also after midnight.
        return news.command("send")

    return Way(client=OURS, connections=connections, command=command)


def wire(news: Newsletter) -> Path:
    """A file with one recipient's mail as it goes over the wire."""
    file = news.home / "mail.eml"
    if not file.exists():
        file.write_bytes(b"\r\n".join(news.mail.read_bytes().splitlines()) + b"\r\n")
    return file


def figures(
    ways: Sequence[Way], sink: Callable[[int], AbstractContextManager[int]], mails: int, rounds: int
) -> Mapping[Name, Figure]:
    """The medians of each client, in turns."""
    taken: dict[Name, list[tuple[float, float, float]]] = {}
    for _ in range(rounds):
        for way in ways:
            count = mails // way.share
            with sink(count) as port:
                one = spent(way.command(port, count))
            measured = count / one.seconds, one.cpu / count * 1e6, one.peak / 1e6
            taken.setdefault(named(way, way.client), []).append(measured)
    medians = {name: map(statistics.median, zip(*each, strict=True)) for name, each in taken.items()}
    return {name: Figure(rate=rate, cpu=cpu, peak=peak) for name, (rate, cpu, peak) in medians.items()}


def named(way: Way, client: str) -> Name:
    """The name of a client's figures under the conditions of a way."""
    return client, way.connections, way.pictured


def show(to: str, ways: Sequence[Way], found: Mapping[Name, Figure], targets: Targets) -> None:
    """Print a relay's rows, with ratios to others under the same conditions, bold where a target of ours is met."""
    for way in ways:
        mine = found[named(way, way.client)]
        least = targets.faster if way.client == OURS else {}
        most = targets.lighter if way.client == OURS else {}
        cells = [to, (way.label or way.client) + (", picture" if way.pictured else ""), str(way.connections)]
        cells += [f"{mine.rate:,.0f}", f"{mine.cpu:,.0f}", f"{mine.peak:.0f}"]
        for client in FAST.faster:
            other = found.get(named(way, client))
            cells.append(ratio(mine.rate / other.rate, 1, least.get(client)) if other else "")
        for client in FAST.lighter:
            other = found.get(named(way, client))
            cells.append(ratio(mine.cpu / other.cpu, -1, most.get(client)) if other else "")
        wanted = [f"{client} x{value:g}" for client, value in least.items()]
        wanted += [f"{client} CPU 1/{1 / value:g}" for client, value in most.items()]
        print(f"| {' | '.join((*cells, ', '.join(wanted)))} |", flush=True)


def ratio(value: float, sign: int, target: float | None) -> str:
    """The ratio, bold when it is on the target's good side: above it for a sign of 1, below it for -1."""
    met = target is not None and value * sign >= target * sign
    return f"**{value:.2f}**" if met else f"{value:.2f}"


if __name__ == "__main__":
    main()
