"""HTML -> whether opening the mail tells nobody: nothing in it is loaded from another host."""

import re
from collections import Counter
from collections.abc import Iterator

from lxml import html

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.render.checks._page import conditional_comments, page, quoted, style_sheets

_LOADED = "//@src|//@background|//@poster|//link/@href|//object/@data"
_CSS_ADDRESS = re.compile(r"""url\(\s*["']?([^"')]*)|@import\s+["']([^"']*)""", re.IGNORECASE)
_OUTLOOK_ADDRESS = re.compile(r"""\b(?:src|background)\s*=\s*["']([^"']*)""", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?[/\\]{2}([^/\\?#]*)", re.IGNORECASE)


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A hold for each host that something is loaded from, the newsletter's own site apart if pictures lie there."""
    del edition, newsletter
    own = f"{rendered.host}/pictures/"
    hosts = [_HOST.match(a.strip()) for a in _addresses(page(rendered)) if not (rendered.host and a.startswith(own))]
    counts = Counter(host[1] for host in hosts if host)
    return tuple(
        Finding(
            check="origins",
            severity=Severity.HOLD,
            message=f"the mail loads from the host {quoted(host)} (found: {count}), allowed is none: embed it",
        )
        for host, count in counts.items()
    )


def _addresses(tree: html.HtmlElement) -> Iterator[str]:
    """All that a mail program would fetch when the mail is opened."""
    yield from map(str, tree.xpath(_LOADED))
    for candidates in tree.xpath("//@srcset"):
        yield from str(candidates).replace(",", " ").split()
    comments = list(conditional_comments(tree))
    for comment in comments:
        yield from _OUTLOOK_ADDRESS.findall(comment)
    for css in (*style_sheets(tree), *map(str, tree.xpath("//@style")), *comments):
        yield from (called or imported for called, imported in _CSS_ADDRESS.findall(css))
