"""A job's slot -> an edition composed once, frozen and sent; whatever happens, nobody is mailed twice."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import ModuleType

from digest import issues, review
from digest.core import plug, slots
from digest.core.errors import UsageError
from digest.core.mail import EditionState, SendState
from digest.core.settings import Job
from digest.core.text import counted
from digest.dispatch import DONE, FAILED, Composed, Report, deliver, standing
from digest.mailroom import Sender
from digest.store import decisions, editions, recovery

_SET_BACK = timedelta(days=1)
"""A clock that was set back by so little makes no slot due that was closed before, as by a restore."""


def send(sender: Sender, asked: Sequence[str]) -> tuple[Report, ...]:
    """Send the current slot of the jobs asked for; when none is, finish what is open and send what is due."""
    lost = _recovered(sender)
    if asked:
        reports = [send_job(sender, issues.job_named(sender.news, name)) for name in asked]
    else:
        if not sender.dry_run:
            release(sender)
            _queue_letters(sender)
        reports = [deliver(sender, record) for record in editions.unfinished(sender.store)]
        reports += [reviewed(sender, record) for record in editions.under_review(sender.store)]
        reports += [send_job(sender, job) for job in due(sender)]
    return _warned(reports, lost)


def release(sender: Sender, edition: str = "") -> bool:
    """Send the editions, or one, whose editors were told and had their time; whether there was any."""
    is_shown = partial(review.is_shown, sender.news, sender.store)
    return decisions.release_due(sender.store, sender.now(), edition, is_shown)


def send_again(sender: Sender, name: str, to: Sequence[str]) -> tuple[Report, ...]:
    """Compose a slot that is done once more, for those who did not get it, or for the active subscribers in `to`."""
    lost, job = _recovered(sender), issues.job_named(sender.news, name)
    slot = issues.slot_of(job, sender.now())
    known = editions.of_slot(sender.store, job.name, slot)
    if known is None:
        raise UsageError(f"{job.name}: nothing was sent for {slot} yet; `digest send {job.name}` does")
    unfinished = (EditionState.SENDING, EditionState.COMPOSING, EditionState.READY, EditionState.HELD)
    if known.state in unfinished and not editions.is_open(sender.store, known):
        raise UsageError(f"{known.id}: {known.state}; finish it first, or `digest editions stop {known.id}`")
    issue = issues.next_issue(sender.store, job, sender.now(), again=True)
    composed: Composed = _loaded("composing").compose_again(sender, job, issue, to)
    return _warned([_on(sender, composed)], lost)


def _recovered(sender: Sender) -> int:
    """Settle what dead runs left; how many mails are uncertain by that."""
    settled = recovery.recover(sender.store, sender.news.delivery.uncertain, sender.now())
    return settled.get(SendState.UNCERTAIN, 0)


def _warned(reports: list[Report], lost: int) -> tuple[Report, ...]:
    if lost and reports:
        mails = counted(lost, "mail of a run that died is uncertain", "mails of a run that died are uncertain")
        warning = f"{mails}; `digest report` names {'it' if lost == 1 else 'them'}"
        reports[0] = replace(reports[0], warnings=(warning, *reports[0].warnings))
    return tuple(reports)


def send_job(sender: Sender, job: Job) -> Report:
    """Bring the job's current slot as far as it goes now."""
    slot = issues.slot_of(job, sender.now())
    known = editions.of_slot(sender.store, job.name, slot)
    if known and known.state == EditionState.HELD and known.reason == "check" and sender.force:
        if not sender.dry_run:
            decisions.release(sender.store, known.id, sender.now())
        return deliver(sender, known)
    if known and not sender.dry_run and release(sender, known.id):
        known = editions.of_slot(sender.store, job.name, slot)
    if known and known.state == EditionState.SENDING:
        return deliver(sender, known)
    if known and not editions.is_open(sender.store, known):
        return reviewed(sender, known)
    if known and known.revision > 1:
        # Whom it was for is known only to whoever asked for it.
        interrupted = f"its composition was interrupted; `digest send {job.name} --again` begins anew"
        return replace(standing(sender.store, known), reason=known.detail or interrupted)
    composed: Composed = _loaded("composing").compose(sender, job, issues.next_issue(sender.store, job, sender.now()))
    return _on(sender, composed)


def _on(sender: Sender, composed: Composed) -> Report:
    """Deliver what was composed, unless something keeps it."""
    if composed.record is None or composed.record.state != EditionState.SENDING:
        return composed.report
    report = deliver(sender, composed.record)
    return replace(report, warnings=composed.report.warnings + report.warnings)


def reviewed(sender: Sender, record: editions.Record) -> Report:
    """How an edition that waits stands, once its editors are told of it who were not."""
    found: Report = _loaded("editors").reviewed(sender, record)
    return found


def _queue_letters(sender: Sender) -> None:
    if sender.news.site.url:
        _loaded("letters").queue(sender)


def load() -> None:
    """Import at once what is imported when needed: who lives long would meet modules of a later version."""
    for name in ("composing", "editors", "letters"):
        _loaded(name)


def _loaded(name: str) -> ModuleType:
    """A module that knows how mails are written: a run that has nothing to write is over before these are imported."""
    return plug.load("digest", name)


def exit_code(reports: Sequence[Report]) -> int:
    """1 when a job failed, else 3 when one was done in part, else 0."""
    codes = {report.exit_code for report in reports}
    return FAILED if FAILED in codes else max(codes, default=DONE)


def due(sender: Sender) -> Iterator[Job]:
    """Jobs whose newest slot came since they were first read and is not done; a job without schedule never is due."""
    for job in sender.news.jobs.values():
        if job.schedule and _is_due(sender, job, sender.now()):
            yield job


def _is_due(sender: Sender, job: Job, now: datetime) -> bool:
    moment = slots.current(job.schedule, job.timezone, now)
    known = editions.of_slot(sender.store, job.name, slots.name(moment, job.schedule))
    since = editions.known_since(sender.store, job.name, now)
    if known is not None:
        # What was tried once is tried again, also where only a named send reached back so far.
        return known.revision == 1 and editions.is_open(sender.store, known)
    if job.catch_up == "none" and now - moment > slots.LATE:
        return False
    if moment < since <= now + _SET_BACK:
        return False
    last = editions.last_sent(sender.store, job.name)
    # An earlier time put into the schedule after the day's edition went makes no second one. What was written in the
    # future comes of a clock that has been set back since, and says nothing.
    return last is None or not moment < last <= now
