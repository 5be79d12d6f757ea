"""A topic's colour -> ink, tint and bar for the light and the dark mail, all of one hue and readable (WCAG 2.2)."""

import colorsys
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

LIGHT_CARD = "#ffffff"
DARK_CARD = "#17191e"
LEAST_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3, for text."""
_GRAPHIC_CONTRAST = 3.0  # success criterion 1.4.11: a bar is no text
_LIGHT_AIM, _DARK_AIM = 6.0, 8.3  # what reads comfortably, when the colour lets it
_LIGHT_TINT, _DARK_TINT = 0.07, 0.14  # share of the colour in the card
_FURTHEST = 50  # per cent of lightness an ink may leave the colour by and still be called its shade

_LINEAR_BELOW = 0.04045  # IEC 61966-2-1, as the figures of _luminance

_Rgb: TypeAlias = tuple[float, float, float]


class Shade(str):
    """A colour as #rrggbb; printed fifty times an edition, and of six hex digits, it needs no quarantine."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Shades:
    """A topic's colours in one scheme, as #rrggbb."""

    ink: Shade
    tint: Shade
    bar: Shade


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """A topic's colours in both schemes."""

    light: Shades
    dark: Shades


@lru_cache(maxsize=256)
def palette(color: str) -> Palette:
    """The shades of a #rrggbb colour; ValueError when no shade within 50 % of lightness reads at 4.5:1 in a scheme."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        raise ValueError('allowed is "#" and six hex digits')
    return Palette(
        light=_shades(color, LIGHT_CARD, -1, _LIGHT_TINT, _LIGHT_AIM),
        dark=_shades(color, DARK_CARD, 1, _DARK_TINT, _DARK_AIM),
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two #rrggbb colours, 1 to 21 (WCAG 2.2)."""
    bright, dim = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _shades(color: str, card: str, direction: int, share: float, aim: float) -> Shades:
    tint = _mixed(color, card, share)
    ink = _moved(color, (card, tint), direction, aim)
    if min(contrast(ink, card), contrast(ink, tint)) < LEAST_CONTRAST:
        scheme, wanted = ("light", "darker") if direction < 0 else ("dark", "lighter")
        raise ValueError(f"it cannot be read at 4.5:1 in the {scheme} mail: choose a {wanted} one")
    bar = _moved(color, (card,), direction, _GRAPHIC_CONTRAST)
    return Shades(*map(Shade, (ink, tint, bar)))


def _moved(color: str, grounds: tuple[str, ...], direction: int, aim: float) -> str:
    """The nearest shade of the colour that has the contrast on all grounds, or the furthest there is."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(color))
    shade = color.lower()
    for step in range(1, _FURTHEST + 1):
        if all(contrast(shade, ground) >= aim for ground in grounds):
            break
        moved = min(1.0, max(0.0, lightness + direction * step / 100))
        shade = _hex(colorsys.hls_to_rgb(hue, moved, saturation))
    return shade


def _mixed(color: str, card: str, share: float) -> str:
    red, green, blue = (c * share + k * (1 - share) for c, k in zip(_rgb(color), _rgb(card), strict=True))
    return _hex((red, green, blue))


def _luminance(rgb: _Rgb) -> float:
    red, green, blue = (c / 12.92 if c <= _LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(color: str) -> _Rgb:
    red, green, blue = bytes.fromhex(color[1:])
    return red / 255, green / 255, blue / 255


def _hex(rgb: _Rgb) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)
