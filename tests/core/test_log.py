import json
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core import log


@pytest.fixture(autouse=True)
def _own_stderr() -> Iterator[None]:
    """Whatever a test sets up ends with it."""
    before, handlers = sys.stderr, logging.getLogger().handlers[:]
    yield
    sys.stderr, logging.getLogger().handlers[:] = before, handlers


def objects(stderr: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr.splitlines()]


@pytest.mark.parametrize(
    ("told", "reduced"),
    [
        ("550 <o'brien@x.org> is gone", "550 <***@x.org> is gone"),
        ("a/b=c@x.org, y+z@y.org;q@z.org", "***@x.org, ***@y.org;***@z.org"),
        ("mailto:a@x.org?subject=1", "mailto:***@x.org?subject=1"),
        ("https://x.org/leave?email=a@y.org&list=1", "https://x.org/leave?email=***@y.org&list=1"),
        ("https://x.org/@name/feed", "https://x.org/@name/feed"),
        ("größe@x.org", "***@x.org"),
        ("nothing at all", "nothing at all"),
    ],
)
def test_an_address_is_reduced_to_its_domain(told: str, reduced: str) -> None:
    assert log.anonymous(told) == reduced


@given(st.text(), st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}", fullmatch=True), st.text())
def test_no_local_part_comes_through(before: str, local: str, after: str) -> None:
    canary = f"canary.{local}"
    assert "canary." not in log.anonymous(f"{before} <{canary}@example.org> {after}").replace(before, "").replace(
        after, ""
    )


def test_a_long_line_costs_no_more_than_its_length() -> None:
    begun = time.monotonic()
    log.anonymous("a" * 1_000_000 + "@" + "b" * 1_000_000 + "//" * 100_000)
    assert time.monotonic() - begun < 2


def test_a_record_has_its_fields_in_both_styles(capsys: pytest.CaptureFixture[str]) -> None:
    fields = {"job": "brief", "sent": 3, "failed": 0, "error": 'HTTP 500 at "x"', "who": ["a@example.org"]}
    log.set_up("json")
    logging.getLogger("digest.schedule").info("slot due", extra=fields)
    (found,) = objects(capsys.readouterr().err)
    assert found | {"time": ""} == {"time": "", "level": "info", "event": "slot due"} | fields | {
        "who": ["***@example.org"]
    }
    log.set_up("text")
    logging.getLogger("digest.schedule").info("slot due", extra=fields)
    assert capsys.readouterr().err == ""
    log.follow()
    logging.getLogger("digest.schedule").info("slot due", extra=fields)
    line = capsys.readouterr().err
    assert (
        line.partition(" ")[2]
        == 'INFO slot due job=brief sent=3 error="HTTP 500 at \\"x\\"" who=[\'***@example.org\']\n'
    )


def test_a_line_from_outside_cannot_pretend_to_be_another(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "x\n2026-11-23T07:00 ERROR forged\u2028\x1b[31m\x85"
    for style in log.STYLES:
        log.set_up(style)
        logging.getLogger("digest.gather").warning("source failed", extra={"error": hostile})
        logging.getLogger("digest.gather").warning("%s", hostile)
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 4
    assert "\x1b" not in told


def test_an_exception_is_logged_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    for style in log.STYLES:
        log.set_up(style)
        try:
            raise ValueError("a@example.org")  # noqa: TRY301 - it is the traceback that is looked at
        except ValueError:
            logging.getLogger("digest.schedule").exception("unexpected")
    told = capsys.readouterr().err
    assert told.count("Traceback") == 2
    assert "a@example.org" not in told.replace("***@example.org", "")
    assert "ValueError" in json.loads(told.splitlines()[-1])["traceback"]


def test_libraries_are_heard_too(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up("json")
    logging.getLogger("apscheduler").warning("run missed")
    sys.stderr.write("half a ")
    sys.stderr.write("line\n\nand no end")
    sys.stderr.flush()
    assert [each["event"] for each in objects(capsys.readouterr().err)] == ["run missed", "half a line", "and no end"]


@pytest.mark.parametrize("style", ["text", "json"])
def test_an_address_has_the_same_tag_in_every_line_unless_it_is_to_be_shown(
    capsys: pytest.CaptureFixture[str], style: str
) -> None:
    log.set_up(style)
    log.tag_addresses({"a@example.org": "0a", "b@example.org": "0b"}.__getitem__)
    for told in ("A@Example.org is gone", "b@example.org is gone", "a@example.org again"):
        logging.getLogger("digest.x").warning("told", extra={"what": told})
    said = capsys.readouterr().err
    assert [said.count(found) for found in ("0a@Example.org", "0b@example.org", "0a@example.org")] == [1, 1, 1]
    log.show_addresses()
    log.tag_addresses(lambda _: "never")
    logging.getLogger("digest.x").warning("told", extra={"what": "A@Example.org"})
    assert "A@Example.org" in capsys.readouterr().err
    log.set_up("text")
