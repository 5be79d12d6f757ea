"""What the checks of size, links, footer, subject and text say, and that the shipped look passes them all."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
MARKS = reader("0123456789abcdef")
HOSTILE = (
    "<script>alert(1)</script>",
    "</title><h1>x</h1><table><img src=https://a.example/x.png>",
    "<!--[if mso]><table><![endif]--> @import url(https://a.example/)",
    "%%UNSUB%% %%fedcba9876543210:EMAIL%% {{ 7*7 }}",
    "नमस्ते दुनिया, می‌خواهم, 👩‍👩‍👧‍👦",
    "right\u202eto left, zero\u200bwidth, \x00 control",
    "a" * 5_000,
    "word " * 1_000,
)


def found(rendered: Rendered, edition: Edition) -> list[tuple[str, Severity]]:
    findings = run_checks(rendered, edition, NEWSLETTER)
    assert all("\n" not in finding.message and len(finding.message) < 400 for finding in findings)
    return [(finding.check, finding.severity) for finding in findings]


@pytest.mark.parametrize("size", [1, 2, 12, 60])
def test_the_shipped_look_passes_every_check(size: int, show: Show, edition: EditionOf) -> None:
    made = edition(size)
    assert found(show(made, subject=SUBJECT), made) == []
    assert found(show(made, subject=SUBJECT, reader=MARKS), made) == []


@pytest.mark.parametrize("language", ["en", "he"])
def test_no_hostile_text_holds_the_shipped_look(language: str, show: Show, story: StoryOf, edition: EditionOf) -> None:
    stories = [story(text, number=n, summary=text, source=text[:40], also=[text]) for n, text in enumerate(HOSTILE)]
    made = edition({"ai": stories, "crypto": [story("", url=None, summary="")]})
    rendered = show(made, reader=MARKS, newsletter={"language": language})
    assert HOLD not in {severity for _, severity in found(rendered, made)}


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=80), min_size=1, max_size=6))
def test_no_text_at_all_holds_the_shipped_look(
    texts: list[str], show: Show, story: StoryOf, edition: EditionOf
) -> None:
    made = edition({"ai": [story(f"x{text}", number=n, summary=text) for n, text in enumerate(texts)]})
    assert HOLD not in {severity for _, severity in found(show(made, reader=MARKS), made)}


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


@pytest.mark.parametrize("gone", ["Example Street 1", "mailto:", "jo@example.org"])
def test_a_part_without_address_reason_or_way_out_is_held(gone: str, show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    assert ("footer", HOLD) in found(replace(rendered, html=rendered.html.replace(gone, "https://gone.example/")), made)
    assert ("footer", HOLD) in found(replace(rendered, text=rendered.text.replace(gone, "gone")), made)


@pytest.mark.parametrize("value", [MARKS.email, MARKS.unsubscribe])
def test_where_marks_stand_no_other_address_counts(value: str, show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT, reader=MARKS)
    other = "mailto:editor@example.org" if value == MARKS.unsubscribe else "editor@example.org"
    assert found(replace(rendered, html=rendered.html.replace(value, other)), made) == [("footer", HOLD)]
    assert found(replace(rendered, text=rendered.text.replace(value, other)), made) == [("footer", HOLD)]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "x.html", "", " ", "%%UNSUB%%", "ftp://a/b", "#top"]
)
def test_a_link_to_anything_but_web_and_mail_is_held(url: str, show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    broken = replace(rendered, html=rendered.html.replace("https://news.example.org/0", url))
    assert ("links", HOLD) in found(broken, made)


def test_a_link_without_text_is_held(show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    broken = replace(rendered, html=rendered.html.replace(">Headline 0 of the day<", "> <"))
    assert ("links", HOLD) in found(broken, made)
    pictured = rendered.html.replace(">Headline 0 of the day<", '><img src="cid:a" width="9" alt="A van"><')
    assert ("links", HOLD) not in found(replace(rendered, html=pictured), made)


@pytest.mark.parametrize(
    "damaged", ["%%0123456789ABCDEF:UNSUBSCRIBE%%", "%25%250123456789abcdef%3AEMAIL%25%25", "%%0123456789abc…"]
)
def test_a_run_mark_that_a_filter_has_changed_is_held(damaged: str, show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT, reader=MARKS)
    assert found(replace(rendered, html=rendered.html.replace("</body>", f"{damaged}</body>")), made) == [
        ("links", HOLD)
    ]
    assert found(replace(rendered, text=f"{rendered.text}{damaged}\n"), made) == [("links", HOLD)]


def test_one_link_text_with_two_targets_is_a_warning(show: Show, story: StoryOf, edition: EditionOf) -> None:
    made = edition({"ai": [story("Twin", number=1), story("Twin", number=2)]})
    assert found(show(made, subject=SUBJECT), made) == [("links", WARN)]


def test_links_that_others_can_read_along_are_one_warning(show: Show, story: StoryOf, edition: EditionOf) -> None:
    made = edition({"ai": [story(f"Headline {n}", number=n, url=f"http://a.example/{n}") for n in range(9)]})
    (finding,) = run_checks(show(made, subject=SUBJECT), made, NEWSLETTER)
    assert (finding.check, finding.severity) == ("links", WARN)
    assert finding.message.startswith("links are http (found: 9)")


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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("https://news.example.org/1", "gone", "lacks the link of 'Headline 1 of the day'"),
        ("Headline 1 of the day", "gone", "lacks the title 'Headline 1 of the day'"),
        ("\n--\n", f"\n{'x ' * 40}\n", "has lines over 78 characters (found: 1); the first is 'x x"),
        ("\n--\n", "\nzero\u200bwidth\n", "has U+200B, which nobody sees (found: 1)"),
        ("\n--\n", "\n\u200djoiner\n", "has U+200D, which nobody sees (found: 1)"),
        ("\n--\n", "\nfish &amp; chips\n", "shows the HTML entity &amp;"),
        ("\n--\n", "\nfish &#38; chips\n", "shows the HTML entity &#38;"),
    ],
)
def test_a_text_part_that_is_no_digest_is_a_warning(
    old: str, new: str, message: str, show: Show, edition: EditionOf
) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    assert old in rendered.text
    (finding,) = run_checks(replace(rendered, text=rendered.text.replace(old, new)), made, NEWSLETTER)
    assert (finding.check, finding.severity) == ("text", WARN)
    assert message in finding.message


def test_an_entity_of_a_story_is_a_warning_that_names_the_story(show: Show, story: StoryOf, edition: EditionOf) -> None:
    made = edition({"ai": [story("A plant opens", number=1), story("Fish &amp; chips", number=2)]})
    (finding,) = run_checks(show(made, subject=SUBJECT), made, NEWSLETTER)
    assert finding.message == "the text part shows the HTML entity &amp;; it stands in the story 'Fish &amp; chips'"


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/?a=1&amp;b=2&copy;=" + "x" * 80,
        "Unsubscribe: mailto:leave@example.org?subject=" + "x" * 80,
        "AT&T; Q&A; R&D and 3 < 4 & 5;",
        "नमस्ते र्‍ می‌خواهم 👩‍👩‍👧‍👦",
    ],
)
def test_links_signs_and_joined_letters_are_no_fault_of_a_text(text: str, show: Show, edition: EditionOf) -> None:
    made, rendered = edition(), show(edition(), subject=SUBJECT)
    assert found(replace(rendered, text=f"{rendered.text}{text}\n"), made) == []


def test_a_headline_may_be_longer_as_a_subject_than_what_an_editor_writes(show: Show, edition: EditionOf) -> None:
    made, long = edition(), "A headline of so many words that no inbox shows the last one of them"
    assert len(long) > 60
    section = made.sections[0]
    story = replace(section.stories[0], lead=replace(section.stories[0].lead, title=long))
    told = replace(made, sections=(replace(section, stories=(story, *section.stories[1:])), *made.sections[1:]))
    rendered = replace(show(made, subject=SUBJECT), subject=long)
    assert ("subject", WARN) in found(rendered, made)
    assert ("subject", WARN) not in found(rendered, told)
    assert ("subject", WARN) in found(replace(rendered, subject=f"{long[:-1]}!"), told)


def test_a_finding_names_its_check_and_says_what_is_wrong(show: Show, edition: EditionOf) -> None:
    made = edition()
    (finding,) = run_checks(show(made, subject="Short"), made, NEWSLETTER)
    assert finding == Finding(
        check="subject", severity=WARN, message="the subject has 5 characters: 30 to 60 are shown whole"
    )
