"""What a reader sees: every text of an edition, in both parts, whatever it says."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.core.errors import TemplateError
from digest.core.mail import Rendered
from digest.core.model import Edition, Story
from digest.core.text import line

HOSTILE = (
    "<script>alert(1)</script>",
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw><mj-text>",
    "</title><script>alert(1)</script>",
    "<mj-include path='/etc/passwd' />",
    "<mj-font name='x' href='https://evil.example/x.css' />",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}",
    "{% for a in range(9) %}x{% endfor %}",
    "{{ lead.__class__.__mro__ }}",
    "{# gone? #}",
    "]]> <![CDATA[ x ]]>",
    "<!-- x --> <!--[if mso]> x <![endif]-->",
    "&lt;b&gt; &amp;amp; &#x94d; &#34;",
    "नमस्ते दुनिया, สวัสดี, שָׁלוֹם",
    "emoji 👩‍👩‍👧‍👦 with joiners",
    r"back\slash \u{94d} \n",
    "tab\there, line\nthere",
    "%%UNSUB%% %%UNSUBSCRIBE%% %%EMAIL%%",
    "=?utf-8?q?x=0D=0ABcc:_a@b?=",
    "Bcc: a@b.example",
    "714159265358979 00000 12345",
    "right\u202eto left, zero\u200bwidth",
    "control \x00\x01\x0b\x1f characters",
    "lone \ud800 surrogate",
    "a" * 5_000,
    "word " * 1_000,
    "<div>" * 20_000,
)
Show = Callable[..., Rendered]
StoryOf = Callable[..., Story]
EditionOf = Callable[..., Edition]


def words(text: str) -> str:
    return " ".join(text.split())


def letters(text: str) -> str:
    return "".join(text.split())


def page(html: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html)


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_title_is_shown_as_text_everywhere(
    title: str, show: Show, story: StoryOf, edition: EditionOf
) -> None:
    rendered = show(edition({"ai": [story(title, summary=title, source=title[:40], also=[title[:30] + "2"])]}))
    tree = page(rendered.html)
    shown = line(title)
    assert words(tree.xpath("string(//h3)")) == words(shown)
    assert words(shown[:110]).split("…")[0] in words(tree.xpath("string(//title)"))
    assert letters(shown) in letters(rendered.text)
    assert rendered.subject == line(line(title), 120)
    assert not tree.xpath("//script|//*[@onmouseover]|//*[starts-with(name(), 'mj-')]")
    assert "evil.example" not in "".join(tree.xpath("//@href|//@src"))


@settings(max_examples=60, deadline=None)
@given(title=st.text(min_size=1), summary=st.text(), source=st.text())
def test_any_text_is_shown_as_it_is(
    title: str, summary: str, source: str, show: Show, story: StoryOf, edition: EditionOf
) -> None:
    rendered = show(edition({"ai": [story(title, summary=summary, source=source)]}))
    tree = page(rendered.html)
    assert words(tree.xpath("string(//h3)")) == words(line(title))
    assert letters(line(summary, 600)) in letters(rendered.text)
    assert words(line(source)) in words(tree.xpath("string(//b)"))


@settings(max_examples=60, deadline=None)
@given(titles=st.lists(st.text(min_size=1, max_size=150), min_size=1, max_size=5))
def test_a_preheader_has_40_to_110_characters_and_is_not_the_subject(
    titles: list[str], show: Show, story: StoryOf, edition: EditionOf
) -> None:
    rendered = show(edition({"ai": [story(title) for title in titles]}))
    assert 40 <= len(rendered.preheader) <= 110
    assert rendered.preheader != rendered.subject
    assert 1 <= len(rendered.subject) <= 120


@pytest.mark.parametrize("size", [1, 2, 3, 12, 60])
def test_every_story_and_link_is_in_both_parts(size: int, show: Show, edition: EditionOf) -> None:
    made = edition(size)
    rendered = show(made)
    tree = page(rendered.html)
    links = {anchor.get("href"): words(anchor.text_content()) for anchor in tree.iter("a")}
    for story in made.stories:
        assert links[story.lead.url] == story.lead.title
        assert story.lead.title in words(rendered.text)
        assert story.lead.url in rendered.text.split()
    assert len(rendered.html.encode()) < 90_000


def test_a_story_without_a_url_is_shown_unlinked(show: Show, story: StoryOf, edition: EditionOf) -> None:
    rendered = show(edition({"ai": [story("From a file", url=None), story("From the web")]}))
    assert [words(anchor.text_content()) for anchor in page(rendered.html).iter("a")] == ["From the web", "Unsubscribe"]
    assert "From a file" in rendered.text
    assert "None" not in rendered.text + rendered.html


def test_the_page_is_built_as_screen_readers_like_it(show: Show, edition: EditionOf) -> None:
    tree = page(show(edition(12)).html)
    levels = [int(heading.tag[1]) for heading in tree.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert (tree.get("lang"), tree.get("dir")) == ("en", "ltr")
    assert {table.get("role") for table in tree.iter("table")} == {"presentation"}
    assert not tree.xpath("//img[not(@alt)]")


def test_a_mail_loads_nothing_from_anywhere(show: Show, edition: EditionOf) -> None:
    html = show(edition(12)).html
    assert not page(html).xpath("//@src|//link/@href|//@background")
    assert "@import" not in html
    assert "url(" not in html


def test_light_and_dark_name_the_same_rules(show: Show, edition: EditionOf) -> None:
    html = show(edition(12)).html
    dark = html.split("prefers-color-scheme: dark")[1].split("</style>")[0]
    selectors = [name.strip() for rule in re.findall(r"([^{}]+)\{[^{}]*!important", dark) for name in rule.split(",")]
    outlook = {name.removeprefix("[data-ogsc] ") for name in selectors if name.startswith("[data-ogsc]")}
    media = {name for name in selectors if not name.startswith("[data-ogsc]")}
    assert media - outlook == {"body"}
    assert not outlook - media
    assert all(len(style) <= 8_000 for style in page(html).xpath("//style/text()"))


def test_a_right_to_left_language_turns_the_mail_round(show: Show, edition: EditionOf) -> None:
    html = show(edition(12), newsletter={"language": "ar"}).html
    assert (page(html).get("lang"), page(html).get("dir")) == ("ar", "rtl")
    assert "direction:ltr" not in html
    assert '<span dir="ltr">Monday 23 November 2026</span>' in html


def test_other_coverage_names_each_outlet_once_and_never_the_leads_own(
    show: Show, story: StoryOf, edition: EditionOf
) -> None:
    made = story(source="Autoblatt", also=["Voltaic", "Autoblatt", "Carga", "Voltaic", "Nikkan", "Levline"])
    rendered = show(edition({"ai": [made]}))
    assert "Also in Voltaic, Carga and 2 more" in words(page(rendered.html).text_content())
    assert "also in Voltaic, Carga and 2 more" in words(rendered.text)


def test_an_age_is_told_in_the_editions_zone_and_only_if_not_today(
    show: Show, story: StoryOf, edition: EditionOf
) -> None:
    seen = edition().issue.composed
    ages = {
        "hours": timedelta(hours=6),
        "one": timedelta(hours=8),
        "days": timedelta(days=4),
        "ahead": timedelta(days=-9),
    }
    stories = [story(f"Told {name}", source=name, published=seen - age) for name, age in ages.items()]
    text = words(show(edition({"ai": [*stories, story("Undated", source="never", published=None)]})).text)
    assert "one, 2 min, yesterday" in text
    assert "days, 2 min, 19 November" in text
    assert re.search(r"hours, 2 min https", text)
    assert re.search(r"ahead, 2 min https", text)
    german = words(show(edition({"ai": stories}), newsletter={"language": "de"}).text)
    assert "one, 2 Min., gestern" in german
    assert "days, 2 Min., 19. November" in german


def test_text_lines_are_wrapped_and_links_stay_whole(show: Show, story: StoryOf, edition: EditionOf) -> None:
    url = "https://news.example.org/" + "path-" * 60
    rendered = show(edition({"ai": [story("Long words " * 20, url=url, summary="x" * 500)]}))
    assert url in rendered.text.splitlines()
    assert all(len(text) <= 72 or "://" in text for text in rendered.text.splitlines())


def test_a_subject_is_the_jobs_own_template(show: Show, edition: EditionOf) -> None:
    rendered = show(
        edition(12), subject="{{ newsletter.name }} {{ edition.number }}: {{ sections|length }} topics\n & more"
    )
    assert rendered.subject == "Meridian 214: 3 topics & more"


def test_an_empty_subject_becomes_the_jobs_title(show: Show, edition: EditionOf) -> None:
    assert show(edition(), subject=" {{ '' }} ").subject == "The Morning Brief"


@pytest.mark.parametrize(
    "subject", ["{{ lead.titel }}", "{{ lead", "{{ lead.__class__ }}", "{{ cycler }}", "{{ lead }}"]
)
def test_a_wrong_subject_names_the_jobs_file_and_key(subject: str, show: Show, edition: EditionOf) -> None:
    with pytest.raises(TemplateError, match=r"\Ajobs/daily\.toml, key subject[^\n]*: [^\n]+\Z"):
        show(edition(), subject=subject)


def test_an_edition_without_a_story_is_an_error_of_one_line(show: Show, edition: EditionOf) -> None:
    with pytest.raises(TemplateError, match=r"\A[^\n]+\Z"):
        show(replace(edition(1), sections=()))


def test_stories_of_a_topic_that_is_gone_are_shown_all_the_same(show: Show, edition: EditionOf) -> None:
    assert show(edition({"gone": edition(1).stories})).html
