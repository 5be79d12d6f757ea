"""Mails in Debian's chromium: nothing sticks out at the widths of phones and desks, and all can be read."""

from pathlib import Path

import pytest

from system.browser import Look, measured
from system.editions import EDITIONS, arabic, hostile_titles, one_story
from system.news import ARABIC, HOSTILE

SMALLEST, BODY = 12, 16
LONG_RUN = 80
LEFT, RIGHT = 2, 3


@pytest.fixture(scope="module", params=EDITIONS)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return EDITIONS[request.param](tmp_path_factory.mktemp("home") / "news") / "index.html"


@pytest.mark.parametrize("width", [320, 375, 414, 700])
def test_no_element_is_wider_than_the_window_and_no_text_too_small(page: Path, width: int) -> None:
    found = measured(page, Look(width=width))
    assert found["wide"] == []
    assert [run for run in found["runs"] if run[0] < SMALLEST] == []
    bodies = [run for run in found["runs"] if len(run[3]) > LONG_RUN and not run[2]]
    assert bodies
    assert [run for run in bodies if run[0] < BODY] == []


def test_what_sticks_out_and_what_is_small_is_found(tmp_path: Path) -> None:
    page = one_story(tmp_path / "news") / "index.html"
    copy = page.with_name("bad.html")
    bad = f'<p style="width:900px;font-size:11px">{"small " * 20}</p></body>'
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", bad), encoding="utf-8")
    found = measured(copy, Look(width=375))
    assert len(found["wide"]) >= 2
    assert [run[0] for run in found["runs"] if run[0] < SMALLEST] == [11]


@pytest.mark.parametrize("width", [375, 700])
def test_arabic_begins_at_the_right(tmp_path: Path, width: int) -> None:
    found = measured(arabic(tmp_path / "news") / "index.html", Look(width=width))
    assert len(found["heads"]) > sum(len(topic.articles) for topic in ARABIC)
    for head in found["heads"]:
        assert head[1] == "rtl"
        assert head[RIGHT] <= (width - min(width, 640)) / 2 + 30, head
    assert any(head[LEFT] > width / 2 for head in found["heads"])


def test_titles_that_are_code_are_shown_and_do_nothing(tmp_path: Path) -> None:
    found = measured(hostile_titles(tmp_path / "news") / "index.html", Look(width=700))
    assert found["title"].startswith("Meridian: ")
    seen = "".join(found["text"].split())
    for article in HOSTILE.articles:
        shown = "".join(
            char for char in article.title if char.isprintable() and not char.isspace() and char != "\u200d"
        )
        assert shown[:200] in seen.replace("\u200d", ""), article.title
