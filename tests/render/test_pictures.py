"""Which pictures a mail shows, how, and what it carries."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.core.mail import Image, Picture, Reader, Rendered
from digest.core.model import Edition, Story
from digest.core.settings import Job, Newsletter, TopicRules
from digest.render import render
from digest.render.checks import run_checks

NEWSLETTER = Newsletter(name="Meridian", address="Example Street 1, Berlin")
StoryOf = Callable[..., Story]
EditionOf = Callable[..., Edition]


def image(name: str, size: int, width: int, height: int) -> Image:
    data = name.encode().ljust(size, b"\0")
    return Image(hash=sha256(data).hexdigest(), data=data, width=width, height=height)


def picture(name: str, large: int = 40_000, thumb: int = 6_000) -> Picture:
    return Picture(large=image(name, large, 1168, 730), thumb=image(f"{name} small", thumb, 232, 232))


def show(
    edition: Edition, folders: Sequence[Path], pictures: Mapping[str, Picture], host: str = "", **newsletter: object
) -> Rendered:
    changes: dict[str, Any] = dict(newsletter)
    return render(
        edition,
        job=Job(name="daily", title="The Morning Brief", sender="Meridian <b@example.org>"),
        newsletter=replace(NEWSLETTER, **changes),
        topics={"ai": TopicRules(id="ai", name="AI", color="#5b4fe0")},
        reader=Reader(email="jo@example.org", unsubscribe="mailto:leave@example.org"),
        folders=folders,
        pictures=pictures,
        host=host,
    )


def images(rendered: Rendered) -> list[dict[str, str]]:
    return [
        {str(name): str(value) for name, value in found.items()}
        for found in lxml_html.document_fromstring(rendered.html).iter("img")
    ]


def references(rendered: Rendered) -> list[str]:
    return [found["src"].removeprefix("cid:") for found in images(rendered)]


def test_a_lead_has_a_large_picture_and_the_next_three_have_thumbs(shipped: Path, edition: EditionOf) -> None:
    made = edition(21)
    every = {story.lead.id: picture(story.lead.id, 30_000) for story in made.stories}
    rendered = show(made, [shipped], every)
    expected = []
    for section in made.sections:
        lead, *others = (every[story.lead.id] for story in section.stories)
        expected += [lead.large.content_id, *(other.thumb.content_id for other in others[:3])]
    assert references(rendered) == expected
    assert sorted(found.content_id for found in rendered.pictures) == sorted(expected)
    sizes = [(found["width"], found["height"]) for found in images(rendered)]
    assert sizes == [("584", "365"), *[("116", "116")] * 3] * 3


def test_a_leads_alt_is_its_headline_and_a_thumb_says_nothing_twice(
    shipped: Path, edition: EditionOf, story: StoryOf
) -> None:
    hostile = 'नमस्ते "><script>x</script> & \\ 👩‍👩‍👧‍👦'
    made = edition({"ai": [story(hostile, number=1), story("Second", number=2)]})
    rendered = show(made, [shipped], {"1": picture("a"), "2": picture("b")})
    assert [found["alt"] for found in images(rendered)] == [hostile, ""]
    assert "<script>" not in rendered.html


def test_a_mail_with_pictures_passes_every_check(shipped: Path, edition: EditionOf) -> None:
    made = edition(12)
    every = {story.lead.id: picture(story.lead.id) for story in made.stories}
    for language in ("en", "ar"):
        rendered = show(made, [shipped], every, language=language)
        findings = run_checks(rendered, made, NEWSLETTER)
        assert [finding for finding in findings if finding.check != "subject"] == []
        tables = lxml_html.document_fromstring(rendered.html).iter("table")
        assert {table.get("role") for table in tables} == {"presentation"}


def test_without_pictures_there_is_no_hole(shipped: Path, edition: EditionOf) -> None:
    made = edition(12)
    rendered = show(made, [shipped], {})
    assert rendered.pictures == ()
    assert "<img" not in rendered.html
    assert "colspan" not in rendered.html


def test_a_story_without_a_picture_spans_the_column_of_the_others(
    shipped: Path, edition: EditionOf, story: StoryOf
) -> None:
    made = edition({"ai": [story(f"Headline {n}", number=n) for n in range(4)]})
    tree = lxml_html.document_fromstring(show(made, [shipped], {"2": picture("a")}).html)
    rows = [row for row in tree.iter("tr") if row.xpath("td/h3[starts-with(., 'Headline')]")]
    assert [(len(row), row[0].get("colspan")) for row in rows] == [(1, "2"), (2, None), (1, "2")]


def test_the_picture_of_a_story_without_a_link_is_unlinked(shipped: Path, edition: EditionOf, story: StoryOf) -> None:
    made = edition({"ai": [story("From a file", url=None, number=1)]})
    tree = lxml_html.document_fromstring(show(made, [shipped], {"1": picture("a")}).html)
    assert tree.xpath("//td/img")
    assert not tree.xpath("//a//img")


def test_a_picture_that_comes_with_two_stories_is_shown_once(shipped: Path, edition: EditionOf) -> None:
    made = edition(12)
    rendered = show(made, [shipped], {story.lead.id: picture("the outlet's own") for story in made.stories})
    assert len(references(rendered)) == 1


def test_what_the_template_does_not_print_is_not_sent(tmp_path: Path, edition: EditionOf) -> None:
    made = edition(3)
    every = {story.lead.id: picture(story.lead.id) for story in made.stories}
    (tmp_path / "brief.txt.j2").write_text("text")
    page = '<mjml><mj-body><mj-section><mj-column><mj-text><img src="{{ lead.picture.src }}" /></mj-text></mj-column>'
    (tmp_path / "brief.mjml.j2").write_text(f"{page}</mj-section></mj-body></mjml>")
    rendered = show(made, [tmp_path], every)
    assert rendered.pictures == (every[made.stories[0].lead.id].large,)


def test_leads_come_before_thumbs_when_there_is_not_room_for_all(
    shipped: Path, edition: EditionOf, story: StoryOf
) -> None:
    topics = ("automotive", "ai", "crypto")
    made = edition({topic: [story("x", number=9 * at + n) for n in range(4)] for at, topic in enumerate(topics)})
    every = {found.lead.id: picture(found.lead.id, 80_000, 10_000) for found in made.stories}
    rendered = show(made, [shipped], every)
    expected = [every[f"{9 * at}"].large for at in range(3)] + [every["1"].thumb]
    assert list(rendered.pictures) == expected


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.tuples(st.integers(1, 80_000), st.integers(1, 12_000)), min_size=12, max_size=12))
def test_a_mail_never_carries_more_than_its_budget_and_every_reference_is_in_it(
    sizes: list[tuple[int, int]], shipped: Path, edition: EditionOf
) -> None:
    made = edition(24)
    leads = [found.lead.id for found in made.stories]
    every = {name: picture(name, *size) for name, size in zip(leads, sizes * 2, strict=True)}
    rendered = show(made, [shipped], every)
    assert sum(len(found.data) for found in rendered.pictures) <= 250_000
    assert sorted(references(rendered)) == sorted(found.content_id for found in rendered.pictures)
    assert len(set(references(rendered))) == len(references(rendered))


@pytest.mark.parametrize("language", ["en", "he"])
def test_blocked_pictures_are_a_tinted_place_with_a_readable_headline(
    language: str, shipped: Path, edition: EditionOf
) -> None:
    made = edition({"ai": edition(4).stories})
    rendered = show(made, [shipped], {"0": picture("a"), "1": picture("b")}, language=language)
    lead, thumb = images(rendered)
    assert re.search(r"font-size:14px;.*color:#[0-9a-f]{6}", lead["style"])
    assert "background:#" in thumb["style"]
    tree = lxml_html.document_fromstring(rendered.html)
    assert tree.xpath("//img[@width='584']/ancestor::td[1][contains(@class, 'w1') and contains(@style, 'background:')]")
    assert ".w1 { background:" in rendered.html.split("prefers-color-scheme: dark", 1)[1]


def test_pictures_on_the_site_are_loaded_from_there_alone_and_equal_for_all(shipped: Path, edition: EditionOf) -> None:
    made, host = edition(3), "https://news.example.org"
    shown = show(made, [shipped], {story.lead.id: picture(story.lead.id) for story in made.stories}, host)
    sources = [found["src"] for found in images(shown)]
    assert len(sources) == 3
    assert all(re.fullmatch(rf"{host}/pictures/[0-9a-f]{{64}}\.jpg", source) for source in sources)
    assert shown.pictures == ()
    assert [found for found in run_checks(shown, made, NEWSLETTER) if found.check == "origins"] == []
    elsewhere = replace(shown, html=shown.html.replace(f"{host}/pictures", f"{host}.evil.example/pictures", 1))
    assert [found.check for found in run_checks(elsewhere, made, NEWSLETTER) if found.check == "origins"] == ["origins"]
    unhosted = replace(shown, host="")
    assert "origins" in [found.check for found in run_checks(unhosted, made, NEWSLETTER)]
