"""An edition and the review its job asks for -> what it waits for, and whether its editors saw what it says."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from digest import dispatch
from digest.core.mail import EditionState
from digest.core.settings import Job, Settings
from digest.dispatch import BY_PEOPLE, Report
from digest.store import Store, editions, told

_CODE_LENGTH = 8


def is_under_review(record: editions.Record) -> bool:
    """Whether an edition waits for its editors."""
    return record.state == EditionState.READY or (record.state == EditionState.HELD and record.reason == "review")


def waiting(job: Job, now: datetime, known: editions.Record | None) -> editions.Waiting:
    """What an edition waits for before it is sent: what it waited for already, else by the job's review."""
    if known and known.reason in BY_PEOPLE:
        return editions.Waiting(state=EditionState.HELD, reason=known.reason)
    if known and known.release:
        return editions.Waiting(state=EditionState.READY, until=datetime.fromisoformat(known.release))
    if job.review == "hold":
        return editions.Waiting(state=EditionState.HELD, reason="review")
    if job.review > timedelta(0):
        return editions.Waiting(state=EditionState.READY, until=now + job.review)
    return editions.Waiting(state=EditionState.SENDING)


def code(store: Store, edition: str) -> str:
    """Eight hex digits of an edition's frozen mails: another code, another content."""
    seen = sha256()
    for variant, body in sorted(editions.bodies(store, edition).items()):
        seen.update(variant.encode() + b"\0" + body.data.replace(body.mark.encode(), b""))
    return seen.hexdigest()[:_CODE_LENGTH]


def is_shown(news: Settings, store: Store, edition: str) -> bool:
    """Whether the editors were shown what an edition says now; without editors there is nobody to wait for."""
    return not news.editors.to or told.is_shown(store, edition, code(store, edition))


def standing(news: Settings, store: Store, record: editions.Record) -> Report:
    """How an edition stands, with a reason that says what comes next."""
    found = dispatch.standing(store, record)
    if record.state != EditionState.READY or is_shown(news, store, record.id):
        return found
    reason = f"waits until its editors are told; `digest editions approve {record.id}` sends it now"
    return replace(found, reason=reason)
