"""No text of an edition meets the MJML compiler, in the shipped looks or in any an editor writes."""

import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from digest.core.errors import TemplateError
from digest.core.mail import Reader, Rendered
from digest.core.model import Edition, Story
from digest.core.palette import Shade
from digest.core.settings import Job, Newsletter
from digest.render._environment import explained, html_environment
from digest.render._quarantine import Filled, Table, compiled, fill
from digest.render._view import view

Show = Callable[..., Rendered]
StoryOf = Callable[..., Story]
EditionOf = Callable[..., Edition]
CANARY = "canary"
WHOLE = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"
READER = Reader(email=f"{CANARY}@example.org", unsubscribe=f"mailto:{CANARY}@example.org")


@dataclass(frozen=True)
class Shown:
    title: str = CANARY
    number: int = 7
    also: tuple[str, ...] = (CANARY, f"{CANARY} two")


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Environment]:
    def written(source: str, **parts: str) -> Environment:
        (tmp_path / "own.mjml.j2").write_text(WHOLE.format(source))
        (tmp_path / "own.txt.j2").write_text("text")
        for name, part in parts.items():
            (tmp_path / f"_{name}.mjml.j2").write_text(part)
        return html_environment((tmp_path,))

    return written


def mjml_of(environment: Environment, name: str = "own") -> str:
    template = environment.get_template(f"{name}.mjml.j2")
    with explained(name):
        return fill(template, {"story": Shown()}).mjml


def html_of(environment: Environment) -> str:
    template = environment.get_template("own.mjml.j2")
    with explained("own.mjml.j2"):
        filled = fill(template, {"story": Shown()})
    return compiled(filled, "own.mjml.j2")


@pytest.mark.parametrize("language", ["en", "he"])
def test_no_shipped_look_lets_a_text_into_the_mjml(
    language: str, shipped: Path, story: StoryOf, edition: EditionOf
) -> None:
    stories = [
        story(f"{CANARY} {n}", source=f"{CANARY} {n}", summary=CANARY, url=f"https://{CANARY}.example/{n}")
        for n in range(9)
    ]
    seen = view(
        edition({"ai": stories, "crypto": [story(CANARY, url=None, also=[f"{CANARY} 3"] * 3, author=CANARY)]}),
        job=Job(name=CANARY, title=f"{CANARY} job", sender="a@b.example"),
        newsletter=Newsletter(name=CANARY, address=CANARY, language=language),
        topics={},
    )
    data = {field.name: getattr(seen, field.name) for field in fields(seen)}
    looks = sorted(shipped.glob("[a-z]*.mjml.j2"))
    assert looks
    for path in looks:
        template = html_environment((shipped,)).get_template(path.name)
        filled = fill(template, {**data, "reader": READER, "subject": CANARY, "preheader": CANARY})
        assert CANARY not in filled.mjml
        assert compiled(filled, path.name).count(CANARY) > 30


@pytest.mark.parametrize(
    "source",
    [
        "{{ story.title }}",
        "{{ story.title|upper|lower }}",
        "{{ 'a ' ~ story.title ~ story.number }}",
        "{{ story.also|join(', ') }}",
        "{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m(story.title) }}{{ m(m(story.title)) }}",
        "{% macro m() %}<b>{{ caller() }}</b>{% endmacro %}{% call m() %}{{ story.title }}{% endcall %}",
        "{% set x %}<b>{{ story.title }}</b>{% endset %}{{ x }}{{ x }}",
        "{% autoescape false %}{{ story.title }}{% endautoescape %}",
        "{% for name in story.also %}{{ loop.index }} {{ name }}{% endfor %}",
        "{{ story.title if story.number < 9 else 'none' }}",
        "{{ '%s!'|format(story.title) }}",
        "{{ '{}!'.format(story.title) }}",
        "{% include '_piece.mjml.j2' %}",
        "{% import '_part.mjml.j2' as part %}{{ part.m(story.title) }}{{ part.kept }}",
        "{% from '_part.mjml.j2' import m, kept %}{{ m(story.title) }}{{ kept }}",
    ],
)
def test_what_a_template_may_do_keeps_texts_out_of_the_mjml(source: str, look: Callable[..., Environment]) -> None:
    part = "{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}{% set kept %}<b>{{ 'kept' }}</b>{% endset %}"
    environment = look(f"<mj-text>{source}</mj-text>", part=part, piece="<u>{{ story.title }}</u>")
    for _ in range(2):  # a second render must not meet the tokens of the first
        assert CANARY not in mjml_of(environment)
        html = html_of(environment)
        assert CANARY in html
        assert not re.search(r"7\d{16}", html)


@pytest.mark.parametrize(
    "source",
    [
        "{{ m(1) ~ story.title }}",
        "{{ m(1) + story.title }}",
        "{{ story.title + m(1) }}",
        "{{ m('%s') % story.title }}",
        "{{ m(1).join(story.also) }}",
        "{{ m(1).replace('1', story.title) }}",
        "{% set x %}<b>{}</b>{% endset %}{{ x.format(story.title) }}",
        "{% set x %}<b>{a}</b>{% endset %}{{ x.format_map({'a': story.title}) }}",
        "{% set x %}<b>{}</b>{% endset %}{{ x['format'](story.title) }}",
        "{% set x %}<b>%s</b>{% endset %}{{ x|format(story.title) }}",
        "{% set x %}<b>%s</b>{% endset %}{{ x % story.title }}",
        "{% set x %}<b>%s</b>{% endset %}{{ [x]|map('format', story.title)|first }}",
        "{% set x %}{{ story.title }}{% endset %}",
        "{{ m(1)['join'](story.also) }}",
        "{{ m(1)|replace('b', story.title) }}",
        "{{ [m(1), story.title]|join }}",
        "{{ story.also|join(m(1)) }}",
        "{{ story.title|truncate(3, true, m(1)) }}",
        "{{ (story.title ~ story.title ~ story.title)|truncate(9, true, m(1)) }}",
        "{{ (story.title ~ '')|replace('c', m(1)) }}",
        "{% filter replace('b', story.title) %}<b>x</b>{% endfilter %}",
        "{% filter upper %}{{ story.title }}{% endfilter %}",
        "{% autoescape false %}{{ m(story.title) }}{% endautoescape %}",
        "{{ m(story.title)[:9] }}",
        "{{ story.title|safe }}",
        "{{ story.title|e }}",
        "{{ story.title|escape }}",
        "{{ story.title|forceescape }}",
        "{{ story.title|urlize }}",
        "{{ story.also|tojson }}",
        "{{ {'a': story.title}|xmlattr }}",
        "{{ story.title|attr('upper') }}",
        "{{ story }}",
        "{{ story.also }}",
        "{{ none }}",
        "{{ story.title.__class__ }}",
        "{{ story.missing }}",
        "{{ missing }}",
        "{{ dict(a=1) }}",
        "{{ lipsum() }}",
        "{{ range(100000)|length }}",
        "{{ story.title.upper.__globals__ }}",
        "{% set story.title = 'x' %}",
        "{% include '../own.mjml.j2' %}",
        "{% include '/etc/passwd' %}",
        "{{ 1 / 0 }}",
        "{% for a in range(1000) %}{% for b in range(101) %}{{ story.title }}{% endfor %}{% endfor %}",
    ],
)
def test_what_could_carry_a_text_into_the_mjml_is_an_error_of_one_line(
    source: str, look: Callable[..., Environment]
) -> None:
    macro = "{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}"
    environment = look(f"{macro}<mj-text>{source}</mj-text>")
    with pytest.raises(TemplateError, match=r"\A[^\n]*own\.mjml\.j2[^\n]*\Z"), explained("own.mjml.j2"):
        html_of(environment)


@settings(max_examples=80, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("07149 <&\"'a"), max_size=40), digits=st.integers(0, 10**18))
def test_digits_beside_a_text_shift_nothing(text: str, digits: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("look")
    (folder / "own.mjml.j2").write_text(WHOLE.format("<mj-text>{{ d }}{{ t }}{{ d }}{{ t }}7{{ t }}</mj-text>"))
    filled = fill(html_environment((folder,)).get_template("own.mjml.j2"), {"d": digits, "t": text})
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("'", "&#x27;")
    assert f"{digits}{shown}{digits}{shown}7{shown}" in compiled(filled, "own.mjml.j2")


def test_20_000_nested_tags_are_a_text_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "own.mjml.j2").write_text(WHOLE.format('<mj-text><a title="{{ t }}">{{ t }}</a></mj-text>'))
    filled = fill(html_environment((tmp_path,)).get_template("own.mjml.j2"), {"t": "<div>" * 20_000})
    assert compiled(filled, "own.mjml.j2").count("&lt;div&gt;") == 40_000


def test_a_text_lost_in_a_width_is_named_with_its_place(look: Callable[..., Environment]) -> None:
    environment = look('<mj-image alt="" width="{{ story.title }}" src="https://a.example/b.png" />')
    with pytest.raises(
        TemplateError, match=r"own\.mjml\.j2: the text 'canary' after '[^\n]*width=\"' is not in the HTML"
    ):
        html_of(environment)


def test_a_text_in_an_attribute_the_compiler_drops_is_an_error_too(look: Callable[..., Environment]) -> None:
    environment = look('<mj-text width="{{ story.title }}">x</mj-text>')
    with pytest.raises(TemplateError, match="is not in the HTML"):
        html_of(environment)


def test_mjml_that_is_not_valid_names_the_template(look: Callable[..., Environment]) -> None:
    with pytest.raises(TemplateError, match=r"\Aown\.mjml\.j2: the MJML it makes is not valid: [^\n]+\Z"):
        html_of(look("<mj-text>"))


def test_a_template_sees_only_frozen_plain_values(edition: EditionOf) -> None:
    def leaves(value: object) -> set[type]:
        if is_dataclass(value):
            assert not isinstance(value, type)
            with pytest.raises(FrozenInstanceError):
                setattr(value, fields(value)[0].name, "changed")
            return {leaf for field in fields(value) for leaf in leaves(getattr(value, field.name))}
        if isinstance(value, tuple):
            return {leaf for item in value for leaf in leaves(item)}
        return {type(value)}

    job = Job(name="daily", title="Daily", sender="a@b.example")
    seen = view(edition(12), job=job, newsletter=Newsletter(name="M", address="B"), topics={})
    assert leaves(seen) <= {str, Shade, int, type(None)}


def test_a_token_that_comes_out_cut_is_an_error_even_where_its_text_came_out_too() -> None:
    table = Table()
    token = table.issue("a text")
    mjml = f"<mjml><mj-body><mj-raw>{token} and {token[:14]}</mj-raw></mj-body></mjml>"
    with pytest.raises(TemplateError, match="brief: a text is cut up"):
        compiled(Filled(mjml=mjml, table=table), "brief")
