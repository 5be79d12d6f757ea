"""What each check says of a mail that is not as it should be, and that the shipped look passes them all."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition, Story
from digest.core.settings import Newsletter
from digest.message import reader
from digest.render.checks import run_checks

Show = Callable[..., Rendered]
StoryOf = Callable[..., Story]
EditionOf = Callable[..., Edition]
NEWSLETTER = Newsletter(name="Meridian", address="Example Street 1, Berlin")
SUBJECT = "A subject line that an inbox shows whole"
HOLD, WARN = Severity.HOLD, Severity.WARN


def found(rendered: Rendered, edition: Edition) -> list[tuple[str, Severity]]:
    return [(finding.check, finding.severity) for finding in run_checks(rendered, edition, NEWSLETTER)]


@pytest.mark.parametrize("size", [1, 2, 12, 60])
def test_the_shipped_look_passes_every_check(size: int, show: Show, edition: EditionOf) -> None:
    made = edition(size)
    assert found(show(made, subject=SUBJECT), made) == []
    assert found(show(made, subject=SUBJECT, reader=reader("0123456789abcdef")), made) == []


def test_a_mail_that_is_cut_by_mail_programs_is_held(show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    size = len(rendered.html.encode())
    for least, expected in (
        (90_000, []),
        (90_001, [("size", WARN)]),
        (97_999, [("size", WARN)]),
        (98_000, [("size", HOLD)]),
    ):
        padded = replace(rendered, html=rendered.html.replace("</body>", "x" * (least - size) + "</body>"))
        assert found(padded, made) == expected


@pytest.mark.parametrize("gone", ["Example Street 1", "mailto:"])
def test_a_part_without_address_or_way_out_is_held(gone: str, show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    assert ("footer", HOLD) in found(replace(rendered, html=rendered.html.replace(gone, "https://gone.example/")), made)
    assert ("footer", HOLD) in found(replace(rendered, text=rendered.text.replace(gone, "gone")), made)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "x.html", "", " ", "%%UNSUB%%", "ftp://a/b"]
)
def test_a_link_to_anything_but_web_and_mail_is_held(url: str, show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    broken = replace(rendered, html=rendered.html.replace("https://news.example.org/0", url))
    assert ("links", HOLD) in found(broken, made)


def test_a_link_without_text_is_held(show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    broken = replace(rendered, html=rendered.html.replace(">Headline 0 of the day<", "> <"))
    assert ("links", HOLD) in found(broken, made)


def test_one_link_text_with_two_targets_is_a_warning(show: Show, story: StoryOf, edition: EditionOf) -> None:
    made = edition({"ai": [story("Twin", number=1), story("Twin", number=2)]})
    assert found(show(made, subject=SUBJECT), made) == [("links", WARN)]


@pytest.mark.parametrize(
    "subject",
    ["Short", "Long " * 20, "ALL CAPITALS FROM THE FIRST TO THE LAST", "Two! exclamation! marks in one subject"],
)
def test_a_subject_that_costs_readers_is_a_warning(subject: str, show: Show, edition: EditionOf) -> None:
    made = edition()
    assert found(show(made, subject=subject), made) == [("subject", WARN)]


def test_a_preheader_that_says_nothing_new_is_a_warning(show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    assert ("subject", WARN) in found(replace(rendered, preheader=rendered.subject), made)
    assert ("subject", WARN) in found(replace(rendered, preheader="short"), made)


def test_a_text_part_that_is_no_digest_is_a_warning(show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    for text in (
        rendered.text.replace("https://news.example.org/1", "gone"),
        rendered.text.replace("Headline 1 of the day", "gone"),
        rendered.text + "x" * 79,
        rendered.text + "\u200b",
    ):
        assert found(replace(rendered, text=text), made) == [("text", WARN)]


def test_a_finding_names_its_check_and_says_what_is_wrong(show: Show, edition: EditionOf) -> None:
    made = edition()
    (finding,) = run_checks(show(made, subject="Short"), made, NEWSLETTER)
    assert finding == Finding(
        check="subject", severity=WARN, message="the subject has 5 characters: 30 to 60 are shown whole"
    )
