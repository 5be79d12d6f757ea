"""What a send left open -> tried again and again, for a while, until it is done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from digest import issues, sending
from digest.core.errors import DeliveryError
from digest.core.mail import EditionState
from digest.dispatch import DONE, FAILED, IN_PART, Report, deliver, recorded
from digest.mailroom import Sender
from digest.store import editions

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(minutes=5)
_OPEN = frozenset({EditionState.COMPOSING, EditionState.READY, EditionState.SENDING})
_UNDELIVERED = frozenset({EditionState.SENDING, EditionState.PARTIAL, EditionState.EXPIRED})


def send(sender: Sender, asked: Sequence[str], most: timedelta, sleep: Callable[[float], object]) -> tuple[Report, ...]:
    """What `sending.send` reports once nothing of it is open any more, or after so long at most.

    `sleep` is told seconds and may end early; an edition that had to wait counts as done only when all its mails went.
    DeliveryError when the destination was away all the time.
    """
    end, between = monotonic() + most.total_seconds(), SHORTEST / 2
    latest: dict[str, Report] = {}
    left: set[str] = set()
    waited: set[str] = set()
    while True:
        reports, trouble = _tried(sender, asked, [latest[name] for name in left])
        between = pause(between, latest, reports)
        latest |= {report.edition: report for report in reports}
        left = {name for name in latest if _is_open(sender, name)}
        if not (left or trouble) or _is_over(sender, end):
            break
        waited |= left
        sleep(min(between.total_seconds(), end - monotonic()))
        if _is_over(sender, end):
            break
    if trouble:
        raise trouble
    return tuple(replace(r, exit_code=_exit_code(r)) if r.edition in waited else r for r in latest.values())


def pause(before: timedelta, known: Mapping[str, Report], reports: Iterable[Report]) -> timedelta:
    """How long to wait before the next try: longer after each that changed nothing, unless a review runs out."""
    changed = any(known.get(report.edition) != report or report.state == EditionState.READY for report in reports)
    return SHORTEST if changed else min(2 * before, LONGEST)


def _tried(
    sender: Sender, asked: Sequence[str], left: Sequence[Report]
) -> tuple[Sequence[Report], DeliveryError | None]:
    """One more try: of what is left of the jobs asked for, else of all that is due."""
    try:
        return [_once_more(sender, r) for r in left] if asked and left else sending.send(sender, asked), None
    except DeliveryError as error:
        return (), error


def _is_over(sender: Sender, end: float) -> bool:
    return sender.stopping() or monotonic() >= end


def _is_open(sender: Sender, name: str) -> bool:
    record = editions.get(sender.store, name)
    if record is None or record.state in _OPEN:
        return record is not None
    return record.state == EditionState.HELD and record.reason in editions.REPEATED and _is_current(sender, record)


def _is_current(sender: Sender, record: editions.Record) -> bool:
    job = sender.news.jobs.get(record.job)
    return job is not None and issues.slot_of(job, sender.now()) == record.slot


def _once_more(sender: Sender, report: Report) -> Report:
    record = recorded(sender.store, report.edition)
    if record.state == EditionState.SENDING or sending.release(sender, record.id):
        return deliver(sender, record)
    if _is_current(sender, record):
        return sending.send_job(sender, sender.news.jobs[record.job])
    return sending.reviewed(sender, record) if record.state == EditionState.READY else report


def _exit_code(report: Report) -> int:
    if report.exit_code == FAILED:
        return FAILED
    return IN_PART if report.state in _UNDELIVERED else DONE
