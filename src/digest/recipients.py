"""One recipient of an edition -> the addresses, tags and links that are his alone, and what may sign his mail."""

import hmac
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache, partial
from hashlib import sha256

from digest import links, message
from digest.core import address
from digest.core.mail import Claim
from digest.core.settings import Job, Settings
from digest.core.tokens import Key
from digest.links import Page

CONFIRM = ".confirm"
"""How the job of letters ends that ask readers to confirm."""
_MAC = 20
"""Hex digits of a return path's tag: four name the key, 64 bits are the MAC."""
_TAGGED = re.compile(r"\+([0-9a-f]{8})-([1-9][0-9]{0,17})-([0-9a-f]{20})$")


def message_id(job: Job, key: Key, edition: str, email: str) -> str:
    """The Message-ID of an edition's mail to one address: always the same, and no address stands in it."""
    return f"<{edition}.{key.tag('message-id', edition, address.folded(email))}@{domain(job)}>"


def is_addressed(key: Key, job: str, claim: Claim, frozen: bytes) -> bool:
    """Whether a mail was made for its edition, job and address: these stand in the database, which may lie."""
    domain, email = _domain(frozen, claim.edition, job), address.folded(claim.email)
    if domain and claim.message_id == f"<{claim.edition}.{key.tag('message-id', claim.edition, email)}@{domain}>":
        return True
    name, _, other = claim.message_id.rpartition("@")
    prefix, _, tag = name.rpartition(".")
    is_right = domain != "" and other == f"{domain}>" and prefix == f"<{claim.edition}"
    return is_right and key.made(tag, "message-id", claim.edition, email)


@lru_cache(maxsize=64)
def _domain(frozen: bytes, edition: str, job: str) -> str:
    """The domain that a frozen mail says it is from, if it also says that it is of this edition and job."""
    head = frozen.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    of, _, kind = job.partition(".")
    if f"\r\nFeedback-ID: {edition}:{of}:{kind or 'digest'}:" in head:
        sender = re.search(r"(?m)^From: (?:.*\r\n )?.*@([A-Za-z0-9.-]+)>?\r$", head)
        return sender[1] if sender else ""
    # What an older version's letters were known by.
    listed = re.search(rf"(?m)^List-Id: <{re.escape(job)}\.([A-Za-z0-9.-]+)>\r?$", head)
    return listed[1] if listed else ""


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
        return to._replace(unsubscribe=link(Page.UNSUBSCRIBE), mailto=to.unsubscribe, confirm=link(Page.CONFIRM))
    return to._replace(
        unsubscribe=link(Page.UNSUBSCRIBE),
        mailto=to.unsubscribe,
        preferences=link(Page.PREFERENCES),
        browser=link(Page.EDITION, edition=edition),
    )


def as_sample(to: message.Recipient, site: str) -> message.Recipient:
    """The recipient of a mail that is no subscriber's: its links lead to the site's front page."""
    if not site:
        return to
    return to._replace(unsubscribe=site, mailto=to.unsubscribe, preferences=site, browser=site, confirm=site)


def signer(news: Settings, job: str) -> message.Signer | None:
    """What signs a job's mails; None where the relay does. UsageError when there is no usable key."""
    known = news.jobs.get(of_readers(job))
    if not news.delivery.dkim or known is None:
        return None
    return message.load_signer(news.home, news.delivery.dkim, domain(known))


def domain(job: Job) -> str:
    """The domain that a job writes from."""
    # Settings hold a checked address; checking it for each recipient took most of the planning.
    return job.sender.rpartition("@")[2].rstrip(">")
