"""An edition -> the mails its readers would get: each variant rendered, within the size budget, checked, made bytes."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from digest import compose, message
from digest.core import defaults
from digest.core.mail import Finding, Picture, Rendered
from digest.core.model import Edition, Issue
from digest.core.settings import Job, Settings
from digest.core.tokens import Key
from digest.recipients import domain, message_id, recipient, signer, unsubscribe_address, with_links
from digest.render import render
from digest.render.checks import run_checks

BUDGET = 90_000
"""Bytes of HTML: beyond about 100 KB Gmail clips a mail (email.md 2, row 3)."""
STORY = 1_200
"""What a story weighs at least, in bytes (measured: 1.1 to 2.1 KB)."""
SITE_LINKS = ("preferences", "browser")
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
    variants = {FULL: Variant(edition=fitted, rendered=rendered, mail=_frozen(news, job, fitted, rendered, mark))}
    for name in sorted({variant_of(fitted, topics) or FULL for topics in choices} - {FULL}):
        part = compose.variant(fitted, name.split(","))
        shown = _rendered(news, job, part, pictures, mark)
        variants[name] = Variant(edition=part, rendered=shown, mail=_frozen(news, job, part, shown, mark))
    findings = [f for v in variants.values() for f in run_checks(v.rendered, v.edition, news.newsletter)]
    return Draft(edition=fitted, variants=variants, findings=tuple(dict.fromkeys(findings)))


def mail_to(news: Settings, job: Job, key: Key, made: Draft, reader: tuple[str, int], variant: str) -> bytes:
    """The draft as the mail that one reader, an address and the subscription's number, would get."""
    (email, subscriber), edition = reader, made.edition.issue.id
    to = recipient(key, job.name, unsubscribe_address(news, job), email, message_id(job, key, edition, email))
    if news.site.url:
        to = with_links(to, key, news.site.url, job.name, subscriber, edition)
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
        reader=message.reader(mark, SITE_LINKS if news.site.url else ()),
        folders=defaults.template_folders(news.home),
        pictures=pictures,
        host=news.site.url if job.images == "host" else "",
    )


def _frozen(news: Settings, job: Job, edition: Edition, rendered: Rendered, mark: str) -> message.Frozen:
    return message.freeze(rendered, headers(job, edition.issue, has_site=bool(news.site.url)), mark)


def headers(job: Job, issue: Issue, *, has_site: bool, kind: str = "digest") -> message.Headers:
    """What the mails of an issue, or letters of a kind, say in their header besides a recipient's own values."""
    return message.Headers(
        sender=job.sender,
        date=issue.composed,
        list_id=f"<{issue.job}.{domain(job)}>",
        edition=issue.id,
        kind=kind,
        has_site=has_site,
    )
