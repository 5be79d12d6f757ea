"""What MJML 4 allows, as tables: elements, their attributes and children, and what this compiler silently drops."""

from collections.abc import Mapping
from typing import Final

_PADDING = "padding padding-bottom padding-left padding-right padding-top"
_INNER_PADDING = " ".join(f"inner-{name}" for name in _PADDING.split())
_BORDER = "border border-bottom border-left border-right border-top border-radius"
_BOX = f"container-background-color {_PADDING}"
_FONT = "color font-family font-size font-style font-weight letter-spacing line-height text-decoration text-transform"
_GROUND = (
    "background-color background-url background-repeat background-size background-position background-position-x "
    "background-position-y"
)
_BAND = f"{_GROUND} {_BORDER} {_PADDING} direction full-width text-align"
_LINK = "href name rel target title"
_FOLD = (
    "border font-family icon-align icon-height icon-position icon-unwrapped-alt icon-unwrapped-url icon-width "
    "icon-wrapped-alt icon-wrapped-url"
)
_ICO = f"align close color font-family font-size line-height open {_PADDING} text-decoration text-transform"
_SOCIAL = (
    "align border-radius color font-family font-size font-style font-weight icon-height icon-padding icon-size "
    f"line-height {_PADDING} text-decoration text-padding vertical-align"
)

_BODY: Final = {
    "mj-wrapper": _BAND,
    "mj-section": _BAND,
    "mj-group": "background-color direction vertical-align width",
    "mj-column": f"background-color {_BORDER} {_PADDING} direction vertical-align width inner-background-color "
    + " ".join(f"inner-{name}" for name in _BORDER.split()),
    "mj-text": f"align {_FONT} {_BOX} height vertical-align",
    "mj-table": f"align border cellpadding cellspacing color font-family font-size font-weight line-height {_BOX} "
    "table-layout vertical-align width",
    "mj-image": f"align alt {_BORDER} {_BOX} {_LINK} fluid-on-mobile font-size full-width height max-height sizes src "
    "srcset usemap width",
    "mj-button": f"align background-color {_BORDER} {_BOX} {_FONT} height href name rel target inner-padding "
    "text-align vertical-align width",
    "mj-divider": f"align border-color border-style border-width {_BOX} width",
    "mj-spacer": f"{_BOX} height",
    "mj-social": f"{_SOCIAL} container-background-color inner-padding mode table-layout",
    "mj-social-element": f"{_SOCIAL} {_LINK} alt background-color sizes src srcset",
    "mj-hero": f"{_GROUND} {_BOX} {_INNER_PADDING} background-height background-width border-radius height "
    "inner-background-color mode vertical-align width",
    "mj-navbar": f"align base-url hamburger {_PADDING} " + " ".join(f"ico-{name}" for name in _ICO.split()),
    "mj-navbar-link": f"{_FONT} {_LINK} {_PADDING}",
    "mj-accordion": f"{_FOLD} {_BOX}",
    "mj-accordion-element": f"{_FOLD} background-color",
    "mj-accordion-title": f"background-color color font-family font-size font-weight {_PADDING}",
    "mj-accordion-text": "background-color color font-family font-size font-weight letter-spacing line-height "
    f"{_PADDING}",
    "mj-carousel": f"align border-radius {_BOX} icon-width left-icon right-icon tb-border tb-border-radius "
    "tb-hover-border-color tb-selected-border-color tb-width thumbnails",
    "mj-carousel-image": f"alt {_LINK} src tb-border tb-border-radius thumbnails-src",
}
_HEAD: Final = {
    "mjml": "dir lang owa",
    "mj-body": "background-color css-class width",
    "mj-breakpoint": "width",
    "mj-font": "href name",
    **dict.fromkeys(("mj-head", "mj-attributes", "mj-preview", "mj-raw", "mj-style", "mj-title"), ""),
}
ANY: Final = frozenset(name for names in _BODY.values() for name in names.split())
"""What `mj-all` and `mj-class` may set."""
ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    **{element: frozenset(f"{names} css-class mj-class".split()) for element, names in _BODY.items()},
    **{element: frozenset(names.split()) for element, names in _HEAD.items()},
    "mj-all": ANY,
    "mj-class": ANY | {"name"},
}
_IN_COLUMN = "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-social mj-spacer mj-table mj-text"
CHILDREN: Final[Mapping[str, frozenset[str]]] = {
    parent: frozenset(f"{names} mj-raw".split())
    for parent, names in {
        "mjml": "mj-head mj-body",
        "mj-head": "mj-attributes mj-breakpoint mj-font mj-preview mj-style mj-title",
        "mj-attributes": " ".join(("mj-all mj-class", *_BODY)),
        "mj-body": "mj-hero mj-section mj-wrapper",
        "mj-wrapper": "mj-hero mj-section",
        "mj-section": "mj-column mj-group",
        "mj-group": "mj-column",
        "mj-column": _IN_COLUMN,
        "mj-hero": _IN_COLUMN,
        "mj-social": "mj-social-element",
        "mj-navbar": "mj-navbar-link",
        "mj-accordion": "mj-accordion-element",
        "mj-accordion-element": "mj-accordion-text mj-accordion-title",
        "mj-carousel": "mj-carousel-image",
    }.items()
}
"""An element that is not here holds text and HTML (`mj-text`), or nothing (`mj-image`)."""
ELEMENT_ADVICE: Final = {
    "mj-font": "loads a web font, which most mail programs do not: name fonts that readers have",
    "mj-html-attributes": "is not supported by this compiler: write the HTML into mj-text or mj-raw",
    "mj-include": 'is inert here: write {% include "_part.mjml.j2" %}',
    "mj-preview": "costs 0.7 SpamAssassin points: write the preheader into mj-raw as brief.mjml.j2 does",
}
"""Elements of MJML 4 that are no use here, and what to write instead."""
ATTRIBUTE_ADVICE: Final = {
    ("mj-button", "title"): "is dropped by this compiler: write an <a title> into mj-text",
    ("mj-raw", "position"): "is not supported by this compiler: write it into mj-head",
    ("mj-social", "icon-position"): "is ignored by this compiler: icons stand left",
    ("mj-social-element", "icon-position"): "is ignored by this compiler: icons stand left",
    ("mj-style", "inline"): 'is not inlined by this compiler: write style="" on the element',
    ("mj-table", "role"): 'is dropped by this compiler: every table gets role="presentation" afterwards',
    ("mj-wrapper", "gap"): "is ignored by this compiler: put a mj-section with padding between",
}
"""Attributes that the compiler takes without a word and drops (measured with mjml-python 1.4.2)."""
