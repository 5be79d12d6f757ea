"""What a person sees on a terminal: tables that fit, nouns that agree with their numbers, moments of one form."""

import json
import os
import pty
import re
import subprocess
from collections import Counter
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from digest.cli import _screen
from digest.cli._drawn import tables
from support import DIGEST, Folder, Make

WORDS = st.text("ab \u8eca", max_size=60).map(lambda text: " ".join(text.split()))


def on_a_terminal(folder: Folder, *arguments: str) -> str:
    """What a command prints where a person looks, 80 cells wide."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "80", "TERM": "dumb"}
    command = [*DIGEST, "--home", str(folder.path), *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=environment) as running:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4_096):
                shown += piece
        except OSError:  # the other side is closed
            pass
        running.wait()
    os.close(ours)
    return shown.decode().replace("\r", "")


def test_a_list_of_articles_at_eighty_columns_breaks_no_title_into_pieces(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("gather")
    shown = on_a_terminal(folder, "articles", "list")
    assert "    title: Aurel prices its electric van below its rivals" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "corrected" not in shown


def test_an_address_is_never_broken_in_the_list_of_subscribers(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("send", "brief")
    shown = on_a_terminal(folder, "subscribers", "list")
    assert "r0@example.org" in shown
    assert "paused until" not in shown


@given(st.lists(st.tuples(WORDS, WORDS, WORDS, WORDS), min_size=1, max_size=4))
def test_a_table_loses_no_letter_and_is_no_wider_than_the_terminal(rows: list[tuple[str, ...]]) -> None:
    shown = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(shown):
        patch.setenv("COLUMNS", "80")
        tables.show(["id", "some_thing", "other", "last"], rows)
    wanted = Counter(letter for row in rows for cell in row for letter in cell if cell != "-" and letter != " ")
    assert wanted <= Counter(shown.getvalue())
    assert max(map(cell_len, shown.getvalue().splitlines()), default=0) <= 80


def test_a_moment_is_shown_in_the_zone_that_is_asked_for() -> None:
    zone = ZoneInfo("Europe/Berlin")
    moment = datetime(2026, 11, 22, 23, 30, 59, tzinfo=UTC)
    assert _screen.moment(moment, zone) == _screen.moment(moment.isoformat(), zone) == "2026-11-23 00:30"
    assert [_screen.moment(none, zone) for none in (None, "")] == ["-", "-"]


def test_the_moments_in_a_sentence_of_the_ledger_are_local_too(newsletter: Make) -> None:
    folder = newsletter()
    folder.append("jobs/brief.toml", 'review = "30m"\n')
    (job,) = json.loads(folder.run("send", "brief", "--json").stdout)["jobs"]
    assert "+00:00; `digest editions approve" in job["reason"]
    edition = job["edition"]
    assert re.search(r"under review until \d{4}-\d\d-\d\d \d\d:\d\d;", folder.run("editions", "show", edition).stdout)
    assert folder.run("editions", "stop", edition).exit_code == 0
    shown = [folder.run(*command).stdout for command in (("report",), ("editions", "show", edition), ("send", "brief"))]
    assert ["+00:00" in each for each in shown] == [False] * 3
    assert all("stopped at 20" in each for each in shown)


def test_an_empty_list_says_what_comes_next_and_prints_nothing(newsletter: Make) -> None:
    folder = newsletter()
    told = folder.run("editions", "list")
    assert (told.stdout, told.stderr) == (
        "",
        "no edition was composed yet; `digest send JOB` makes a first one\n",
    )
    assert json.loads(folder.run("editions", "list", "--json").stdout) == []
