"""Editors and an edition that waits for them: what they are shown and told, and a test of it for one address."""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesParser
from functools import partial
from html import escape
from secrets import token_hex

from digest import issues, message
from digest.core import runfile
from digest.core.errors import DigestError, UsageError
from digest.core.mail import EditionState, Image, Rendered
from digest.core.settings import Job, Settings
from digest.core.tokens import Key
from digest.dispatch import Report, recorded
from digest.draft import FULL, headers
from digest.mailroom import Sender
from digest.post import attempt, post
from digest.recipients import as_sample, signer
from digest.review import code, is_shown, is_under_review, standing
from digest.store import Store, editions, told

_log = logging.getLogger("digest.editors")
UNSEEN = "its editors could not be told of it before the job's next slot"
_PLACES = {"plain": "PLAIN-", "html": "HTML-"}
"""What a frozen part says before the names of its marks."""
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


def reviewed(sender: Sender, record: editions.Record) -> Report:
    """How an edition stands, once its editors are told of it who were not: a run died, or the relay was away."""
    warnings: tuple[str, ...] = ()
    if is_under_review(record) and not sender.dry_run and not is_shown(sender.news, sender.store, record.id):
        warnings = _told_late(sender, record)
    return replace(standing(sender.news, sender.store, recorded(sender.store, record.id)), warnings=warnings)


def _told_late(sender: Sender, record: editions.Record) -> tuple[str, ...]:
    """Tell the editors, until the job's next slot has come; then a person decides. Warnings."""
    store, job = sender.store, sender.news.jobs.get(record.job)
    if job is None:
        return (f"the editors were not told: jobs/{record.job}.toml is gone",)
    if issues.slot_of(job, sender.now()) > record.slot:
        told.shelve(store, record.id, UNSEEN)
        return ()
    is_at_it = record.run != sender.run.id and runfile.lives(runfile.folder(store.path), record.run)
    if is_at_it or not told.take(store, record, sender.run.id):
        return ()
    return _announced(sender, job, record)


def announce(sender: Sender, job: Job, record: editions.Record) -> tuple[str, ...]:
    """Show an edition that was just composed to the editors and tell them what to type; warnings if that failed.

    One that was changed keeps its time.
    """
    _log.info("edition waits for review", extra={"edition": record.id, "state": record.state, "until": record.release})
    if not sender.news.editors.to:
        return (f"{record.id} waits for review and nobody is told: [editors] to in digest.toml is empty",)
    return _announced(sender, job, record, is_changed=told.is_shown(sender.store, record.id))


def _announced(sender: Sender, job: Job, record: editions.Record, *, is_changed: bool = False) -> tuple[str, ...]:
    """Mail what is frozen to each editor and remember that; warnings where that could not be done."""
    until = partial(_end, job, record, is_changed=is_changed)
    try:
        seen = code(sender.store, record.id)
        mails = _letters(sender, job, record, seen, until(sender.now()))
        posted = attempt(sender.news, mails, sender.stopping)
        # One who cannot be reached must not have the others wait and be told again.
        if posted.gone:
            now = sender.now()
            told.show(sender.store, record.id, seen, now, until(now))
        trouble = posted.trouble
    except DigestError as error:
        trouble = str(error)
    return (f"the editors were not told: {trouble}",) if trouble else ()


def _end(job: Job, record: editions.Record, now: datetime, *, is_changed: bool) -> datetime:
    """When the time for review is over, if editors are told now; what waits for a person has no such time."""
    known = datetime.fromisoformat(record.release) if record.release else now
    length = job.review if isinstance(job.review, timedelta) else known - record.composed
    return known if not record.release or (is_changed and known > now) else max(known, now + length)


def _letters(sender: Sender, job: Job, record: editions.Record, seen: str, until: datetime) -> list[tuple[str, bytes]]:
    """The frozen edition with what to type above it, for each editor."""
    news, body = sender.news, editions.bodies(sender.store, record.id).get(FULL)
    if body is None:
        raise UsageError(f"{record.id}: {record.state}; it has no mails yet")
    shown = _with_banner(thawed(record.subject, body), *instructions(job, record, seen, until))
    frozen = message.freeze(shown, headers(job, issues.issue_of(record, job), has_site=bool(record.site)), body.mark)
    template = message.Template(frozen, signer(news, job.name))
    domain = job.sender.rpartition("@")[2].rstrip(">")
    mails = []
    for email in news.editors.to:
        tag = sender.key.tag("review", record.id, seen, email)
        to = message.Recipient(
            email=email, message_id=f"<review.{tag}@{domain}>", unsubscribe=f"mailto:{record.unsubscribe}"
        )
        mails.append((email, b"".join(template.mail(as_sample(to, record.site)))))
    return mails


def thawed(subject: str, body: editions.Body) -> Rendered:
    """A frozen mail as it was rendered, its marks included."""
    texts: dict[str, str] = {}
    pictures = []
    for part in BytesParser(policy=policy.default).parsebytes(body.data).walk():
        kind, subtype = part.get_content_maintype(), part.get_content_subtype()
        if kind == "text":
            texts[subtype] = part.get_content().replace(f"%%{body.mark}:{_PLACES[subtype]}", f"%%{body.mark}:")
        if kind == "image":
            name = str(part["Content-ID"]).strip("<>").partition("@")[0]
            pictures.append(Image(hash=name, data=part.get_content(), width=0, height=0))
    return Rendered(subject=subject, preheader="", html=texts["html"], text=texts["plain"], pictures=tuple(pictures))


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
    return post(news, [(to, b"".join(template.mail(as_sample(values, record.site))))], lambda: False)


def instructions(job: Job, record: editions.Record, seen: str, until: datetime) -> tuple[str, Sequence[str]]:
    """What becomes of an edition under review, and what to type to change that."""
    if record.state == EditionState.READY:
        title = f"Goes out at {until.astimezone(job.timezone):%H:%M} ({job.timezone.key}) unless somebody holds it."
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
    typed = "\n".join([title, "", *(f"    {each}" for each in lines), "", "-" * 64, "", ""])
    return replace(
        rendered,
        subject=f"[Review] {rendered.subject}",
        html=rendered.html[:place] + banner + rendered.html[place:],
        text=typed + rendered.text,
    )
