"""Every colour a topic may have reads in both schemes."""

import colorsys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.palette import DARK_CARD, LIGHT_CARD, contrast, palette

COLORS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def is_refused(color: str) -> bool:
    try:
        palette(color)
    except ValueError:
        return True
    return False


@given(color=COLORS)
def test_ink_has_4_5_to_1_on_card_and_tint_or_the_colour_is_refused(color: str) -> None:
    lightness = colorsys.rgb_to_hls(*(channel / 255 for channel in bytes.fromhex(color[1:])))[1]
    if is_refused(color):
        assert not 0.25 < lightness < 0.9
        return
    made = palette(color)
    for shades, card in ((made.light, LIGHT_CARD), (made.dark, DARK_CARD)):
        assert contrast(shades.ink, card) >= 4.5
        assert contrast(shades.ink, shades.tint) >= 4.5
        assert contrast(shades.bar, card) >= 3


@pytest.mark.parametrize("color", ["#ffffff", "#000000", "red", "#12345", "#1234567", "#b4441g", ""])
def test_a_colour_that_cannot_be_read_is_refused_with_what_is_allowed(color: str) -> None:
    with pytest.raises(ValueError, match=r"choose a (darker|lighter) one\Z|six hex digits\Z"):
        palette(color)


def test_contrast_is_that_of_the_wcag() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#ffffff", "#000000") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_a_colour_that_reads_already_is_kept_as_ink() -> None:
    assert palette("#8a2f10").light.ink == "#8a2f10"


def test_grey_and_navy_work() -> None:
    assert palette("#808080").light.ink < "#808080"
    assert palette("#000080").dark.ink > "#000080"
