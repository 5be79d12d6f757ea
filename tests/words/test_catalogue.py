"""A translator's file, whole and broken."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.core.errors import TemplateError
from digest.words import faults, words
from words.catalogue import SHIPPED, said, updated

Write = Callable[..., Path]
SOURCES = ("%(number)s source", "%(number)s sources")
HEAD = '"Plural-Forms: nplurals={}; plural={};\\n"'
LINES = (
    *('msgid "a"', 'msgid ""', 'msgstr "b"', 'msgstr ""', 'msgstr[0] "x"', 'msgstr[9] "x"', 'msgstr[-1] "x"'),
    *(
        "msgstr[a] x",
        'msgid_plural "as"',
        'msgctxt "c"',
        '"more"',
        '"',
        "#, fuzzy",
        "#: a:b c:1 \u2068",
        "#",
        "nonsense",
    ),
    *('"Language: x_y_z\\n"', '"POT-Creation-Date: now\\n"', '"Content-Type: text/plain; charset=rot13\\n"'),
    *(HEAD.format("9" * 9, "n"), HEAD.format("9" * 5_000, "n"), HEAD.format(0, 0), HEAD.format(2, "1/n")),
    *(HEAD.format(2, "(" * 300), HEAD.format(2, "n" + "*99999" * 150), 'msgid "\\\\', "\ufeff", "", '#~ msgid "old"'),
)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.po")), ids=lambda path: path.stem)
def test_each_shipped_language_says_all_that_is_said_and_nothing_else(path: Path) -> None:
    assert path.read_bytes() == updated(path, said()), "run `make words` and translate what is new"
    with path.open("rb") as file:
        catalog = read_po(file, abort_invalid=True)
    assert [message.id for message in catalog if message.fuzzy] == []
    forms = {message.id: message.string for message in catalog if message.id}
    assert [message for message, string in forms.items() if not string or not all(string)] == []
    assert faults([path.parent]) == ()


def test_what_is_said_is_found_in_templates_and_code() -> None:
    places = {message.id: {place for place, _ in message.locations} for message in said()}
    assert "templates/brief.txt.j2" in places["Unsubscribe"]
    assert "src/digest/render/_view.py" in places["%(number)s min", "%(number)s min"]


def test_what_is_new_or_gone_shows(tmp_path: Path) -> None:
    path = tmp_path / "de.po"
    path.write_bytes((SHIPPED / "de.po").read_bytes().replace(b'msgid "Unsubscribe"', b'msgid "Depart"'))
    after = updated(path, said()).decode()
    assert re.search(r'msgid "Unsubscribe"\nmsgstr ""', after)
    assert "Depart" not in after


@pytest.mark.parametrize(
    ("message", "forms", "why"),
    [
        ("%(a)s of %(b)s", "%(a)s", "has %(a)s, the English has %(a)s, %(b)s"),
        ("%(a)s", "%(a)s %(b)s", "has %(a)s, %(b)s, the English has %(a)s"),
        ("Plain", "%(a)s", "has %(a)s, the English has no placeholder"),
        ("%(a)s", "%(a)99999999s", "has no placeholder"),
        ("%(a)s", "%(a)s %(a)999999s", "a per cent sign is written %%"),
        ("%(a)s", "%(a)s %d", "a per cent sign is written %%"),
        ("Plain", "two\\nlines", "has a control character"),
        ("Plain", "\x07", "has a control character"),
        (SOURCES, ("%(number)s", "none %(of)s"), "has %(of)s"),
    ],
)
def test_a_translation_that_does_not_fit_is_named_and_english_stays(
    message: str | tuple[str, str], forms: str | tuple[str, ...], why: str, write: Write
) -> None:
    home = write("fr", ("yesterday", "hier"), (message, forms))
    (fault,) = faults([home])
    assert re.match(rf"{re.escape(str(home / 'fr.po'))}, line \d+: ", fault)
    assert why.partition(", the English")[0] in fault
    found = words("fr", [home])
    values = {"a": "1", "b": "2"}
    if isinstance(message, str):
        assert found.text(message, **values) == message.replace("%(a)s", "1").replace("%(b)s", "2")
    else:
        assert found.counted(*message, 2) == "2 sources"
    assert found.text("yesterday") == "hier"


def test_a_form_for_one_may_leave_out_the_number(write: Write) -> None:
    home = write("fr", (SOURCES, ("une source", "%(number)s sources")))
    assert faults([home]) == ()
    assert words("fr", [home]).counted(*SOURCES, 1) == "une source"


def test_a_per_cent_sign_beside_no_placeholder_is_a_text(write: Write) -> None:
    home = write("fr", ("All of it", "100 % ou 50 %s"))
    assert words("fr", [home]).text("All of it") == "100 % ou 50 %s"
    assert faults([home]) == ()


def test_what_is_empty_or_fuzzy_is_not_translated(write: Write) -> None:
    home = write("fr", ("yesterday", "hier"), ("Unsubscribe", ""), (SOURCES, ("une source", "")))
    with (home / "fr.po").open("a", encoding="utf-8") as file:
        file.write('\n#, fuzzy\nmsgid "The brief"\nmsgstr "En bref"\n\nmsgctxt "x"\nmsgid "No."\nmsgstr "Non"\n')
    found = words("fr", [home])
    assert [found.text(each) for each in ("yesterday", "Unsubscribe", "The brief", "No.")] == [
        *("hier", "Unsubscribe", "The brief", "No.")
    ]
    assert found.counted(*SOURCES, 1) == "1 source"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('msgid "a"\nmsgstr "b"\nnonsense here\n', "line 3: Unknown or misformatted keyword"),
        ('msgid "a"\n\nmsgid "b"\nmsgstr "c"\n', "line 1: missing msgstr"),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[1] "d"\nmsgstr[2] "e"\n', "line 1: msg has more"),
        (f'msgid ""\nmsgstr ""\n{HEAD.format("9" * 9, "n")}\nmsgid "a"\nmsgid_plural "b"\nmsgstr[0] ""', "nplurals"),
        ('msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=n;\\n"\n', "Plural-Forms: n is not 0 to 1"),
        ('msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=1/n;\\n"\n', "division"),
        ('msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=__import__;\\n"\n', "invalid token"),
    ],
)
def test_a_broken_file_is_told_with_file_line_and_cause_in_one_line(text: str, where: str, tmp_path: Path) -> None:
    (tmp_path / "fr.po").write_text(text)
    with pytest.raises(TemplateError, match=rf"\A{re.escape(str(tmp_path / 'fr.po'))}, line \d+: [^\n]+\Z") as caught:
        words("fr", [tmp_path])
    assert where in str(caught.value)
    with pytest.raises(TemplateError):
        faults([tmp_path])


def test_a_file_that_is_too_large_or_no_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fr.po").write_bytes(b"#" * 1_000_001)
    with pytest.raises(TemplateError, match=r"fr\.po: 1,000,001 bytes, at most 1,000,000\Z"):
        words("fr", [tmp_path])
    (tmp_path / "it.po").write_bytes(b'msgid "a"\nmsgstr "\xff"\n')
    with pytest.raises(TemplateError, match=r"it\.po, line 2: not UTF-8\Z"):
        words("it", [tmp_path])


def test_what_is_no_file_is_no_language(tmp_path: Path) -> None:
    (tmp_path / "fr.po").mkdir()
    assert words("fr", [tmp_path]).language == "en"


def test_a_file_that_no_language_finds_is_named(write: Write) -> None:
    home = write("pt_br")
    write("README")
    assert [fault.partition(": ")[2] for fault in faults([home])] == [
        "is not found by any language: name it by one, such as de.po",
        "is not found by any language: name it pt-BR.po",
    ]


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=30)), max_size=12))
@example(lines=['msgstr "x"', '"y"'])
def test_any_file_is_read_or_refused_in_one_line(lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("words")
    (folder / "fr.po").write_text("\n".join(lines), encoding="utf-8", errors="replace")
    try:
        found = words("fr", [folder])
    except TemplateError as error:
        told = str(error)
    else:
        told = found.text("a") + found.counted("a", "as", 7)
    assert "\n" not in told
    assert len(told) < 600
