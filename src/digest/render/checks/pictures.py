"""HTML -> whether each picture is embedded, sized and said in words."""

from collections.abc import Iterator

from lxml import html

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.render.checks._page import page, quoted

_EMBEDDED = "cid:"


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A warning for each picture without width or alt attribute, and for each that is not embedded."""
    del edition, newsletter
    faults = [fault for picture in page(rendered).iter("img") for fault in _faults(picture)]
    return tuple(Finding(check="pictures", severity=Severity.WARN, message=message) for message in faults)


def _faults(picture: html.HtmlElement) -> Iterator[str]:
    source, width = picture.get("src", "").strip(), picture.get("width", "").strip()
    name = f"the picture {quoted(picture.get('alt') or source)}"
    if not width.removesuffix("%").isdecimal():
        yield f"{name} has the width {quoted(width)}: Outlook needs a number in the width attribute"
    if picture.get("alt") is None:
        yield f'{name} has no alt attribute: say what it shows, or alt="" when the text does'
    if not source.lower().startswith(_EMBEDDED):
        yield f"{name} comes from {quoted(source)}: allowed is an embedded picture (cid:)"
