"""A frozen edition -> its mails on their way, each claimed before it leaves, and how the edition stands then."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest import message, pipeline
from digest.core.errors import DeliveryError, DigestError
from digest.core.mail import Claim, EditionState, Outgoing, Result, SendState
from digest.core.settings import Settings
from digest.core.tokens import Key
from digest.deliver import backend
from digest.draft import recipient
from digest.store import Store, editions, ledger

DONE, FAILED, IN_PART = 0, 1, 3
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
class Sender:
    """One sending process: what it needs for every job, and the id of its run file."""

    news: Settings
    store: Store
    key: Key
    run: str
    now: Callable[[], datetime]
    stopping: Callable[[], bool]
    progress: pipeline.Progress
    dry_run: bool = False
    force: bool = False


def deliver(sender: Sender, record: editions.Record) -> Report:
    """Send what an edition has queued and due; a destination that fails leaves the rest queued."""
    if sender.dry_run:
        return replace(standing(sender.store, record), reason="a dry run: nothing was sent")
    bodies = editions.bodies(sender.store, record.id).values()
    templates = {b.variant: message.Template(message.Frozen(mark=b.mark, data=b.data)) for b in bodies}
    tried = Counter[SendState]()

    def exchange(results: Sequence[Result], want: int) -> tuple[Outgoing, ...]:
        tried.update(result.state for result in results)
        sender.progress("send", tried.total(), record.recipients)
        claims = ledger.exchange(sender.store, record.id, sender.run, results, want, sender.now())
        return tuple(mail(claim) for claim in claims)

    def mail(claim: Claim) -> Outgoing:
        to = recipient(sender.key, record.job, record.unsubscribe, claim.email, claim.message_id)
        return Outgoing(claim=claim, return_path=record.return_path, chunks=templates[claim.variant].mail(to))

    trouble = ""
    try:
        way = backend(sender.news.delivery.to)
        way.check(sender.news.delivery, sender.news.home)
        way.deliver(sender.news.delivery, sender.news.home, exchange, sender.stopping)
    except DeliveryError as error:
        trouble = f"{error}; the rest stays queued"
    ledger.finish(sender.store, record.id)
    return _after(sender, record.id, tried, trouble)


def _after(sender: Sender, edition: str, tried: Counter[SendState], trouble: str) -> Report:
    report = standing(sender.store, recorded(sender.store, edition))
    unfinished = sender.stopping() and report.state == EditionState.SENDING
    stopped = "stopped by a signal; the rest stays queued" if unfinished else ""
    in_part = stopped or any(tried[state] for state in _UNSOLVED)
    return replace(
        report,
        reason=trouble or stopped or ("" if tried[SendState.SENT] else report.reason),
        exit_code=FAILED if trouble else IN_PART if in_part else DONE,
    )


def standing(store: Store, record: editions.Record) -> Report:
    """How an edition stands, with a reason that says what comes next."""
    counts = ledger.counts(store, record.id)
    reasons = {
        EditionState.HELD: f"held ({record.reason}): {record.detail}; `digest send {record.job} --force` sends it",
        EditionState.SENDING: "mails are on their way or wait for another try",
        EditionState.SENT: "already sent",
        EditionState.PARTIAL: "already sent in part; `digest report` says who is missing",
        EditionState.COMPOSING: "another run composes it",
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
        exit_code=FAILED if record.state == EditionState.HELD else DONE,
    )


def recorded(store: Store, edition: str) -> editions.Record:
    """The edition, which must be there."""
    record = editions.get(store, edition)
    if record is None:
        raise DigestError(f"{edition}: the edition has gone from the database")
    return record
