"""Three written fortnights with running stories: nothing twice without news, nothing lost, each update marked."""

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest.store import articles, connect
from fortnight import Fortnight, days, expected, lived, shown, stories

DATA = Path(__file__).parent / "data"
FIRST = datetime(2026, 11, 9, 7, tzinfo=UTC)
FAILED = {"fortnight": 8, "fortnight_terse": 4, "fortnight_long": 4}
"""The day on which no source answers; a Friday's edition is sent on Saturday then."""
MISTAKEN = {
    "fortnight": {},
    "fortnight_terse": {"weekly2": "taken for an update: what happens every week reads alike every week"},
    "fortnight_long": {"flood": "one of five updates is not found to be one: it names nothing but the town"},
}
LIVED = """
import sys
from pathlib import Path
from fortnight import lived
from test_fortnight import DATA, FAILED, days, FIRST
made = lived(DATA / "fortnight.txt", Path(sys.argv[1]), list(days(FIRST, 9)), 8, is_reversed=sys.argv[2] == "reversed")
with made.folder.path.joinpath("editions.json").open("w") as file:
    file.write("\\n".join(made.contents()))
"""


@pytest.fixture(scope="module", params=sorted(FAILED))
def fortnight(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Fortnight:
    name = request.param
    return lived(DATA / f"{name}.txt", tmp_path_factory.mktemp(name), list(days(FIRST, 15)), FAILED[name])


def test_each_story_comes_when_it_has_news_and_says_what_it_updates(fortnight: Fortnight) -> None:
    sent = fortnight.editions()
    wrong = []
    for (_, edition), wanted in zip(sent, expected(fortnight.news, sent), strict=True):
        told = shown(fortnight.news, edition)
        wrong += [(edition["id"], story) for story in dict(told).keys() ^ wanted.keys()]
        wrong += [(edition["id"], story) for story, times in Counter(story for story, _ in told).items() if times > 1]
    assert wrong == []


def test_each_update_names_the_edition_that_told_the_story_first(fortnight: Fortnight) -> None:
    sent = fortnight.editions()
    wrong = set()
    for (_, edition), wanted in zip(sent, expected(fortnight.news, sent), strict=True):
        wrong |= {story for story, told_by in shown(fortnight.news, edition) if wanted[story] != told_by}
    assert wrong == set(MISTAKEN[fortnight.name])


def test_a_mail_says_of_each_update_when_its_story_was_told_first(fortnight: Fortnight) -> None:
    texts = {}
    for mail in fortnight.folder.mails():
        message = message_from_bytes(mail, policy=policy.default)
        part = message.get_body(("plain",))
        assert part
        texts[str(message["Date"].datetime.date())] = " ".join(part.get_content().split())
    for composed, edition in fortnight.editions():
        marks = [story["update_of"] for story in stories(edition) if story["update_of"]]
        text = texts[str(composed.date())]
        assert text.count("first in the edition of") == len(marks)
        for mark in marks:
            day = datetime.strptime(mark[6:16], "%Y-%m-%d").replace(tzinfo=UTC)
            assert f"first in the edition of {day.day} {day:%b}" in text


def test_each_article_of_the_window_is_told_or_left_out_exactly_once(fortnight: Fortnight) -> None:
    with connect(fortnight.folder.path / "digest.db") as store:
        gathered = {article.id: article for article in articles.newest(store, 999)}
    ids = {article.url: article.id for article in gathered.values()}
    last = FIRST - timedelta(days=9)
    for composed, edition in fortnight.editions():
        told = [story["id"] for story in stories(edition)]
        told += [ids[also["url"]] for story in stories(edition) for also in story["also"]]
        named = Counter([*told, *(left["id"] for left in edition["left_out"])])
        since = min(composed - timedelta(hours=36), last) if last > FIRST else composed - timedelta(hours=36)
        inside = {a.id for a in gathered.values() if a.first_seen <= composed and a.date >= since}
        assert set(named.values()) == {1}
        assert inside <= named.keys()
        assert all(left["reason"] for left in edition["left_out"])
        last = composed


def test_editions_are_the_same_byte_for_byte_in_any_order_and_with_any_seed(tmp_path: Path) -> None:
    made: list[bytes] = []
    for seed, order in (("1", "straight"), ("1", "straight"), ("2", "reversed"), ("3", "straight")):
        home = tmp_path / f"{len(made)}"
        home.mkdir()
        path = os.pathsep.join([str(DATA.parent), *sys.path])
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path}
        subprocess.run(
            [sys.executable, "-c", LIVED, str(home), order], env=environment, check=True, capture_output=True
        )
        made.append((home / "editions.json").read_bytes())
    assert made[0].count(b'"update_of": "daily-') >= 4
    assert set(made) == {made[0]}
