"""Style sheets -> whether a mail is dark everywhere if it is anywhere: the meta, the media query, Outlook's apps."""

import re
from collections.abc import Iterator, Sequence

from lxml import html

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.render.checks._page import Rule, page, rules, style_sheets

_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark", re.IGNORECASE)
_OUTLOOK = re.compile(r"\[data-ogs[cb]\]", re.IGNORECASE)
_META = "//meta[@name='color-scheme' and contains(@content, 'light') and contains(@content, 'dark')]"


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A warning for each of the three that is missing, and for the classes that only one of two blocks names."""
    del edition, newsletter
    tree = page(rendered)
    return tuple(Finding(check="dark", severity=Severity.WARN, message=message) for message in _faults(tree))


def _faults(tree: html.HtmlElement) -> Iterator[str]:
    found = [rule for sheet in style_sheets(tree) for rule in rules(sheet)]
    outlook = [rule for rule in found if _OUTLOOK.search(rule.selector)]
    dark = [rule for rule in found if _DARK.search(rule.media) and not _OUTLOOK.search(rule.selector)]
    if not tree.xpath(_META):
        yield 'the mail has no <meta name="color-scheme" content="light dark">'
    if not dark:
        yield "the mail has no rules for @media (prefers-color-scheme: dark)"
    if not outlook:
        yield "the mail has no [data-ogsc] rules, which Outlook's apps need to be dark"
    if dark and outlook:
        # Outlook's apps leave borders alone, so a rule that only colours them has no counterpart there.
        only_dark = _classes([rule for rule in dark if not _is_border(rule)]) - _classes(outlook)
        only_outlook = _classes(outlook) - _classes(dark)
        if only_dark:
            yield f"the [data-ogsc] rules lack {_listed(only_dark)}: they must name the classes of the dark block"
        if only_outlook:
            yield f"the dark block lacks {_listed(only_outlook)}: it must name the classes of the [data-ogsc] rules"


def _classes(found: Sequence[Rule]) -> frozenset[str]:
    return frozenset(name for rule in found for name in _CLASS.findall(rule.selector))


def _is_border(rule: Rule) -> bool:
    names = [part.partition(":")[0].strip().lower() for part in rule.declarations.split(";") if part.strip()]
    return bool(names) and all(name.startswith("border") for name in names)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f".{name}" for name in sorted(names))
