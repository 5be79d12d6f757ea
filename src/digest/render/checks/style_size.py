"""HTML -> whether each style sheet is short enough for Gmail, which drops a longer one whole."""

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.render.checks._page import page

STYLE_LIMIT = 8_000
"""Gmail's own limit is 8,192 bytes."""


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A warning for each `<style>` block of more than 8,000 bytes."""
    del edition, newsletter
    sizes = [len(str(style.text or "").encode()) for style in page(rendered).iter("style")]
    return tuple(
        Finding(
            check="style_size",
            severity=Severity.WARN,
            message=f"<style> block {number} has {size:,} bytes, at most {STYLE_LIMIT:,}: split it into two mj-style",
        )
        for number, size in enumerate(sizes, 1)
        if size > STYLE_LIMIT
    )
