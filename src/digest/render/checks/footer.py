"""Both parts -> whether a reader finds who writes and how to leave, as the law asks."""

import re

from lxml import html

from digest.core.model import Edition, Finding, Rendered, Severity
from digest.core.settings import Newsletter
from digest.core.text import line
from digest.message import UNSUBSCRIBE_MARK

_WAY_OUT = re.compile(rf"mailto:\S+@|{UNSUBSCRIBE_MARK.pattern}")


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A finding for each part without the postal address or without a link to unsubscribe."""
    del edition
    page = html.document_fromstring(rendered.html)
    targets = " ".join(link.get("href", "") for link in page.iter("a"))
    parts = {"HTML": (str(page.xpath("string()")), targets), "text": (rendered.text, rendered.text)}
    address = line(newsletter.address)
    wrong = [
        f"the {part} part lacks the postal address" for part, (text, _) in parts.items() if not _has(text, address)
    ]
    wrong += [
        f"the {part} part lacks a way to unsubscribe" for part, (_, links) in parts.items() if not _leads_out(links)
    ]
    return tuple(Finding(check="footer", severity=Severity.HOLD, message=message) for message in wrong)


def _has(text: str, address: str) -> bool:
    return bool(address) and address in " ".join(text.split())


def _leads_out(links: str) -> bool:
    return _WAY_OUT.search(links) is not None
