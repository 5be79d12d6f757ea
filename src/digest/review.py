"""Editors and an edition that waits for them: what they are shown and told, and the code of what they saw."""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from html import escape
from secrets import token_hex

from digest import message
from digest.core.errors import DigestError, UsageError
from digest.core.mail import EditionState, Rendered
from digest.core.settings import Job, Settings
from digest.core.tokens import Key
from digest.dispatch import BY_PEOPLE
from digest.draft import FULL, Draft, headers, signer
from digest.mailroom import Sender
from digest.post import post
from digest.store import Store, editions

_log = logging.getLogger("digest.review")
_CODE_LENGTH = 8
_BODY = re.compile(r"<body[^>]*>")
_BANNER = (
    '<div dir="ltr" style="background:#16181D;color:#FFFFFF;font-family:Arial,sans-serif;font-size:16px;'
    'line-height:24px;padding:18px 20px 16px;border-bottom:4px solid #E8A317;text-align:left">'
    '<b style="color:#FFD166">{title}</b>{lines}</div>'
)
_LINE = (
    '<div style="margin:7px 0 0 16px;text-indent:-16px;font-family:Consolas,Menlo,monospace;font-size:13px;'
    'line-height:18px">{}</div>'
)


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


def announce(sender: Sender, job: Job, made: Draft, record: editions.Record) -> tuple[str, ...]:
    """Show the edition to the editors and tell them what to type; warnings where that could not be done."""
    _log.info("edition waits for review", extra={"edition": record.id, "state": record.state, "until": record.release})
    news = sender.news
    if not news.editors.to:
        return (f"{record.id} waits for review and nobody is told: [editors] to in digest.toml is empty",)
    try:
        mails = _letters(sender, job, made, record)
        trouble = post(news, mails, sender.stopping)
    except DigestError as error:
        trouble = str(error)
    return (f"the editors were not told: {trouble}",) if trouble else ()


def _letters(sender: Sender, job: Job, made: Draft, record: editions.Record) -> list[tuple[str, bytes]]:
    """The edition with what to type above it, for each editor."""
    news, seen = sender.news, code(sender.store, record.id)
    title, lines = instructions(job, record, seen)
    shown = _with_banner(made.full.rendered, title, lines)
    frozen = message.freeze(shown, headers(job, made.edition.issue), made.full.mail.mark)
    template = message.Template(frozen, signer(news, job.name))
    domain = job.sender.rpartition("@")[2].rstrip(">")
    mails = []
    for email in news.editors.to:
        tag = sender.key.tag("review", record.id, seen, email)
        to = message.Recipient(
            email=email, message_id=f"<review.{tag}@{domain}>", unsubscribe=f"mailto:{record.unsubscribe}"
        )
        mails.append((email, b"".join(template.mail(to))))
    return mails


def test(news: Settings, store: Store, key: Key, record: editions.Record, to: str) -> str:
    """Send one address the edition's full variant, marked as a test; why it did not go, or nothing."""
    body = editions.bodies(store, record.id).get(FULL)
    if body is None:
        raise UsageError(f"{record.id}: {record.state}; it has no mails yet")
    tag = key.tag("test", record.id, to, token_hex(8))
    values = message.Recipient(
        email=to,
        message_id=f"<test.{tag}@{record.return_path.rpartition('@')[2]}>",
        unsubscribe=f"mailto:{record.unsubscribe}",
    )
    # On a line of its own, so that no line grows too long; only the header has such a line before the body.
    marked = body.data.replace(b"\r\nSubject: ", b"\r\nSubject: [TEST]\r\n ", 1)
    template = message.Template(message.Frozen(mark=body.mark, data=marked), signer(news, record.job))
    return post(news, [(to, b"".join(template.mail(values)))], lambda: False)


def instructions(job: Job, record: editions.Record, seen: str) -> tuple[str, Sequence[str]]:
    """What becomes of an edition under review, and what to type to change that."""
    if record.state == EditionState.READY:
        moment = datetime.fromisoformat(record.release).astimezone(job.timezone)
        title = f"Goes out at {moment:%H:%M} ({job.timezone.key}) unless somebody holds it."
        lines = [f"digest editions hold {record.id}"]
    else:
        title = "Waits for approval."
        lines = []
    lines += [
        f"digest editions approve {record.id} --seen {seen}",
        f"digest editions edit {record.id} --subject TEXT --intro FILE",
        f"digest editions show {record.id}   (names each article's ID)",
        "digest articles drop ID   (or pin ID, move ID TOPIC)",
        f"digest editions send {record.id} --to YOU@EXAMPLE.ORG",
    ]
    return title, lines


def _with_banner(rendered: Rendered, title: str, lines: Sequence[str]) -> Rendered:
    """The mail with the instructions above it."""
    banner = _BANNER.format(title=escape(title), lines="".join(_LINE.format(escape(each)) for each in lines))
    found = _BODY.search(rendered.html)
    place = found.end() if found else 0
    told = "\n".join([title, "", *(f"    {each}" for each in lines), "", "-" * 64, "", ""])
    return replace(
        rendered,
        subject=f"[Review] {rendered.subject}",
        html=rendered.html[:place] + banner + rendered.html[place:],
        text=told + rendered.text,
    )
