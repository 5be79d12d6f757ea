"""A tiny newsletter on disk, and processes in it to which anything may happen at any of their steps."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import cast

from digest import config
from digest.core import runfile, tokens
from digest.core.runfile import Phase, Run
from digest.core.settings import Settings
from digest.mailroom import Sender
from digest.store import Store, connect
from support import Folder

START = datetime(2026, 11, 23, 4, 58, tzinfo=UTC)
HOURLY, DAILY = "hourly", "daily"
READERS = {HOURLY: [f"r{n}@example.org" for n in range(1, 6)], DAILY: [f"r{n}@example.org" for n in range(4, 8)]}
EDITOR = "chief@example.org"
STRANGERS = ("r8@example.org", "r9@example.org")
_MAIN = """
[newsletter]
name = "Meridian"
address = "Example Street 1, Berlin"
timezone = "UTC"
[delivery]
to = "outbox:outbox"
unsubscribe = "leave@example.org"
[[sources]]
path = "sources/*.txt"
name = "The Harbour Post"
"""
_JOB = """
title = "The {name} brief"
from = "Meridian <{name}@news.example.org>"
topics = ["cars"]
window = "any"
minimum = 1
per_source = 99
timezone = "UTC"
to = {to}
"""
_TOPIC = 'name = "Cars"\ncolor = "#b4441b"\nfloor = 2.0\n[phrases]\n"carmaker" = 3.0\n'
_CITIES = ("Porto", "Ghent", "Malmo", "Split", "Turin", "Cork", "Graz", "Lodz", "Vigo", "Bern", "Kiel", "Nancy")
_DEEDS = (
    "hires welders and electricians for its new foundry",
    "recalls forty lorries whose brakes wear out early",
    "buys a rival that builds tractors and harvesters",
    "opens a museum of engines in its oldest hall",
    "wins an order of fire engines from the coast guard",
)


class KilledError(BaseException):
    """The process is gone, whatever it was about to do."""


@dataclass(eq=False)
class Fate:
    """What happens to a process at one of its steps; at step 0 nothing ever does."""

    step: int
    is_death: bool
    happens: Callable[[], None]
    has_happened: bool = False
    is_asked_to_stop: bool = False

    def walk(self) -> None:
        """One step more."""
        self.step -= 1
        if self.step == 0:
            self.has_happened = True
            self.happens()


class MortalRun:
    """A process's run file; it may die on either side of each mark, with a mail on its way."""

    def __init__(self, run: Run, fate: Fate) -> None:
        self.id = run.id
        self.reserve = run.reserve
        self.changes = run.changes
        self._run = run
        self._fate = fate

    def mark(self, place: int, phase: Phase) -> None:
        """Say how far a mail is; what is in flight nobody can call back, only death comes between."""
        if self._fate.is_death:
            self._fate.walk()
        self._run.mark(place, phase)
        if self._fate.is_death:
            self._fate.walk()


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What the outbox has."""

    edition: str
    email: str
    subject: str
    message_id: str
    code: str = ""
    """What its editor may type to approve it; empty in a reader's mail."""

    @property
    def job(self) -> str:
        """Whose edition it is."""
        return self.edition.partition("-")[0]

    @property
    def slot(self) -> str:
        """The edition's time, without its revision."""
        return self.edition.partition("-")[2].partition(".")[0]


class Newsletter:
    """The folder, its outbox, and processes that work there."""

    def __init__(self, home: Path, review: str, *, has_editor: bool) -> None:
        self.folder = Folder(home)
        self.folder.write("digest.toml", _MAIN + f'[editors]\nto = ["{EDITOR}"]\n' * has_editor)
        self.folder.write("topics/cars.toml", _TOPIC)
        times = {HOURLY: f'schedule = "0 * * * *"\nreview = "{review}"\n', DAILY: 'schedule = "0 7 * * *"\n'}
        for job, time in times.items():
            self.folder.write(f"jobs/{job}.toml", _JOB.format(name=job, to=READERS[job]) + time)
        self.articles = 0
        self.add_article()
        tokens.make_key(home)
        self.key = tokens.load_key(home)
        self.news: Settings = config.load(home)
        self._read: set[str] = set()

    def add_article(self) -> None:
        """Something happens that both jobs report."""
        self.articles += 1
        city, deed = _CITIES[self.articles % len(_CITIES)], _DEEDS[self.articles % len(_DEEDS)]
        self.folder.write(f"sources/{self.articles}.txt", f"A carmaker in {city} {deed}\n\nIt {deed}, says {city}.\n")

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """The database; what dies here is a process, not the machine."""
        with connect(self.news.database) as store:
            store.connection.execute("PRAGMA synchronous = OFF")
            yield store

    @contextmanager
    def process(self, now: datetime, fate: Fate) -> Iterator[Sender]:
        """A process that may send, and each of whose steps may be its last."""

        def clock() -> datetime:
            fate.walk()
            return now

        def stopping() -> bool:
            fate.walk()
            return fate.is_asked_to_stop

        with self.opened() as store, runfile.begin(runfile.folder(store.path)) as run:
            yield Sender(
                news=self.news,
                store=store,
                key=self.key,
                run=cast("Run", MortalRun(run, fate)),
                now=clock,
                stopping=stopping,
                progress=lambda *_: fate.walk(),
            )

    def new_mails(self) -> list[Mail]:
        """What came into the outbox since the last look, oldest first."""
        new = self.folder.path / "outbox" / "new"
        names = sorted({path.name for path in new.glob("*")} - self._read)
        self._read.update(names)
        return [_mail(new / name) for name in names]


def _mail(path: Path) -> Mail:
    with path.open("rb") as file:
        header = BytesHeaderParser().parse(file)
    name, code = str(header["Message-ID"]), ""
    edition = name.removeprefix("<").rpartition("@")[0].rpartition(".")[0]
    if edition == "review":
        edition, code = _to_approve(path.read_bytes())
    return Mail(edition=edition, email=str(header["To"]), subject=str(header["Subject"]), message_id=name, code=code)


def _to_approve(letter: bytes) -> tuple[str, str]:
    """The edition and the code of what an editor was shown."""
    text = message_from_bytes(letter, _class=EmailMessage, policy=policy.default).get_body(("plain",))
    found = text and re.search(r"digest editions approve (\S+) --seen (\w+)", text.get_content())
    assert found, letter
    return found[1], found[2]


def moment(slot: str) -> datetime:
    """When a slot is, such as `2026-11-23T0700`."""
    return datetime.strptime(slot, "%Y-%m-%dT%H%M").replace(tzinfo=UTC)


def slot_at(job: str, now: datetime) -> str:
    """A job's slot at a time, by its schedule in plain words: each hour, or each day at seven."""
    time = now.replace(minute=0) if job == HOURLY else (now - timedelta(hours=7)).replace(hour=7, minute=0)
    return f"{time:%Y-%m-%dT%H%M}"


def spelled(slot: str) -> str:
    """The slot as the product spells it, with a colon."""
    return f"{slot[:13]}:{slot[13:]}"
