"""A newsletter's folder and a clock -> the daemon, which sends what is due at each slot and in between."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TypeAlias

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from digest import config, sending
from digest.core import slots
from digest.core.errors import DigestError
from digest.core.log import tag_addresses
from digest.core.settings import Job
from digest.core.tokens import load_key
from digest.schedule._notify import notify, watchdog_seconds
from digest.schedule._worker import Surroundings, Worker
from digest.store import connect

__all__ = ["SlotTrigger", "Surroundings", "run"]

_JUMP = 5.0
"""Seconds by which the clock must have been set to count."""
_FOLDERS = ("jobs", "topics", "templates")
_Files: TypeAlias = frozenset[tuple[str, int, int]]

log = logging.getLogger(__name__)


class SlotTrigger:
    """APScheduler's trigger of a job: its times by the slot rule, which the library's own trigger does not know."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The job's first slot after `now`; what was missed is known to the database."""
        del previous
        return slots.following(self._job.schedule, self._job.timezone, now)


# Registered, not derived: the library comes without types.
BaseTrigger.register(SlotTrigger)


def run(home: Path, around: Surroundings) -> None:
    """Send what is due until `stop` is set, and finish what is in flight; ConfigError when the start is wrong."""
    sending.load()
    files = _files(home)
    news = config.load(home)
    tag_addresses(load_key(home).log_tag)
    with connect(news.database):
        worker = Worker(news=news, around=around)
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
    scheduler.start()
    _plan(scheduler, worker)
    thread = Thread(target=worker.work, name="digest")
    thread.start()
    log.info("started", extra={"home": str(home)})
    notify("READY=1")
    try:
        _watch(files, scheduler, worker)
    finally:
        notify("STOPPING=1")
        around.stop.set()
        worker.ask()
        scheduler.shutdown(wait=False)
        thread.join()
        log.info("stopped")


def _watch(files: _Files, scheduler: BackgroundScheduler, worker: Worker) -> None:
    """Say at each beat that we live, and plan anew when files have changed or the clock was set."""
    around = worker.around
    offset = _offset(around)
    beat = watchdog_seconds(around.beat)
    while not around.stop.wait(beat):
        notify("WATCHDOG=1")
        before, files = files, _files(worker.news.home)
        jump, offset = _offset(around) - offset, _offset(around)
        if files != before:
            _reload(worker)
        if abs(jump) > _JUMP:
            log.warning("clock was set", extra={"seconds": round(jump)})
        if files != before or abs(jump) > _JUMP:
            _plan(scheduler, worker)
            worker.ask()


def _offset(around: Surroundings) -> float:
    """By how much the clock on the wall is ahead of one that nobody can set; sleep of the machine moves it too."""
    return around.now().timestamp() - monotonic()


def _plan(scheduler: BackgroundScheduler, worker: Worker) -> None:
    """Have the worker asked at each slot of each job from now on."""
    scheduler.remove_all_jobs()
    for job in worker.news.jobs.values():
        if moment := slots.following(job.schedule, job.timezone, worker.around.now()):
            rules = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
            scheduler.add_job(_fire, SlotTrigger(job), [job, worker], id=job.name, **rules)
            log.info("next time", extra={"job": job.name, "next": moment.isoformat(timespec="minutes")})


def _fire(job: Job, worker: Worker) -> None:
    log.info("time has come", extra={"job": job.name})
    worker.ask()


def _reload(worker: Worker) -> None:
    """Take the files as they are now; while there is a mistake in them the last good ones stay."""
    try:
        worker.news = config.load(worker.news.home)
    except DigestError as error:
        for line in str(error).splitlines():
            log.warning("configuration not reloaded", extra={"error": line})
    else:
        log.info("configuration reloaded")


def _files(home: Path) -> _Files:
    """Path, time of change and size of every file that a newsletter is made of."""
    found = set()
    for path in (home / "digest.toml", *(path for folder in _FOLDERS for path in (home / folder).rglob("*"))):
        try:
            status = path.stat()
        except OSError:  # gone meanwhile
            continue
        found.add((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)
