"""HTML and pictures -> whether each picture is embedded, light, sized and said in words."""

from collections.abc import Iterator

from lxml import html

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.render.checks._page import page, quoted

EACH_AT_MOST, ALL_AT_MOST = 80_000, 250_000
"""Bytes of the picture files; base64 makes 37 % more of them."""
_EMBEDDED = "cid:"


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A warning for each picture without width, alt or source, for each heavy one and for too many bytes in all."""
    del edition, newsletter
    sizes = {f"{_EMBEDDED}{image.content_id}": len(image.data) for image in rendered.pictures}
    faults = [fault for picture in page(rendered).iter("img") for fault in _faults(picture, sizes)]
    total = sum(sizes.values())
    if total > ALL_AT_MOST:
        faults.append(f"the mail's {len(sizes)} pictures have {total:,} bytes, at most {ALL_AT_MOST:,}")
    return tuple(Finding(check="pictures", severity=Severity.WARN, message=message) for message in faults)


def _faults(picture: html.HtmlElement, sizes: dict[str, int]) -> Iterator[str]:
    source, width = picture.get("src", "").strip(), picture.get("width", "").strip()
    name = f"the picture {quoted(_story(picture) or source)}"
    if not width.removesuffix("%").isdecimal():
        yield f"{name} has the width {quoted(width)}: Outlook needs a number in the width attribute"
    if picture.get("alt") is None:
        yield f'{name} has no alt attribute: say what it shows, or alt="" when the text does'
    if source not in sizes:
        yield f"{name} comes from {quoted(source)}: allowed is a picture that goes with the mail (cid:)"
    elif sizes[source] > EACH_AT_MOST:
        yield f"{name} has {sizes[source]:,} bytes, at most {EACH_AT_MOST:,}"


def _story(picture: html.HtmlElement) -> str:
    """What the picture says it shows, or else the text of the table row it stands in."""
    row = next(picture.iterancestors("tr"), None)
    return picture.get("alt") or ("" if row is None else " ".join(str(row.xpath("string()")).split()))
