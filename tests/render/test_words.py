"""The mail's own words: in the newsletter's language, and never a way into the mail for anything else."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.core.errors import TemplateError
from digest.core.mail import Rendered
from digest.core.model import Earlier, Edition, Pointer, Story
from digest.core.settings import Newsletter
from digest.render.checks import run_checks

Show = Callable[..., Rendered]
StoryOf = Callable[..., Story]
EditionOf = Callable[..., Edition]
Look = Callable[..., Path]
MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"
# Each is a word of the shipped look that no German text has.
ENGLISH = re.compile(
    r"\b(?:min\b(?!\.)|(?:stories|story|sources?|from|brief|also|worth|more|you|get|because|unsubscribe|no|update|first|"
    r"yesterday|monday|see|read)\b)",
    re.IGNORECASE,
)


def shown(html: str) -> str:
    return " ".join(str(lxml_html.document_fromstring(html).xpath("string(//body)")).split())


def po(entries: Mapping[str, str]) -> str:
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    return head + "".join(f'\nmsgid "{message}"\nmsgstr "{text}"\n' for message, text in entries.items())


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """A newsletter's own folder with a look `own` and its words."""

    def of(html: str = "x", text: str = "x", *, language: str = "fr", entries: Mapping[str, str] | None = None) -> Path:
        for folder in ("templates", "words"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "templates" / "own.mjml.j2").write_text(MJML.format(html), encoding="utf-8")
        (tmp_path / "templates" / "own.txt.j2").write_text(text, encoding="utf-8")
        (tmp_path / "words" / f"{language}.po").write_text(po(entries or {}), encoding="utf-8")
        return tmp_path / "templates"

    return of


def everything(story: StoryOf, edition: EditionOf) -> Edition:
    """An edition with all that a mail has words for."""
    made = edition(1)
    first = Earlier(edition="daily-1", composed=made.issue.composed - timedelta(days=9))
    names = ["Hafenpost", "Autoblatt Nord", "Carga", "Levante"]
    stories = [
        replace(
            story(f"Titel {n}", number=n, also=names[:n], published=made.issue.composed - timedelta(days=n)),
            update_of=first if n % 2 else None,
            summary="Ein Satz.",
        )
        for n in range(7)
    ]
    whole = edition({"ai": stories, "crypto": [story("Ganz anderes", number=9, summary="Noch ein Satz.")]})
    pointer = Pointer(topic="crypto", section="Krypto", lead=stories[0].lead)
    sections = [replace(section, title="Thema", see_also=(pointer,)) for section in whole.sections]
    return replace(whole, sections=tuple(sections))


def test_a_german_mail_has_no_english_word(show: Show, story: StoryOf, edition: EditionOf) -> None:
    made = everything(story, edition)
    german = show(made, newsletter={"language": "de"}, title="Die Ausgabe")
    told = " ".join((shown(german.html), german.text, german.preheader))
    assert ENGLISH.findall(told) == []
    assert len(ENGLISH.findall(show(made).text)) > 20
    assert lxml_html.document_fromstring(german.html).get("lang") == "de"
    for words in (
        "Montag, 23. November 2026",
        "Nr. 214",
        "8 Meldungen aus 1 Quelle",
        "2 Min.",
        "gestern",
        "20. November",
    ):
        assert words in shown(german.html), words
        assert words in " ".join(german.text.split()), words
    assert "Aktualisiert: zuerst in der Ausgabe vom 14. Nov." in shown(german.html)
    assert "auch bei Hafenpost, Autoblatt Nord und einem weiteren" in " ".join(german.text.split())
    assert "Sie erhalten „Die Ausgabe“, weil jo@example.org auf der Empfängerliste steht." in shown(german.html)
    newsletter = Newsletter(name="Meridian", address="Example Street 1, Berlin", language="de")
    assert [found for found in run_checks(german, made, newsletter) if found.check not in {"links", "subject"}] == []


@pytest.mark.parametrize("language", ["en", "de", "ar", "fr"])
@pytest.mark.parametrize("size", [1, 2, 12])
def test_a_preheader_has_its_length_in_every_language(language: str, size: int, show: Show, edition: EditionOf) -> None:
    assert 40 <= len(show(edition(size), newsletter={"language": language}).preheader) <= 110


def test_words_may_hold_anything_and_stay_words(look: Look, show: Show, edition: EditionOf) -> None:
    hostile = "</p><script>alert(1)</script> & {{ 7*7 }} <mj-include path='/etc/passwd' />"
    folder = look(
        '{{ _("Hello") }} <b title="{{ _("Hello") }}">x</b> {{ _("By %(name)s.", name=lead.title) }}',
        '{{ _("Hello") }}',
        entries={"Hello": hostile, "By %(name)s.": f"{hostile} %(name)s"},
    )
    made = show(edition(1), template="own", folders=(folder,), newsletter={"language": "fr"})
    tree = lxml_html.document_fromstring(made.html)
    assert not tree.xpath("//script")
    assert shown(made.html) == f"{hostile} x {hostile} Headline 0 of the day"
    assert tree.xpath("string(//b/@title)") == hostile
    assert made.text == f"{hostile}\n"


@settings(max_examples=60, deadline=None)
@given(title=st.text(min_size=1, max_size=60))
def test_a_text_inside_words_is_shown_as_it_is(title: str, show: Show, story: StoryOf, edition: EditionOf) -> None:
    made = show(edition({"ai": [story("A", source=title, also=[f"B{title}"])]}), title=f"T {title}")
    same = show(edition({"ai": [story("A", source="S", also=["O"])]}), title="T")
    assert made.html.count("<") == same.html.count("<")
    assert made.html.count("<bdi>") == 1


def test_a_templates_own_markup_goes_into_words_and_a_text_beside_it_is_escaped(
    look: Look, show: Show, story: StoryOf, edition: EditionOf
) -> None:
    folder = look(
        "{% set name %}<b>{{ lead.title }}</b>{% endset %}"
        '{{ _("%(a)s & 100 %% by %(b)s", a=name, b=lead.source) }} {{ ngettext("%(number)s %(a)s", "x", 1, a=name) }}',
        entries={"%(a)s & 100 %% by %(b)s": "<i>%(b)s & 100 %%, %(a)s%(a)s"},
    )
    made = edition({"ai": [story("<script>7</script> %(a)s", source="<S> %(b)s")]})
    html = show(made, template="own", folders=(folder,), newsletter={"language": "fr"}).html
    title = "<b>&lt;script&gt;7&lt;/script&gt; %(a)s</b>"
    assert f"&lt;i&gt;&lt;S&gt; %(b)s &amp; 100 %, {title}{title}" in html
    assert f"1 {title}" in html


@pytest.mark.parametrize(
    "source",
    [
        "{{ _(lead) }}",
        "{{ _(3) }}",
        "{{ _('%(a)s', a=lead) }}",
        "{{ _('%(a)s', a=lead.nosuch) }}",
        "{{ _('%(a)s', b=1) }}",
        "{{ _('%(a)99999999s', a=1) }}",
        "{{ _('%d', a=1) }}",
        "{{ _(lead.title, a=1) }}",
        "{{ _(nosuch) }}",
        "{{ ngettext('a', 'b', 'c') }}",
        "{{ ngettext('a', 'b', lead.nosuch) }}",
        "{{ _._words }}",
        "{{ _.__init__.__globals__ }}",
        "{{ _ }}",
        "{% set b %}<b>{{ lead.title }}</b>{% endset %}{{ _(b, a=lead.title) }}",
        "{% set b %}<b>{{ lead.title }}</b>{% endset %}{{ _('%(a)s', a=b)|upper }}",
        "{% set b %}<b>{{ lead.title }}</b>{% endset %}{{ _('%(a)s', a=b) ~ lead.title }}",
    ],
)
def test_what_a_template_may_not_do_with_words_is_an_error_of_one_line(
    source: str, look: Look, show: Show, story: StoryOf, edition: EditionOf
) -> None:
    made = edition({"ai": [story("50 % of %(a)s <b>")]})
    with pytest.raises(TemplateError, match=r"\A[^\n]*own\.mjml\.j2:1: [^\n]+\Z"):
        show(made, template="own", folders=(look(source),))


def test_words_are_said_in_loops_macros_blocks_parts_and_subjects(look: Look, show: Show, edition: EditionOf) -> None:
    folder = look(
        "{% from '_part.mjml.j2' import m %}{% macro n() %}{{ _('Hello') }}{% endmacro %}{% block b %}{{ _('Hello') }}"
        "{% endblock %}{% for each in range(2) %}{{ _('Hello') }}{{ ngettext('one', 'many', each) }}{% endfor %}"
        "{{ n() }}{{ m() }}{% include '_foot.mjml.j2' %}",
        entries={"Hello": "Salut"},
    )
    (folder / "_part.mjml.j2").write_text("{% macro m() %}{{ _('Hello') }}{% endmacro %}", encoding="utf-8")
    (folder / "_foot.mjml.j2").write_text("{{ _('Hello') }}", encoding="utf-8")
    made = show(
        edition(1), template="own", folders=(folder,), newsletter={"language": "fr"}, subject="{{ _('Hello') }} 1"
    )
    assert shown(made.html).count("Salut") == 6
    assert "Salutmany" in shown(made.html)
    assert made.subject == "Salut 1"


def test_a_language_from_the_right_with_words_of_its_own_needs_no_spans(
    look: Look, shipped: Path, show: Show, edition: EditionOf
) -> None:
    folder = look(language="ar", entries={"Unsubscribe": "إلغاء الاشتراك"})
    folders: Sequence[Path] = (folder, shipped)
    html = show(edition(12), folders=folders, newsletter={"language": "ar"}).html
    assert "إلغاء الاشتراك" in html
    assert 'dir="ltr"' not in html
    assert "الاثنين، 23 نوفمبر 2026" in html
    assert 'dir="ltr"' in show(edition(12), newsletter={"language": "ar"}).html


def test_a_broken_file_of_words_holds_the_mail_with_file_and_line(look: Look, show: Show, edition: EditionOf) -> None:
    folder = look()
    (folder.parent / "words" / "fr.po").write_text('msgid "a"\nnonsense\n', encoding="utf-8")
    with pytest.raises(TemplateError, match=r"fr\.po, line 2: [^\n]+\Z"):
        show(edition(1), template="own", folders=(folder,), newsletter={"language": "fr"})
    assert show(edition(1), template="own", folders=(folder,)).html
