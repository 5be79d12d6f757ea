"""A page made to hurt costs itself, by name, and a bounded time."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.settings import Source
from digest.core.web import Document
from digest.gather import _page_scan, page

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENTENCES = [
    f"<p>The crane moved {n} metres on Monday, as {n} people on the quay were told it would.</p>" for n in "3456"
]
GOOD = "<html><body><article><h1>Title</h1>" + "".join(SENTENCES) + "</article></body></html>"
CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children")
MANY = 1_900_000


def read(markup: str) -> str:
    """The article's text, or what was wrong."""
    document = Document(data=markup.encode(), location="https://news.example/a", content_type="text/html")
    try:
        return page.read(document, Source(), NOW)[0].text
    except ValueError as error:
        return f"refused: {error}"


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("<p>" + "a" * 2_000_000, "more than 2 million characters"),
        ("<div " + "a=1 " * 20_000 + ">", "a tag of more than 64,000"),
        ("<div>" * 300, "nested more than 200 deep"),
        ("<b><i>" * 5_000, "nested more than 200 deep"),
    ],
)
def test_what_no_parser_should_see_is_refused_unparsed(markup: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        _page_scan.check(markup)


@pytest.mark.parametrize(
    "markup",
    ["<script>" + "if (a<b) c<d; " * 500 + "</script>", "<!-- " + "<div>" * 500 + " -->", "<p>text<br>" * 5_000],
)
def test_what_only_seems_deep_passes(markup: str) -> None:
    _page_scan.check(markup)


@given(st.text("<>/!-ab='\" \n", max_size=300))
def test_the_scan_takes_any_text(markup: str) -> None:
    _page_scan.check(markup)


@pytest.mark.parametrize("markup", ["<" * MANY, '<a b="' + "<" * MANY, "<!--" * 400_000, "<script " * 200_000])
def test_the_scan_is_quick_on_anything(markup: str) -> None:
    begun = time.monotonic()
    _page_scan.check(markup)
    assert time.monotonic() - begun < 2


def test_a_page_that_kills_its_reader_costs_no_other() -> None:
    begun = time.monotonic()
    assert read("<html><body>" + "<p>" * 600_000) == "refused: reading the page took more than 3 s"
    assert time.monotonic() - begun < 15
    assert "The crane moved" in read(GOOD)


@pytest.mark.skipif(not CHILDREN.exists(), reason="needs Linux' /proc")
def test_a_reader_that_is_killed_in_the_middle_costs_no_other() -> None:
    assert "The crane moved" in read(GOOD)
    (reader,) = readers()
    timer = Timer(0.5, os.kill, (reader, signal.SIGKILL))
    timer.start()
    assert read("<html><body>" + "<p>" * 600_000).startswith("refused: reading the page took more than")
    timer.join()
    assert "The crane moved" in read(GOOD)


def test_an_entity_or_a_link_in_a_page_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    head = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}">]><link rel="stylesheet" href="file://{secret}">'
    assert "canary" not in read(head + GOOD + f'<p>And &x; too.</p><iframe src="file://{secret}"></iframe>')


def test_reading_a_page_loads_no_extractor_into_this_process() -> None:
    program = "import sys, digest.gather.page; print({'trafilatura', 'turbohtml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def readers() -> list[int]:
    """The process ids of our own children that read pages."""
    listed = CHILDREN.read_text(encoding="ascii").split()
    return [int(pid) for pid in listed if b"_page_worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
