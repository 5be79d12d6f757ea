"""HTML -> whether every link leads somewhere a reader may go."""

from collections import defaultdict

from lxml import html

from digest.core.model import Edition, Finding, Rendered, Severity
from digest.core.settings import Newsletter
from digest.message import UNSUBSCRIBE_MARK

_SCHEMES = ("https://", "http://", "mailto:")


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """Holds for a link that is empty or of a foreign scheme; a warning for one text with two targets."""
    del edition, newsletter
    targets = defaultdict(set)
    held = []
    for link in html.document_fromstring(rendered.html).iter("a", "area"):
        target, text = link.get("href", "").strip(), " ".join(str(link.xpath("string()")).split())
        targets[text].add(target)
        if not target or not (text or any(image.get("alt") for image in link.iter("img"))):
            held.append(f"the link {text[:60]!r} to {target[:60]!r} is empty")
        elif not target.lower().startswith(_SCHEMES) and not UNSUBSCRIBE_MARK.fullmatch(target):
            held.append(f"the link {text[:60]!r} leads to {target[:60]!r}: only http, https and mailto may be linked")
    twins = [text for text, different in targets.items() if text and len(different) > 1]
    return (
        *(Finding(check="links", severity=Severity.HOLD, message=message) for message in held),
        *(
            Finding(check="links", severity=Severity.WARN, message=f"the link text {text[:60]!r} has two targets")
            for text in twins
        ),
    )
