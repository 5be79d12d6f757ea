"""HTML -> whether every link leads somewhere a reader may go."""

import re
from collections import defaultdict
from collections.abc import Iterator

from lxml import html

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.message import LINK_MARK, NAMES
from digest.render.checks._page import page, quoted, words

_SCHEMES = ("https://", "http://", "mailto:")
_RECOGNISABLE = 8  # of a run mark's random characters


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """Holds for an empty link, a foreign scheme and a damaged run mark; warnings for twins and for http."""
    del edition, newsletter
    tree = page(rendered)
    links = [(link.get("href", "").strip(), words(link), link) for link in tree.iter("a", "area")]
    held = [fault for target, text, link in links if (fault := _fault(target, text, link))]
    held += _left_over(rendered, [target for target, _, _ in links])
    targets = defaultdict(set)
    for target, text, _ in links:
        targets[text].add(target)
    warned = [
        f"the link text {quoted(text)} has {len(different)} targets, allowed is one"
        for text, different in targets.items()
        if text and len(different) > 1
    ]
    plain = {target for target, _, _ in links if target.lower().startswith("http://")}
    if plain:
        warned.append(
            f"links are http (found: {len(plain)}), best is https: others can read along; one is {quoted(min(plain))}"
        )
    return (
        *(Finding(check="links", severity=Severity.HOLD, message=message) for message in held),
        *(Finding(check="links", severity=Severity.WARN, message=message) for message in warned),
    )


def _fault(target: str, text: str, link: html.HtmlElement) -> str:
    """What is wrong with one link, empty if nothing is."""
    if not target or not (text or link.get("alt") or any(image.get("alt") for image in link.iter("img"))):
        return f"the link {quoted(text)} to {quoted(target)} is empty: it needs a target and a text"
    if not target.lower().startswith(_SCHEMES) and not LINK_MARK.fullmatch(target):
        return f"the link {quoted(text)} leads to {quoted(target)}: allowed are http, https and mailto"
    return ""


def _left_over(rendered: Rendered, targets: list[str]) -> Iterator[str]:
    """Run marks that a filter has changed, so that no recipient's value would take their place."""
    # A link that is nothing but a mark is ours: no article's URL can be one, while its title may say anything.
    for mark in {target.strip("%").partition(":")[0] for target in targets if LINK_MARK.fullmatch(target)}:
        whole = re.compile(rf"%%{mark}:(?:{NAMES})%%")
        for part, text in (("HTML", rendered.html), ("text", rendered.text)):
            count = whole.sub("", text).lower().count(mark[:_RECOGNISABLE].lower())
            if count:
                yield f"the {part} part has damaged recipient marks (found: {count}): print them without a filter"
