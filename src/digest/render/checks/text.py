"""The text part -> whether it is a digest of its own, readable everywhere."""

import re
from collections.abc import Iterator
from html.entities import html5

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.core.text import line
from digest.render.checks._page import quoted

_WIDEST = 78  # RFC 5322 2.1.1
_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")
# Hindi, Persian and emoji need joiners inside and after a word; elsewhere they only hide.
_LOOSE_JOINER = re.compile(r"(?<![^\s\u200c\u200d])[\u200c\u200d]")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|(\w+));")
_LINK = re.compile(r"(?:\w+://|mailto:)\S*")


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A warning for each story it lacks, for long lines, for invisible characters and for HTML entities."""
    del newsletter
    faults = (*_missing(rendered.text, edition), *_blemishes(rendered.text, edition))
    return tuple(Finding(check="text", severity=Severity.WARN, message=message) for message in faults)


def _missing(text: str, edition: Edition) -> Iterator[str]:
    letters, links = _letters(text), frozenset(text.split())
    for lead in (story.lead for story in edition.stories):
        if _letters(line(lead.title)) not in letters:
            yield f"the text part lacks the title {quoted(lead.title)}"
        if lead.url and lead.url not in links:
            yield f"the text part lacks the link of {quoted(lead.title)} as a word of its own"


def _blemishes(text: str, edition: Edition) -> Iterator[str]:
    plain = _LINK.sub("://", text)
    long = [shown for shown in plain.splitlines() if len(shown) > _WIDEST and "://" not in shown]
    if long:
        yield f"the text part has lines over {_WIDEST} characters (found: {len(long)}); the first is {quoted(long[0])}"
    hidden = _INVISIBLE.findall(plain) + _LOOSE_JOINER.findall(plain)
    if hidden:
        yield f"the text part has U+{ord(hidden[0]):04X}, which nobody sees (found: {len(hidden)}), allowed is none"
    entity = next((match for match in _ENTITY.finditer(plain) if not match[1] or f"{match[1]};" in html5), None)
    if entity:
        title = next(
            (story.lead.title for story in edition.stories if entity[0] in story.lead.title + story.summary), ""
        )
        place = f"; it stands in the story {quoted(title)}" if title else ""
        yield f"the text part shows the HTML entity {entity[0]}{place}"


def _letters(text: str) -> str:
    """The text without spaces and line breaks: wrapping may have added some."""
    return "".join(text.split())
