"""Readers who sign up -> the mails that ask whether it was they, and welcome them: frozen, queued and sent like any."""

import logging
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from digest import message
from digest.core import address, defaults
from digest.core.errors import TemplateError
from digest.core.model import Issue, Paragraph
from digest.core.settings import Job, Settings
from digest.dispatch import Report, deliver
from digest.draft import headers
from digest.formats import markdown
from digest.mailroom import Sender
from digest.recipients import message_id, unsubscribe_address
from digest.render import letter
from digest.store import editions, letters
from digest.words import words

_log = logging.getLogger("digest.letters")
_MOST = 1_000
"""Letters queued at once."""
_SINCE = timedelta(days=2)
"""Who confirmed longer ago is welcomed no more."""
_MINUTES = 10
"""Letters of so many minutes are frozen together: the Date of none is much older than it is."""
_KINDS = (("confirm", "pending", ("confirm",)), ("welcome", "active", ("preferences", "browser")))
"""Kind, the state of those it goes to, and what links it has."""


def send(sender: Sender) -> tuple[Report, ...]:
    """Queue the letters that readers are owed, and deliver those that wait."""
    queue(sender)
    waiting = [record for record in editions.unfinished(sender.store) if record.is_letter]
    return tuple(deliver(sender, record) for record in waiting)


def queue(sender: Sender) -> int:
    """Queue what is owed by every job; how many letters. Without a site nobody can sign up, and nothing is owed."""
    if not sender.news.site.url or sender.dry_run:
        return 0
    return sum(_queued(sender, job, *kind) for job in sender.news.jobs.values() for kind in _KINDS)


def _queued(sender: Sender, job: Job, kind: str, addressed: str, linked: Sequence[str]) -> int:
    if kind == "welcome" and not job.welcome:
        return 0
    now, count = sender.now(), 0
    owed = letters.owed(sender.store, job.name, addressed, now - _SINCE, _MOST)
    for language, whom in _by_language(sender.news, owed).items():
        edition = f"{job.name}.{kind}-{language}-{_moment(now):%Y-%m-%dT%H%M}"
        try:
            if not letters.has(sender.store, edition):
                letters.freeze(sender.store, _frozen(sender, job, kind, addressed, linked, language, edition))
        except TemplateError as error:
            _log.warning("letters not written", extra={"edition": edition, "error": str(error)})
            continue
        named = {each: message_id(job, sender.key, edition, address.folded(each.email)) for each in whom}
        count += letters.queue(sender.store, edition, addressed, now - _SINCE, named)
    return count


def _frozen(
    sender: Sender, job: Job, kind: str, addressed: str, linked: Sequence[str], language: str, edition: str
) -> letters.Letter:
    """What the letters of a moment say."""
    news, now, mark = sender.news, sender.now(), secrets.token_hex(8)
    name = f"{job.name}.{kind}"
    shown = letter(
        kind,
        job=job,
        newsletter=news.newsletter,
        language=language,
        reader=message.reader(mark, linked),
        folders=defaults.template_folders(news.home),
        paragraphs=_welcome(news, job) if kind == "welcome" else (),
    )
    issue = Issue(id=edition, job=job.name, slot="", revision=1, number=1, composed=now.astimezone(job.timezone))
    mail = message.freeze(shown, headers(job, issue, has_site=True, kind=kind), mark)
    return letters.Letter(
        edition=edition,
        job=name,
        composed=now,
        subject=shown.subject,
        unsubscribe=unsubscribe_address(news, job),
        return_path=news.delivery.bounces or address.mailbox(job.sender)[1],
        site=news.site.url,
        addressed=addressed,
        body=editions.Body(variant="", mark=mark, data=mail.data),
    )


def _welcome(news: Settings, job: Job) -> Sequence[Paragraph]:
    """What an editor wrote for new readers; TemplateError when it cannot be read."""
    try:
        return markdown.read(news.home, job.welcome)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise TemplateError(f"jobs/{job.name}.toml: welcome: {job.welcome}: {why}") from error


def _by_language(news: Settings, owed: Sequence[letters.Addressee]) -> Mapping[str, list[letters.Addressee]]:
    """A language there are words for -> who reads it."""
    own = (news.home / "words",)
    found = defaultdict[str, list[letters.Addressee]](list)
    for each in owed:
        found[words(each.language or news.newsletter.language, own).language].append(each)
    return found


def _moment(now: datetime) -> datetime:
    """The beginning of the minutes that are frozen together."""
    moment = now.astimezone(UTC)
    return moment.replace(minute=moment.minute - moment.minute % _MINUTES)
