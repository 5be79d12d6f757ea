"""An edition -> the mails its readers would get: each variant rendered, within the size budget, checked, made bytes."""

import hmac
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from hashlib import sha256
from typing import Any

from digest import compose, links, message
from digest.core import address, defaults
from digest.core.mail import Claim, Finding, Picture, Rendered
from digest.core.model import Edition, Issue
from digest.core.settings import Job, Settings
from digest.core.tokens import Key
from digest.links import Page
from digest.render import render
from digest.render.checks import run_checks

BUDGET = 90_000
"""Bytes of HTML: beyond about 100 KB Gmail clips a mail (email.md 2, row 3)."""
STORY = 1_200
"""What a story weighs at least, in bytes (measured: 1.1 to 2.1 KB)."""
SITE_LINKS = ("preferences", "browser")
CONFIRM = ".confirm"
"""How the job of letters ends that ask readers to confirm."""
FULL = ""
"""The variant of readers who chose nothing: every section."""
_MAC = 20
"""Hex digits of a return path's tag: four name the key, 64 bits are the MAC."""
_TAGGED = re.compile(r"\+([0-9a-f]{8})-([1-9][0-9]{0,17})-([0-9a-f]{20})$")


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
    mac = key.tag("bounce", edition, str(subscriber))[:_MAC]
    return f"{name}+{short(edition)}-{subscriber}-{mac}@{domain}"


def addressed(key: Key, email: str, editions: Mapping[str, Sequence[str]]) -> tuple[str, int] | None:
    """The edition and the subscription's number that a return path names; None when none of our keys made it.

    `editions`: the ids that `short` makes alike. What stands around the tag may be anything: the MAC alone proves.
    """
    found = _TAGGED.search(email.lower().partition("@")[0])
    if found is None:
        return None
    which, number, mac = found.groups()
    for edition in editions.get(which, ()):
        made = [Key(secret).tag("bounce", edition, number)[:_MAC] for secret in (key.secret, *key.former)]
        if sum(hmac.compare_digest(tag, mac) for tag in made):  # each is compared, whichever it is
            return edition, int(number)
    return None


@cache
def short(edition: str) -> str:
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


def of_readers(job: str) -> str:
    """The job that letters such as those of `daily.confirm` are about; any other is its own."""
    return job.partition(".")[0]


def with_links(
    to: message.Recipient, key: Key, site: str, job: str, subscriber: int, edition: str
) -> message.Recipient:
    """The recipient with links to his own pages."""
    link = partial(links.link, site, key, subscriber=subscriber, job=of_readers(job), email=to.email)
    if job.endswith(CONFIRM):
        return replace(to, unsubscribe=link(Page.UNSUBSCRIBE), mailto=to.unsubscribe, confirm=link(Page.CONFIRM))
    return replace(
        to,
        unsubscribe=link(Page.UNSUBSCRIBE),
        mailto=to.unsubscribe,
        preferences=link(Page.PREFERENCES),
        browser=link(Page.EDITION, edition=edition),
    )


def as_sample(to: message.Recipient, site: str) -> message.Recipient:
    """The recipient of a mail that is no subscriber's: its links lead to the site's front page."""
    if not site:
        return to
    return replace(to, unsubscribe=site, mailto=to.unsubscribe, preferences=site, browser=site, confirm=site)


def signer(news: Settings, job: str) -> message.Signer | None:
    """What signs a job's mails; None where the relay does. UsageError when there is no usable key."""
    known = news.jobs.get(of_readers(job))
    if not news.delivery.dkim or known is None:
        return None
    return message.load_signer(news.home, news.delivery.dkim, _domain(known))


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
    )


def _frozen(news: Settings, job: Job, edition: Edition, rendered: Rendered, mark: str) -> message.Frozen:
    return message.freeze(rendered, headers(job, edition.issue, has_site=bool(news.site.url)), mark)


def headers(job: Job, issue: Issue, *, has_site: bool) -> message.Headers:
    """What the mails of an issue say in their header besides a recipient's own values."""
    return message.Headers(
        sender=job.sender,
        date=issue.composed,
        list_id=f"<{issue.job}.{_domain(job)}>",
        edition=issue.id,
        has_site=has_site,
    )


def _domain(job: Job) -> str:
    # Settings hold a checked address; checking it for each recipient took most of the planning.
    return job.sender.rpartition("@")[2].rstrip(">")
