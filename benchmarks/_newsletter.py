"""A number of recipients -> a newsletter's folder with news for an edition of about 80 KB, also frozen for all of them.

All of it is done by the command, as a person would do it.
"""

import json
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer

from PIL import Image

from digest.core import tokens

DIGEST = (sys.executable, "-m", "digest")
JOB = "brief"
_SAMPLE = "a-sample"  # before the job in the order of names: `report` is of the last
_TOPICS = {"cars": ("#b4441b", "carmaker"), "money": ("#0b6f65", "savings bank"), "power": ("#4a3fc4", "wind farm")}
_STORIES = 18  # a section: with three sections the mail has 80 KB
_PICTURE_WIDTH, _PICTURE_HEIGHT = 1168, 780
_GRAIN = 6.3  # with so much noise the picture has 60 KB
_SYLLABLES = ("ka", "lo", "mi", "ren", "tas", "vor", "bel", "din", "fu", "gar", "hen", "jor", "sil", "pu", "wex", "zan")
_MAIN = """
[newsletter]
name = "Meridian"
address = "Example Street 1, Berlin"
timezone = "Europe/Berlin"

[delivery]
to = "{to}"
connections = {connections}
unsubscribe = "leave@example.org"
bounces = "bounces@news.example.org"

[fetch]
allow = ["127.0.0.1:{pictures}"]

[[sources]]
path = "news.xml"
name = "The Harbour Post"
"""
_JOB = """
title = "The Brief"
from = "Meridian <brief@news.example.org>"
topics = ["cars", "money", "power"]
window = "any"
minimum = 1
per_source = 99
stories = {stories}
to = [{to}]
"""


@dataclass(frozen=True, kw_only=True)
class Newsletter:
    """A folder, and how many recipients its edition has."""

    home: Path
    recipients: int

    @property
    def mail(self) -> Path:
        """One recipient's mail as the outbox got it."""
        return next((self.home / "outbox" / "new").iterdir())

    def command(self, *arguments: str) -> tuple[str, ...]:
        """The words that run digest in this folder."""
        return (*DIGEST, "--home", str(self.home), *arguments)

    def set_out(self, to: str, connections: int = 8, pictures: int = 1) -> None:
        """Write where mails go."""
        text = _MAIN.format(to=to, connections=connections, pictures=pictures)
        (self.home / "digest.toml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """What the command prints; RuntimeError when it ends otherwise than expected."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False)  # noqa: S603  our own command
        if done.returncode not in codes:
            raise RuntimeError(
                f"digest {' '.join(arguments)}: {done.returncode} {done.stdout[-500:]} {done.stderr[-900:]}"
            )
        return done.stdout

    def counts(self) -> dict[str, int]:
        """State -> recipients of the edition."""
        counts: dict[str, int] = json.loads(self.run("report", "--json", "--summary"))["counts"]
        return counts

    def restore(self) -> None:
        """Put the database back to where nothing was sent."""
        for left in self.home.glob("digest.db-*"):
            left.unlink()
        shutil.copy(self.home / "frozen.db", self.home / "digest.db")


def make(home: Path, recipients: int) -> Newsletter:
    """A newsletter with so many subscribers, of which nothing was composed yet."""
    news = Newsletter(home=home, recipients=recipients)
    (home / "jobs").mkdir(parents=True)
    (home / "topics").mkdir()
    for topic, (color, phrase) in _TOPICS.items():
        text = f'name = "{topic.title()}"\ncolor = "{color}"\nfloor = 2.0\n[phrases]\n"{phrase}" = 3.0\n'
        (home / "topics" / f"{topic}.toml").write_text(text, encoding="utf-8")
    for job, to in ((JOB, ""), (_SAMPLE, '"r123456@mail.example.com"')):
        (home / "jobs" / f"{job}.toml").write_text(_JOB.format(stories=_STORIES, to=to), encoding="utf-8")
    tokens.make_key(home)
    (home / "news.xml").write_text(_feed(), encoding="utf-8")
    news.set_out("outbox:outbox")
    rows = "".join(f"r{number:06}@mail.example.com\n" for number in range(recipients))
    (home / "readers.csv").write_text(f"email\n{rows}", encoding="utf-8")
    news.run("subscribers", "import", str(home / "readers.csv"), "--job", JOB)
    return news


def frozen(home: Path, recipients: int, *, picture: bool = False) -> Newsletter:
    """A newsletter whose edition is frozen and wholly queued; the database is put aside, to be sent from again."""
    news = make(home, recipients)
    with _pictures(home / "pictures") as pictures, _refusing() as relay:
        if picture:
            (home / "news.xml").write_text(_feed(f"http://127.0.0.1:{pictures}/lead.jpg"), encoding="utf-8")
        news.set_out("outbox:outbox", pictures=pictures)
        news.run("send", _SAMPLE)
        news.set_out(f"smtp+plain://127.0.0.1:{relay}", connections=1, pictures=pictures)
        news.run("send", JOB, codes=(0, 1, 3))
    if news.counts() != {"queued": recipients}:
        raise RuntimeError(f"the edition was not frozen as expected: {news.counts()}")
    shutil.copy(home / "digest.db", home / "frozen.db")
    return news


def _feed(image: str = "") -> str:
    """Three times as many items as a section has stories, each about its own affair, all with one picture if any."""
    dice = random.Random(7)  # noqa: S311  no secret
    picture = f'<enclosure url="{image}" type="image/jpeg" length="1"/>' if image else ""
    items = []
    for number in range(_STORIES * len(_TOPICS)):
        phrase = list(_TOPICS.values())[number % len(_TOPICS)][1]
        items.append(
            f"<item><title>The {phrase} of {_words(dice, 7)}</title><link>https://news.example/{number}</link>"
            f"<pubDate>Mon, 17 Nov 2025 {number % 24:02}:00:00 GMT</pubDate>"
            f"{picture}<description>{' '.join(_sentence(dice, phrase) for _ in range(8))}</description></item>"
        )
    return f'<rss version="2.0"><channel><title>Harbour</title>{"".join(items)}</channel></rss>'


def _sentence(dice: random.Random, phrase: str) -> str:
    return f"The {phrase} {_words(dice, 9)} when {_words(dice, 6)} said so."


def _words(dice: random.Random, count: int) -> str:
    return " ".join("".join(dice.choices(_SYLLABLES, k=dice.randint(2, 3))) for _ in range(count))


@contextmanager
def _pictures(folder: Path) -> Iterator[int]:
    """The port of a server that has one picture, which becomes 60 KB in the mail."""
    folder.mkdir()
    size = _PICTURE_WIDTH, _PICTURE_HEIGHT
    Image.effect_noise(size, _GRAIN).convert("RGB").save(folder / "lead.jpg", quality=95)
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, _serving(server) as port:
        yield port


@contextmanager
def _refusing() -> Iterator[int]:
    """The port of a relay that takes no mail at all."""
    with TCPServer(("127.0.0.1", 0), _Refusing) as server, _serving(server) as port:
        yield port


@contextmanager
def _serving(server: TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Refusing(BaseRequestHandler):
    """Greets, and refuses every sender."""

    def handle(self) -> None:
        """One session."""
        self.request.sendall(b"220 refusing ESMTP\r\n")
        with self.request.makefile("rb") as lines:
            for line in lines:
                word = line[:4].upper()
                if word == b"QUIT":
                    self.request.sendall(b"221 bye\r\n")
                    return
                good = word in {b"EHLO", b"HELO", b"RSET", b"NOOP"}
                self.request.sendall(b"250 ok\r\n" if good else b"554 5.7.1 no mails today\r\n")
