"""HTML -> whether mail programs show it whole."""

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter

HOLD_FROM = 98_000
"""Gmail cuts a mail between 100 and 105 KB and hides the rest, the footer with it."""
WARN_ABOVE = 90_000


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A finding when the HTML has more than 90,000 bytes."""
    del edition, newsletter
    size = len(rendered.html.encode())
    if size <= WARN_ABOVE:
        return ()
    severity = Severity.HOLD if size >= HOLD_FROM else Severity.WARN
    message = f"the HTML has {size:,} bytes, mail programs cut it from about 100,000: fewer stories, or shorter ones"
    return (Finding(check="size", severity=severity, message=message),)
