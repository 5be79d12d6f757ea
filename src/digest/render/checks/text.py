"""The text part -> whether it is a digest of its own, readable everywhere."""

import re

from digest.core.model import Edition, Finding, Rendered, Severity
from digest.core.settings import Newsletter
from digest.core.text import line

_WIDEST = 78  # RFC 5322 2.1.1
_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A warning for each story it lacks by title or link, for lines that are too long and for invisible characters."""
    del newsletter
    letters = _letters(rendered.text)
    links = frozenset(rendered.text.split())
    faults = [
        f"the text part lacks {story.lead.title[:60]!r} or its link"
        for story in edition.stories
        if _letters(line(story.lead.title)) not in letters or (story.lead.url and story.lead.url not in links)
    ]
    long = sum(len(text) > _WIDEST and "://" not in text for text in rendered.text.splitlines())
    if long:
        faults.append(f"the text part has {long} lines of more than {_WIDEST} characters")
    if _INVISIBLE.search(rendered.text):
        faults.append("the text part has invisible characters")
    return tuple(Finding(check="text", severity=Severity.WARN, message=message) for message in faults)


def _letters(text: str) -> str:
    """The text without spaces and line breaks: wrapping may have added some."""
    return "".join(text.split())
