"""A frozen edition -> its mails on their way, and how the edition stands then."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace

from digest.core.errors import DeliveryError, DigestError
from digest.core.mail import EditionState, SendState
from digest.core.text import counted
from digest.deliver import backend
from digest.mailroom import Mailroom, Sender
from digest.store import Store, editions, ledger, report

DONE, FAILED, IN_PART = 0, 1, 3
BY_PEOPLE = ("review", "person")
"""Why an edition is held that only a person lets go."""
_A_MAIL, _LOG = 700, 4_400_000
"""Bytes that a mail adds to the database's log, and what the log grows to at most (measured with 600 to 20,000)."""
_LEAST_SPACE = 500_000
_UNSOLVED = (SendState.DEFERRED, SendState.FAILED, SendState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one job in this run; the fields are those of `send --json` and the exit code."""

    job: str
    slot: str
    edition: str
    state: str
    recipients: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0
    warnings: tuple[str, ...] = ()
    reason: str = ""
    exit_code: int = DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What came of a composition; a record when it was frozen."""

    report: Report
    record: editions.Record | None = None


def deliver(sender: Sender, record: editions.Record) -> Report:
    """Send what an edition has queued and due; a destination that fails leaves the rest queued."""
    if sender.dry_run:
        return replace(standing(sender.store, record), reason="a dry run: nothing was sent")
    room, trouble, news = Mailroom(sender, record), "", sender.news
    try:
        _check_space(sender, room.waiting)
        with ledger.busy(sender.store):
            backend(news.delivery.to).deliver(
                news.delivery, news.home, room.exchange, room.wanted, sender.run, sender.stopping
            )
    except DeliveryError as error:
        trouble = f"{error}; the rest stays queued"
    ledger.finish(sender.store, record.id)
    return _after(sender, record.id, room.tried, trouble)


def _check_space(sender: Sender, waiting: int) -> None:
    """DeliveryError when the database's disk has less than twice the room that the send may need (trust.md F3)."""
    home = sender.news.home
    free, least = shutil.disk_usage(home).free, max(_LEAST_SPACE, 2 * min(_A_MAIL * waiting, _LOG))
    if free < least:
        figures = f"{free / 1e6:,.1f} MB free where sending {counted(waiting, 'mail')} asks for {least / 1e6:,.1f}"
        raise DeliveryError(f"{home}: the disk is nearly full, {figures}")


def _after(sender: Sender, edition: str, tried: Mapping[SendState, int], trouble: str) -> Report:
    found = standing(sender.store, recorded(sender.store, edition))
    unfinished = sender.stopping() and found.state == EditionState.SENDING
    stopped = "stopped by a signal; the rest stays queued" if unfinished else ""
    in_part = stopped or any(tried.get(state) for state in _UNSOLVED)
    return replace(
        found,
        reason=trouble or stopped or ("" if tried.get(SendState.SENT) else found.reason),
        exit_code=FAILED if trouble else IN_PART if in_part else DONE,
    )


def standing(store: Store, record: editions.Record) -> Report:
    """How an edition stands, with a reason that says what comes next."""
    counts = report.counts(store, record.id)
    approve = f"`digest editions approve {record.id}` sends it"
    detail = f" ({record.detail})" if record.detail else ""
    held = {
        "check": f"held (check): {record.detail}; `digest send {record.job} --force` sends it",
        "review": f"waits for review{detail}; {approve}",
        "person": f"held by a person{detail}; {approve}",
    }
    reasons = {
        EditionState.HELD: held.get(record.reason, record.detail),
        EditionState.READY: f"under review until {record.release}; {approve} now, `hold` keeps it",
        EditionState.SENDING: "mails are on their way or wait for another try",
        EditionState.SENT: "already sent",
        EditionState.PARTIAL: "already sent in part; `digest report` says who is missing",
        EditionState.COMPOSING: "another run composes it",
        EditionState.STOPPED: f"{record.detail}; `digest send {record.job} --again` composes it anew",
    }
    return Report(
        job=record.job,
        slot=record.slot,
        edition=record.id,
        state=record.state,
        recipients=record.recipients,
        sent=counts.get(SendState.SENT, 0),
        deferred=counts.get(SendState.DEFERRED, 0),
        failed=counts.get(SendState.FAILED, 0),
        uncertain=counts.get(SendState.UNCERTAIN, 0),
        reason=reasons.get(record.state, record.detail or record.state),
        exit_code=FAILED if record.state == EditionState.HELD and record.reason not in BY_PEOPLE else DONE,
    )


def recorded(store: Store, edition: str) -> editions.Record:
    """The edition, which must be there."""
    record = editions.get(store, edition)
    if record is None:
        raise DigestError(f"{edition}: the edition has gone from the database")
    return record
