"""HTML -> whether screen readers are told that the layout's tables are none."""

import re

from lxml import html

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.render.checks._page import conditional_comments, page, quoted, words

_TABLE_TAG = re.compile(r"<table\b[^>]*>", re.IGNORECASE)
_ROLE = re.compile(r"""\brole\s*=\s*["']?(?:presentation|none)\b""", re.IGNORECASE)


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A hold when a table without a header cell lacks `role="presentation"`, Outlook's tables in comments included."""
    del edition, newsletter
    tree = page(rendered)
    tables = [table for table in tree.iter("table") if not _has_data(table)]
    bare = [table for table in tables if table.get("role", "") not in {"presentation", "none"}]
    hidden = [tag for comment in conditional_comments(tree) for tag in _TABLE_TAG.findall(comment)]
    bare_hidden = [tag for tag in hidden if not _ROLE.search(tag)]
    if not bare and not bare_hidden:
        return ()
    place = f"around {quoted(words(bare[0]))}" if bare else "in a comment for Outlook"
    message = (
        f"{len(bare) + len(bare_hidden)} of {len(tables) + len(hidden)} layout tables lack "
        f'role="presentation", allowed is none; the first is {place}'
    )
    return (Finding(check="tables", severity=Severity.HOLD, message=message),)


def _has_data(table: html.HtmlElement) -> bool:
    """Whether it is a table to its readers too: its own rows have header cells, or it has a caption."""
    return bool(table.xpath("./caption|./tr/th|./*/tr/th"))
