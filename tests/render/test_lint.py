"""What the linter says of a template, and that it says nothing of a good one."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render._lint import Fault, lint

Lint = Callable[..., tuple[Fault, ...]]
PAGE = """<mjml>
<mj-head><mj-attributes><mj-class name="card" color="#fff" /></mj-attributes>{head}</mj-head>
<mj-body><mj-section><mj-column>
{column}
</mj-column></mj-section>{body}</mj-body>
</mjml>"""


@pytest.fixture
def linted(tmp_path: Path) -> Lint:
    def of(column: str = "", *, head: str = "", body: str = "", name: str = "own") -> tuple[Fault, ...]:
        path = tmp_path / f"{name}.mjml.j2"
        path.write_text(PAGE.format(column=column, head=head, body=body), encoding="utf-8")
        return lint(path)

    return of


def test_the_shipped_templates_have_no_fault(shipped: Path) -> None:
    paths = sorted(shipped.glob("*.mjml.j2"))
    assert paths
    assert [str(fault) for path in paths for fault in lint(path)] == []


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("<mj-txt>x</mj-txt>", "<mj-txt> is no MJML element: did you mean mj-text?"),
        ("<mj-qqq />", "<mj-qqq> is no MJML element; in <mj-column> are allowed mj-accordion, mj-button"),
        ('<mj-spacer heigth="1px" />', "<mj-spacer> has no attribute heigth: did you mean height?"),
        ('<mj-spacer qqq="1px" />', "<mj-spacer> has no attribute qqq; allowed are container-background-color, css-"),
        ('<mj-text font-size="huge">x</mj-text>', "font-size='huge' of <mj-text>: allowed is a size such as 16px"),
        ('<mj-text color="#12345">x</mj-text>', "color='#12345' of <mj-text>: allowed is a colour such as #16181D"),
        ('<mj-text padding="1 px">x</mj-text>', "padding='1 px' of <mj-text>: allowed is a size"),
        ('<mj-text align="centre">x</mj-text>', "align='centre' of <mj-text>: allowed is left, center, right, justify"),
        ('<mj-text mj-class="crad">x</mj-text>', "there is no mj-class crad: did you mean card?"),
        ('<mj-text mj-class="card qqq">x</mj-text>', "there is no mj-class qqq; there are card"),
        ('<mj-image src="a.png" />', "<mj-image> has no alt"),
        ("<mj-section />", "<mj-section> stands in <mj-column>: it belongs into mj-body, mj-wrapper"),
        ("<mj-text><mj-image alt='' /></mj-text>", "<mj-image> stands in <mj-text>: it belongs into mj-column, mj-"),
        ("<p>x</p>", "<p> stands in <mj-column>: HTML belongs into mj-text"),
        ('<mj-include path="x" />', '<mj-include> is inert here: write {% include "_part.mjml.j2" %}'),
        ('<mj-table role="presentation"><tr><td>x</td></tr></mj-table>', "role of <mj-table> is dropped"),
        ('<mj-button title="x" href="https://a.example/">x</mj-button>', "title of <mj-button> is dropped"),
        ('<mj-text {{ more }} font-size="huge">x</mj-text>', "font-size='huge'"),
    ],
)
def test_a_mistake_is_said_with_file_and_line_and_what_is_allowed(column: str, expected: str, linted: Lint) -> None:
    (fault,) = linted(column)
    assert fault.message.startswith(expected)
    assert fault.line == 4
    assert str(fault) == f"{fault.path.as_posix()}, line 4: {fault.message}"
    assert "\n" not in str(fault)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<mj-preview>x</mj-preview>", "<mj-preview> costs 0.7 SpamAssassin points"),
        ('<mj-style inline="inline">a > b { color: red }</mj-style>', "inline of <mj-style> is not inlined"),
        ("<mj-html-attributes />", "<mj-html-attributes> is not supported"),
        ('<mj-font name="x" href="https://a.example/x.css" />', "<mj-font> loads a web font"),
        ("<mj-text>x</mj-text>", "<mj-text> stands in <mj-head>"),
        ('<mj-attributes><mj-body background-color="#fff" /></mj-attributes>', "<mj-body> stands in <mj-attributes>"),
        ('<mj-attributes><mj-all colour="#fff" /></mj-attributes>', "<mj-all> has no attribute colour: did you mean"),
        ('<mj-attributes><mj-class name="a"><mj-text /></mj-class></mj-attributes>', "<mj-text> stands in <mj-class>"),
        ("<meta>", "<meta> stands in <mj-head>"),
    ],
)
def test_a_mistake_in_the_head_is_found_too(head: str, expected: str, linted: Lint) -> None:
    (fault,) = linted(head=head)
    assert fault.message.startswith(expected)
    assert fault.line == 2


@pytest.mark.parametrize(
    "column",
    [
        '<mj-text color="{{ x }}" font-size="{% if a %}huge{% endif %}" mj-class="{{ c }}">x</mj-text>',
        '<mj-image src="a.png" {{ more }} />',
        '<mj-text align="right" padding="0 28px 1.5em" line-height="1.5" letter-spacing="-1.2px">a &lt; b</mj-text>',
        '<mj-text color="rgba(0, 0, 0, .5)" container-background-color="transparent">x</mj-text>',
        "<mj-text mj-class='card' css-class='any name'><p>x</p><custom>y</custom></mj-text>",
        "<mj-raw><!-- <mj-nosuch> --><!--[if mso]><v:rect qqq='1'><![endif]--><div>x</div></mj-raw>",
        '{# <mj-nosuch> #}{% if a > b and c == "<mj-nosuch>" %}<mj-spacer height="1px" />{% endif %}',
        "{% set inline = '<mj-nosuch>' %}{% set n, m = 1, 2 %}<mj-spacer />",
        "{% macro m() %}<mj-section><mj-column></mj-column></mj-section>{% endmacro %}<mj-text>x</mj-text>",
        "{%- set x -%}<mj-section />{%- endset -%}<mj-text>x</mj-text>",
        "{% call(s) m() %}<mj-wrapper />{% endcall %}<mj-text>x</mj-text>",
        '{% if a %}<mj-text align="left">{% elif b %}<mj-text>{% else %}<mj-text>{% endif %}x</mj-text><mj-spacer />',
        "{% for a in b %}<mj-text>x</mj-text>{% else %}<mj-spacer />{% endfor %}<mj-spacer />",
        '<mj-table><tr><td title="a > b">x</td></tr></mj-table>',
        "{% else %}{% endif %}{% endmacro %}</mj-nosuch><mj-text>x</mj-text>",
    ],
)
def test_a_good_template_gets_no_fault(column: str, linted: Lint) -> None:
    assert [str(fault) for fault in linted(column)] == []


def test_every_element_in_its_place_gets_no_fault(linted: Lint) -> None:
    column = """<mj-social mode="horizontal"><mj-social-element name="x" href="https://a.example/">x</mj-social-element></mj-social>
    <mj-navbar><mj-navbar-link href="https://a.example/">x</mj-navbar-link></mj-navbar>
    <mj-accordion><mj-accordion-element><mj-accordion-title>x</mj-accordion-title>
    <mj-accordion-text>x</mj-accordion-text></mj-accordion-element></mj-accordion>
    <mj-carousel><mj-carousel-image src="cid:a" alt="" /></mj-carousel>
    <mj-button href="https://a.example/">x</mj-button><mj-divider border-width="1px" border-color="#eee" />"""
    body = """<mj-wrapper full-width="full-width"><mj-section><mj-group><mj-column width="50%"></mj-column></mj-group>
    </mj-section></mj-wrapper><mj-hero mode="fixed-height" height="10px"><mj-text>x</mj-text></mj-hero>"""
    assert [str(fault) for fault in linted(column, body=body)] == []


def test_lines_are_those_of_the_file_whatever_jinja_stands_before(linted: Lint) -> None:
    (fault,) = linted('{#\n\n#}{{ a\n}}{% if a\n%}{% endif %}<mj-text\n  align="left"\n  colour="red">x</mj-text>')
    assert fault.line == 4 + 6


def test_a_wrong_parent_is_found_in_every_branch(linted: Lint) -> None:
    body = "{% if a %}<mj-section>{% else %}<mj-wrapper>{% endif %}\n<mj-text>x</mj-text>"
    assert [fault.line for fault in linted(body=body)] == [6]
    assert [fault.line for fault in linted("{% if a %}<p>x</p>{% else %}\n<p>y</p>{% endif %}")] == [4, 5]


def test_a_class_may_be_defined_by_a_part_and_a_part_may_use_any(tmp_path: Path, linted: Lint) -> None:
    text = '<mj-text mj-class="shared">x</mj-text>'
    assert len(linted(text)) == 1
    (tmp_path / "_head.mjml.j2").write_text('<mj-attributes>\n<mj-class name="shared" /></mj-attributes>')
    assert linted(text) == ()
    assert linted('<mj-text mj-class="elsewhere">x</mj-text>', name="_part") == ()


def test_a_part_is_linted_but_for_what_is_around_it(tmp_path: Path) -> None:
    part = tmp_path / "_part.mjml.j2"
    part.write_text("<mj-text>\n<mj-column /></mj-text><mj-column />\n<mj-clumn />")
    assert [fault.line for fault in lint(part)] == [2, 3]


@given(
    pieces=st.lists(
        st.sampled_from(
            [
                *"<>/\"'{}%# \n=",
                "mj-text",
                "mjml",
                "{% if",
                "{% endif %}",
                "{{",
                "}}",
                "<!--",
                "-->",
                "<mj-",
                "</mj-text>",
            ]
        ),
        max_size=60,
    )
)
def test_whatever_is_written_is_linted_without_an_error(
    pieces: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("look") / "own.mjml.j2"
    source = "".join(pieces)
    path.write_text(source, encoding="utf-8")
    assert all(1 <= fault.line <= source.count("\n") + 1 for fault in lint(path))


def test_a_file_that_is_no_text_is_linted_without_an_error(tmp_path: Path) -> None:
    path = tmp_path / "own.mjml.j2"
    path.write_bytes(b"\xff\xfe<mj-nosuch>" + b"<" * 20_000 + b'<a b="')
    assert re.search("mj-nosuch", str(lint(path)[0]))
