"""An edition -> the mails its readers would get: each variant rendered, within the size budget, checked, made bytes."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from digest import compose, message
from digest.core import address, defaults
from digest.core.mail import Claim, Finding, Picture, Rendered
from digest.core.model import Edition, Issue
from digest.core.settings import Job, Settings
from digest.core.tokens import Key
from digest.render import render
from digest.render.checks import run_checks

BUDGET = 90_000
"""Bytes of HTML: beyond about 100 KB Gmail clips a mail (email.md 2, row 3)."""
STORY = 1_200
"""What a story weighs at least, in bytes (measured: 1.1 to 2.1 KB)."""
FULL = ""
"""The variant of readers who chose nothing: every section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The edition as readers of some of its topics get it."""

    edition: Edition
    rendered: Rendered
    mail: message.Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All variants of an edition as it would be sent now."""

    edition: Edition
    variants: Mapping[str, Variant]
    findings: tuple[Finding, ...]

    @property
    def full(self) -> Variant:
        """The variant with every section."""
        return self.variants[FULL]

    @property
    def content(self) -> dict[str, Any]:
        """edition.json."""
        return compose.document(self.edition, self.full.rendered.subject, self.full.rendered.preheader)


def variant_of(edition: Edition, topics: Collection[str]) -> str | None:
    """The variant of a reader who chose these topics (none: all of them); None when the edition has none of them."""
    sections = [section.topic for section in edition.sections]
    kept = [topic for topic in sections if topic in topics]
    if not topics or kept == sections:
        return FULL
    return ",".join(kept) or None


def draft(
    news: Settings,
    job: Job,
    edition: Edition,
    pictures: Mapping[str, Picture],
    choices: Collection[Collection[str]] = (),
) -> Draft:
    """The edition and the variants that readers' choices ask for; TemplateError when they cannot be rendered.

    Stories are left out, lowest first, until the HTML fits; every variant keeps the choice of the full edition.
    """
    mark = secrets.token_hex(8)
    fitted, rendered = _fitted(news, job, edition, pictures, mark)
    variants = {FULL: Variant(edition=fitted, rendered=rendered, mail=_frozen(job, fitted, rendered, mark))}
    for name in sorted({variant_of(fitted, topics) or FULL for topics in choices} - {FULL}):
        part = compose.variant(fitted, name.split(","))
        shown = _rendered(news, job, part, pictures, mark)
        variants[name] = Variant(edition=part, rendered=shown, mail=_frozen(job, part, shown, mark))
    findings = [f for v in variants.values() for f in run_checks(v.rendered, v.edition, news.newsletter)]
    return Draft(edition=fitted, variants=variants, findings=tuple(dict.fromkeys(findings)))


def message_id(job: Job, key: Key, edition: str, email: str) -> str:
    """The Message-ID of an edition's mail to one address: always the same, and no address stands in it."""
    return f"<{edition}.{key.tag('message-id', edition, address.folded(email))}@{_domain(job)}>"


def is_addressed(key: Key, job: str, claim: Claim, frozen: bytes) -> bool:
    """Whether a mail's Message-ID was made for its edition and address: these stand in the database, which may lie."""
    name, _, domain = claim.message_id.rpartition("@")
    prefix, _, tag = name.rpartition(".")
    if prefix != f"<{claim.edition}" or f"<{job}.{domain}".encode() not in frozen:  # its List-Id
        return False
    return key.made(tag, "message-id", claim.edition, address.folded(claim.email))


def return_path(key: Key, base: str, edition: str, subscriber: int) -> str:
    """The envelope sender of one mail (VERP): what a relay returns to it names the recipient, and nobody can forge it.

    41 characters at most stand between `base`'s name and its @.
    """
    name, _, domain = base.rpartition("@")
    mac = key.tag("bounce", edition, str(subscriber))[:20]
    return f"{name}+{_short(edition)}-{subscriber}-{mac}@{domain}"


@cache
def _short(edition: str) -> str:
    """Eight hex digits that stand for an edition's id, which may be too long for an address."""
    return sha256(edition.encode()).hexdigest()[:8]


def unsubscribe_address(news: Settings, job: Job) -> str:
    """The address that readers of a job write to in order to leave."""
    return news.delivery.unsubscribe or address.mailbox(job.sender)[1]


def recipient(key: Key, job: str, leave: str, email: str, message_id: str) -> message.Recipient:
    """One recipient's values; only the key's owner can make the tag that names the subscription."""
    tag = key.tag("unsubscribe", job, address.folded(email))
    return message.Recipient(
        email=email, message_id=message_id, unsubscribe=f"mailto:{leave}?subject=unsubscribe%20{tag}"
    )


def signer(news: Settings, job: str) -> message.Signer | None:
    """What signs a job's mails; None where the relay does. UsageError when there is no usable key."""
    if not news.delivery.dkim or job not in news.jobs:
        return None
    return message.load_signer(news.home, news.delivery.dkim, _domain(news.jobs[job]))


def mail_to(news: Settings, job: Job, key: Key, made: Draft, email: str, variant: str) -> bytes:
    """The draft as the mail that one reader would get."""
    identifier = message_id(job, key, made.edition.issue.id, email)
    to = recipient(key, job.name, unsubscribe_address(news, job), email, identifier)
    return b"".join(message.Template(made.variants[variant].mail, signer(news, job.name)).mail(to))


def _fitted(
    news: Settings, job: Job, edition: Edition, pictures: Mapping[str, Picture], mark: str
) -> tuple[Edition, Rendered]:
    """The edition with as many stories as the budget takes, at least one."""
    rendered = _rendered(news, job, edition, pictures, mark)
    while (over := len(rendered.html.encode()) - BUDGET) > 0 and len(edition.stories) > 1:
        edition = compose.trimmed(edition, min(len(edition.stories) - 1, 1 + over // STORY))
        rendered = _rendered(news, job, edition, pictures, mark)
    return edition, rendered


def _rendered(news: Settings, job: Job, edition: Edition, pictures: Mapping[str, Picture], mark: str) -> Rendered:
    return render(
        edition,
        job=job,
        newsletter=news.newsletter,
        topics=news.topics,
        reader=message.reader(mark),
        folders=defaults.template_folders(news.home),
        pictures=pictures,
    )


def _frozen(job: Job, edition: Edition, rendered: Rendered, mark: str) -> message.Frozen:
    return message.freeze(rendered, headers(job, edition.issue), mark)


def headers(job: Job, issue: Issue) -> message.Headers:
    """What the mails of an issue say in their header besides a recipient's own values."""
    return message.Headers(
        sender=job.sender, date=issue.composed, list_id=f"<{job.name}.{_domain(job)}>", edition=issue.id
    )


def _domain(job: Job) -> str:
    # Settings hold a checked address; checking it for each recipient took most of the planning.
    return job.sender.rpartition("@")[2].rstrip(">")
