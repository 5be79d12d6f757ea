"""HTML -> whether one more story still fits: the bytes from one story's link to the next one's."""

from collections.abc import Iterator
from html import escape
from itertools import pairwise

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition, Section
from digest.core.settings import Newsletter
from digest.render.checks._page import quoted

FEWEST = 5
"""Stories that must be measured before their mean says anything."""
BYTES_A_STORY = 2_200
"""40 stories and the shell around them stay below the 98,000 bytes that `size` holds at."""


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A warning when five or more stories take more than 2,200 bytes in the mean, naming the largest."""
    del newsletter
    sizes = [size for section in edition.sections for size in _sizes(rendered.html, section)]
    mean = sum(size for size, _ in sizes) // max(1, len(sizes))
    if mean <= BYTES_A_STORY or len(sizes) < FEWEST:
        return ()
    largest, title = max(sizes)
    message = (
        f"stories take {mean:,} bytes of HTML in the mean, best is {BYTES_A_STORY:,} at most, which leaves room for "
        f"40: shorter summaries or less markup; the largest is {quoted(title)} with {largest:,}"
    )
    return (Finding(check="story_size", severity=Severity.WARN, message=message),)


def _sizes(html: str, section: Section) -> Iterator[tuple[int, str]]:
    """Bytes and title of each linked story but the section's first, a size of its own, and last, which none follows."""
    leads = [story.lead for story in section.stories[1:] if story.lead.url]
    places = [(html.find(f'href="{escape(lead.url or "")}"'), lead.title) for lead in leads]
    for (start, title), (end, _) in pairwise(places):
        if 0 <= start < end:
            yield len(html[start:end].encode()), title
