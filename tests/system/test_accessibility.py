"""axe-core in Debian's chromium finds nothing in our mails, in light and dark, on phones and desks."""

from pathlib import Path

import pytest

from system import real_input
from system.browser import Look, axe
from system.editions import EDITIONS, one_story, real

SHOWN = {**EDITIONS, "real-input": real} if real_input.IS_THERE else EDITIONS
LOOKS = [Look(width=width, dark=dark) for width in (375, 700) for dark in (False, True)]


@pytest.fixture(scope="module", params=SHOWN)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SHOWN[request.param](tmp_path_factory.mktemp("home") / "news") / "index.html"


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_nothing(page: Path, look: Look) -> None:
    found = axe(page, look)
    assert found["violations"] == []
    assert found["contrasts"] >= 5


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_pale_text(tmp_path: Path, look: Look) -> None:
    pale = "#44484f" if look.dark else "#9ba1ab"
    found = axe(
        one_story(tmp_path / "news") / "index.html",
        look,
        f"<style>html body p[style][style] {{ color: {pale} !important }}</style>",
    )
    assert {violation.partition(":")[0] for violation in found["violations"]} == {"color-contrast"}
