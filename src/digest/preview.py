"""A job and a reader -> the mail this reader would get now, and the files in which an editor looks at it."""

import email
import email.policy
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from digest import compose, illustrate, issues, pipeline
from digest.core import address
from digest.core.errors import DigestError, UsageError
from digest.core.mail import Finding
from digest.core.settings import Job, Settings
from digest.core.tokens import Key
from digest.draft import Variant, draft, mail_to, variant_of
from digest.store import Store, subscribers

_SAMPLE_READER = "reader@example.org"
_CONTENT_ID = re.compile(r"<([0-9A-Za-z.@_-]+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One reader's mail as it would be sent, and what the checks say of the edition."""

    variant: Variant
    mail: bytes
    findings: tuple[Finding, ...]
    thin: str = ""
    """Why such an edition would not be sent, if it has too few stories."""

    @property
    def content(self) -> dict[str, Any]:
        """edition.json."""
        return compose.document(self.variant.edition, self.variant.rendered.subject, self.variant.rendered.preheader)

    @property
    def text(self) -> str:
        """The text part, decoded from the mail."""
        return _decoded(_parsed(self.mail), "text/plain")


def preview(
    news: Settings, store: Store, job: Job, key: Key, now: datetime, *, reader: str = "", offline: bool = False
) -> Preview:
    """The mail that `reader` (else a sample) would get if it were sent now; UsageError for one who would get none.

    Pictures that were not fetched before are, unless `offline`.
    """
    member = _member(store, job, reader) if reader else ((_SAMPLE_READER, 0), ())
    edition = pipeline.composed(news, store, job, issues.next_issue(store, job, now))
    if not edition.stories:
        raise DigestError(f"{job.name}: nothing new to show; `digest articles list` shows what was gathered")
    (to, number), topics = member
    if not offline:
        illustrate.fetch(news, store, job, edition)
    made = draft(news, job, edition, illustrate.kept(store, job, edition), {topics})
    name = variant_of(made.edition, topics)
    if name is None:
        raise DigestError(f"{to}: gets no mail of this edition: none of {', '.join(topics)} is in it")
    return Preview(
        variant=made.variants[name],
        mail=mail_to(news, job, key, made, (to, number), name),
        findings=made.findings,
        thin=issues.too_thin(job, len(edition.stories)),
    )


def files(shown: Preview) -> Mapping[str, bytes]:
    """File name -> bytes, all taken from the very mail; the page shows its pictures from files."""
    parsed = _parsed(shown.mail)
    page = _decoded(parsed, "text/html")
    pictures: dict[str, bytes] = {}
    for part in parsed.walk():
        found = _CONTENT_ID.fullmatch(str(part.get("Content-ID", "")))
        if found:
            name = f"images/{found[1]}.jpg"
            pictures[name] = bytes(part.get_payload(decode=True) or b"")
            page = page.replace(f"cid:{found[1]}", name)
    return {
        "message.eml": shown.mail,
        "index.html": page.encode(),
        "message.txt": shown.text.encode(),
        "edition.json": json.dumps(shown.content, ensure_ascii=False, indent=2).encode(),
        **pictures,
    }


def _member(store: Store, job: Job, reader: str) -> tuple[tuple[str, int], tuple[str, ...]]:
    """Address, number and choice of a reader: a subscriber, or an address of the job's file, which a send makes one."""
    with suppress(ValueError):  # of what is no address nobody gets mails
        reader = address.normalised(reader)
    member = subscribers.find(store, job.name, reader)
    if member and member.state == "active":
        return (member.email, member.number), member.topics
    folded = address.folded(reader)
    configured = next((email for email in job.to if address.folded(email) == folded), None)
    if configured and member is None:
        return (configured, 0), ()
    raise UsageError(f"{reader}: gets no mails of {job.name}; `digest subscribers list` names who does")


def _parsed(mail: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(mail, policy=email.policy.default)
    return parsed if isinstance(parsed, EmailMessage) else EmailMessage()


def _decoded(parsed: EmailMessage, kind: str) -> str:
    parts = [part for part in parsed.walk() if part.get_content_type() == kind and isinstance(part, EmailMessage)]
    return str(parts[0].get_content()).replace("\r\n", "\n")
