"""Real feeds, articles and saved pages through the whole corridor, into the outbox."""

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from system.browser import Look, measured
from system.editions import real
from system.real_input import DATA, FEEDS, IS_THERE, PAGES, newsletter

pytestmark = pytest.mark.skipif(not IS_THERE, reason="DIGEST_DATA names no folder with feeds")
TOPICS = {"automotive": "Automotive", "ai": "AI", "crypto": "Crypto"}
MOST = 8


def test_an_edition_of_real_news_is_sent_once_and_every_source_answered(tmp_path: Path) -> None:
    with newsletter(tmp_path / "news") as folder:
        (first,) = folder.json("send", "real")["jobs"]
        assert (first["state"], first["sent"], first["recipients"]) == ("sent", 1, 1)
        (again,) = folder.json("send", "real")["jobs"]
        assert (again["edition"], again["state"], again["reason"]) == (first["edition"], "sent", "already sent")
        sources = [row for row in folder.json("sources", "list") if row["group"] == "real"]
    assert len(sources) == len(FEEDS) + PAGES + 1
    assert [row for row in sources if row["error"] or row["failures"] or not row["last_success"]] == []
    (mail,) = [message_from_bytes(data, policy=default) for data in folder.mails()]
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert [name for name in TOPICS.values() if name.upper() not in plain.get_content().upper()] == []


def test_the_sections_of_real_news_hold_what_belongs_there(tmp_path: Path) -> None:
    with newsletter(tmp_path / "news") as folder:
        edition = folder.json("render", "real")
    assert {section["topic"]: section["title"] for section in edition["sections"]} == TOPICS
    labelled, wrong = labels(), []
    for section in edition["sections"]:
        topic = section["topic"]
        assert 0 < len(section["stories"]) <= MOST
        for story in section["stories"]:
            assert any(reason.startswith(f"{topic} ") for reason in story["reasons"]), story
            if topic not in labelled.get(story["title"], [topic]):
                wrong.append((topic, story["title"]))
    assert len(wrong) <= 1, wrong
    # None is better than one that begins in mid-air; most have one.
    stories = [story for section in edition["sections"] for story in section["stories"]]
    assert sum(not story["summary"] for story in stories) <= len(stories) / 10


@pytest.mark.parametrize("width", [375, 700])
def test_nothing_of_real_news_is_wider_than_the_window(tmp_path: Path, width: int) -> None:
    assert measured(real(tmp_path / "news") / "index.html", Look(width=width))["wide"] == []


def labels() -> dict[str, list[str]]:
    """Title -> the topics that people gave it; empty without the labels."""
    path = DATA / "articles" / "real_dev.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    return {" ".join(row["title"].split()): [*row["topics"], *row["optional"]] for row in rows}
