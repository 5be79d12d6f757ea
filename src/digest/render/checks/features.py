"""HTML and CSS -> whether it keeps to what mail programs show."""

import re
from typing import Final

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.render.checks._page import page, style_sheets

# Name, what finds it, what to write in its place: each is dropped by at least Gmail or Outlook for Windows (caniemail).
_CSS: Final = (
    ("flex or grid layout", r"(?<![\w-])display\s*:\s*(?:inline-)?(?:flex|grid)\b", "a table"),
    ("position", r"(?<![\w-])position\s*:", "a table"),
    ("CSS variables", r"\bvar\(\s*--|(?<![\w-])--[\w-]+\s*:", "the value"),
    ("calc()", r"\bcalc\(", "the result"),
    ("data: pictures", r"\burl\(\s*[\"']?\s*data:", "an embedded picture"),
    ("@import", r"@import\b", "an mj-style"),
    ("webfonts", r"@font-face\b", "fonts that readers have"),
)
_MARKUP: Final = (
    ("SVG", "//svg", "an embedded PNG"),
    ("data: pictures", "//@src[starts-with(normalize-space(.), 'data:')]", "an embedded picture"),
    ("forms", "//form|//input|//select|//textarea|//button", "a link to a page"),
    ("script", "//script|//@*[starts-with(name(), 'on')]", "nothing"),
    ("webfonts", "//link[contains(@rel, 'stylesheet')]", "fonts that readers have"),
    ("frames, video or audio", "//iframe|//object|//embed|//video|//audio", "a linked picture"),
)


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A warning for each feature that large mail programs drop, with its count and what to write instead."""
    del edition, newsletter
    tree = page(rendered)
    css = "\n".join((*style_sheets(tree), *(f"{{{style}}}" for style in tree.xpath("//@style"))))
    uses = [(name, len(re.findall(pattern, css, re.IGNORECASE)), instead) for name, pattern, instead in _CSS]
    uses += [(name, len(tree.xpath(path)), instead) for name, path, instead in _MARKUP]
    return tuple(
        Finding(
            check="features",
            severity=Severity.WARN,
            message=f"the mail uses {name} (found: {count}), allowed is none: write {instead}",
        )
        for name, count, instead in uses
        if count
    )
