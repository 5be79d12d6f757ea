"""Settings and a clock -> rounds of sending and gathering, one at a time, in the thread that calls `work`."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from threading import Event
from time import monotonic

from digest import pipeline, sending, telling, waiting
from digest.core import runfile
from digest.core.errors import DigestError
from digest.core.settings import Settings, Source
from digest.core.tokens import load_key
from digest.dispatch import Report
from digest.fetch.door import open_door
from digest.hearing import Hearing, Tally, hear
from digest.mailroom import Sender
from digest.store import connect, sources

log = logging.getLogger("digest.schedule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the daemon has of the world outside: who stops it, and a clock."""

    stop: Event
    now: Callable[[], datetime]
    beat: float = 60.0
    """Seconds between two looks at files, clock, sources and what waits."""


@dataclass(slots=True, kw_only=True)
class Worker:
    """Sends and gathers in one thread, so that nothing is done twice at a time."""

    news: Settings
    """Replaced when the files change; each round takes it once."""
    around: Surroundings
    _asked: Event = field(default_factory=Event)
    _rest: timedelta = waiting.SHORTEST
    """How long after a round the next one comes unasked."""
    _failed: bool = False
    _known: Mapping[str, Report] = field(default_factory=dict)
    _checked: dict[str, datetime] = field(default_factory=dict)
    """Source key -> when it was last asked between slots, whether it answered or not."""
    _heard: float | None = None
    """When the mailbox was last read, by a clock that nobody can set."""

    def ask(self) -> None:
        """Send what is due as soon as the round in hand is over."""
        self._asked.set()

    def work(self) -> None:
        """Until `stop`: send when asked and after each rest; gather what has its own clock."""
        again = monotonic()
        while not self.around.stop.is_set():
            if self._asked.is_set() or monotonic() >= again:
                self._asked.clear()
                self._round()
                again = monotonic() + self._rest.total_seconds()
            with _outlived("gather"):
                self._gather()
            with _outlived("feedback", logging.WARNING):
                self._hear()
            self._asked.wait(min(self.around.beat, max(0.0, again - monotonic())))

    def _round(self) -> None:
        rest, failed, self._failed = self._rest, self._failed, True
        self._rest = min(2 * rest, waiting.LONGEST) if failed else waiting.SHORTEST
        news = self.news
        with _outlived("send"):
            reports = self._send(news)
            self._rest = waiting.pause(rest, self._known, reports)
            self._known = {report.edition: report for report in reports}
            self._failed = False
        if self._failed:
            with _outlived("healthcheck"):
                telling.ping(news, open_door(news.limits), is_failure=True)

    def _send(self, news: Settings) -> Sequence[Report]:
        """What `digest send` does; a line of the log for each edition with which something has changed."""
        with connect(news.database) as store, runfile.begin(runfile.folder(store.path)) as run:
            sender = Sender(
                news=news,
                store=store,
                key=load_key(news.home),
                run=run,
                now=self.around.now,
                stopping=self.around.stop.is_set,
                progress=_silent,
            )
            reports = sending.send(sender, ())
            for report in reports:
                if report != self._known.get(report.edition):
                    telling.record(report)
            telling.tell(news, store, reports, sender.now(), open_door(news.limits), stopping=sender.stopping)
        return reports

    def _gather(self) -> None:
        """Check the sources whose `check_every` is over; the others are checked with their jobs."""
        news, now = self.news, self.around.now()
        own = [source for source in news.sources if source.check_every]
        if not own or self.around.stop.is_set():
            return
        with connect(news.database) as store:
            answered = sources.last_answers(store)
            due = [source for source in own if self._is_due(source, answered.get(source.key), now)]
            self._checked |= dict.fromkeys((source.key for source in due), now)
            for taken in pipeline.check_sources(news, store, due, now, _silent) if due else ():
                level = logging.WARNING if taken.error else logging.INFO
                log.log(level, "source checked", extra=asdict(taken))

    def _hear(self) -> None:
        """Read what came back when `check_every` is over; breaks off when mails are to be sent."""
        news, around = self.news, self.around
        rest = news.feedback.check_every.total_seconds()
        if not news.feedback.mailbox or (self._heard is not None and monotonic() - self._heard < rest):
            return
        self._heard = monotonic()
        tally = Tally()

        def stopping() -> bool:
            if not (around.stop.is_set() or self._asked.is_set()):
                return False
            self._heard = None  # the rest comes after the mails
            return True

        with connect(news.database) as store:
            hearing = Hearing(news=news, store=store, key=load_key(news.home), now=around.now(), stopping=stopping)
            try:
                for heard in hear(hearing, news.feedback.mailbox):
                    tally.add(heard)
            finally:
                if tally.counts:
                    log.info("mailbox read", extra={"letters": str(tally)})
                for alarm in tally.alarms(store):
                    log.warning("many bounces", extra={"edition": alarm})

    def _is_due(self, source: Source, answered: datetime | None, now: datetime) -> bool:
        seen = [moment for moment in (answered, self._checked.get(source.key)) if moment]
        # A check in the future was noted by a clock that has been set back since.
        return not any(timedelta(0) <= now - moment < source.check_every for moment in seen)


@contextmanager
def _outlived(what: str, level: int = logging.ERROR) -> Iterator[None]:
    """What goes wrong inside is told and ends nothing; `level`: of what a person can mend."""
    try:
        yield
    except DigestError as error:
        log.log(level, "%s failed", what, extra={"error": str(error)})
    except Exception:
        log.exception("%s failed", what)


def _silent(what: str, done: int, total: int) -> None:
    del what, done, total
