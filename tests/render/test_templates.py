"""Where a look is found, and what is said when it is not or is wrong."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.core.errors import TemplateError
from digest.core.mail import Rendered
from digest.core.model import Edition

Show = Callable[..., Rendered]
EditionOf = Callable[..., Edition]
MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"


def write_look(folder: Path, name: str, html: str = "{{ lead.title }}", text: str = "{{ lead.title }}") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.mjml.j2").write_text(MJML.format(html), encoding="utf-8")
    (folder / f"{name}.txt.j2").write_text(text, encoding="utf-8")


def test_the_newsletters_own_template_comes_before_the_shipped_one(
    tmp_path: Path, shipped: Path, show: Show, edition: EditionOf
) -> None:
    write_look(tmp_path, "brief", html="own {{ lead.title }}")
    assert "own Headline 0" in show(edition(), folders=(tmp_path, shipped)).html
    assert "own Headline 0" not in show(edition(), folders=(shipped, tmp_path)).html


def test_a_changed_or_new_template_is_used_at_once(tmp_path: Path, show: Show, edition: EditionOf) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir()
    write_look(shared, "plain", text="first")
    assert show(edition(), template="plain", folders=(own, shared)).text == "first\n"
    write_look(shared, "plain", text="second")
    os.utime(shared / "plain.txt.j2", ns=(1, 1))
    assert show(edition(), template="plain", folders=(own, shared)).text == "second\n"
    write_look(own, "plain", text="third")
    assert show(edition(), template="plain", folders=(own, shared)).text == "third\n"


def test_a_missing_template_names_what_there_is(tmp_path: Path, shipped: Path, show: Show, edition: EditionOf) -> None:
    write_look(tmp_path, "weekly")
    with pytest.raises(TemplateError, match=r"'nosuch\.mjml\.j2'; looks with both parts: brief, weekly\Z"):
        show(edition(), template="nosuch", folders=(tmp_path, shipped))
    (tmp_path / "weekly.txt.j2").unlink()
    with pytest.raises(TemplateError, match=r"'weekly\.txt\.j2'; looks with both parts: brief\Z"):
        show(edition(), template="weekly", folders=(tmp_path, shipped))


@pytest.mark.parametrize(
    "name",
    ["../brief", "/etc/passwd", "a/b", "..", "", "_brief", "Brief", "brief\x00", "C:\\brief", "%2e%2e", "brief\n"],
)
def test_a_name_never_leads_out_of_the_folders(
    name: str, tmp_path: Path, shipped: Path, show: Show, edition: EditionOf
) -> None:
    write_look(tmp_path, "brief")
    with pytest.raises(TemplateError, match="there is no template"):
        show(edition(), template=name, folders=(tmp_path / "below", shipped))


def test_a_symbolic_link_never_leads_out_of_the_folders(tmp_path: Path, show: Show, edition: EditionOf) -> None:
    write_look(tmp_path / "outside", "secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    for suffix in (".mjml.j2", ".txt.j2"):
        (inside / f"linked{suffix}").symlink_to(tmp_path / "outside" / f"secret{suffix}")
    with pytest.raises(TemplateError, match="there is no template"):
        show(edition(), template="linked", folders=(inside,))
    (tmp_path / "theme").symlink_to(tmp_path / "outside")
    assert show(edition(), template="secret", folders=(tmp_path / "theme",)).html


@pytest.mark.parametrize(
    ("html", "text", "where"),
    [
        ("{{ lead.titel }}", "x", r"own\.mjml\.j2:1: .*titel"),
        ("\n\n{{ lead.title", "x", r"own\.mjml\.j2:3: "),
        ("\n{% if %}", "x", r"own\.mjml\.j2:2: "),
        ("\n{% include '_gone.mjml.j2' %}", "x", r"own\.mjml\.j2:2: there is no template '_gone\.mjml\.j2'"),
        ("{{ lead.title|safe }}", "x", r"own\.mjml\.j2:1: No filter named 'safe'"),
        ("x", "\n\n{{ lead.nosuch }}", r"own\.txt\.j2:3: .*nosuch"),
        ("x", "\n{{ 1 / 0 }}", r"own\.txt\.j2:2: division by zero"),
        ("x", "{{ lead }}", r"own\.txt\.j2:1: a StoryView cannot be printed"),
    ],
)
def test_an_error_names_file_line_and_cause_in_one_line(
    html: str, text: str, where: str, tmp_path: Path, show: Show, edition: EditionOf
) -> None:
    write_look(tmp_path, "own", html=html, text=text)
    with pytest.raises(TemplateError, match=where) as caught:
        show(edition(), template="own", folders=(tmp_path,))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_an_error_in_a_part_names_the_part(tmp_path: Path, show: Show, edition: EditionOf) -> None:
    write_look(tmp_path, "own", html="{% from '_parts.mjml.j2' import m %}{{ m(lead) }}")
    (tmp_path / "_parts.mjml.j2").write_text("{% macro m(story) %}\n{{ story.nosuch }}\n{% endmacro %}")
    with pytest.raises(TemplateError, match=r"_parts\.mjml\.j2:2: "):
        show(edition(), template="own", folders=(tmp_path,))
