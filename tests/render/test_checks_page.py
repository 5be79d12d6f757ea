"""What the checks of the page say: outline, tables, style sheets, dark mode, pictures, and what is loaded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from digest.core.mail import Image, Rendered, Severity
from digest.core.model import Edition, Story
from digest.core.settings import Newsletter
from digest.message import reader
from digest.render.checks import run_checks

Show = Callable[..., Rendered]
StoryOf = Callable[..., Story]
EditionOf = Callable[..., Edition]
Changed = Callable[..., list[tuple[str, Severity, str]]]
NEWSLETTER = Newsletter(name="Meridian", address="Example Street 1, Berlin")
HOLD, WARN = Severity.HOLD, Severity.WARN
VAN = Image(hash="c" * 64, data=b"x" * 80_000, width=1168, height=700)
HEAVY = Image(hash="d" * 64, data=b"x" * 80_001, width=1168, height=700)
CID, HEAVY_CID = f"cid:{VAN.content_id}", f"cid:{HEAVY.content_id}"


@pytest.fixture
def changed(show: Show, edition: EditionOf) -> Changed:
    """What is found in a good mail after each old text of its HTML became a new one."""
    made = edition(12)
    rendered = show(
        made, subject="A subject line that an inbox shows whole", reader=reader("0123456789abcdef"), newsletter=None
    )

    def found(texts: Mapping[str, str]) -> list[tuple[str, Severity, str]]:
        html = rendered.html
        for old, new in texts.items():
            assert old in html
            html = html.replace(old, new)
        findings = run_checks(replace(rendered, html=html, pictures=(VAN, HEAVY)), made, NEWSLETTER)
        assert all("\n" not in finding.message for finding in findings)
        return [(finding.check, finding.severity, finding.message) for finding in findings]

    return found


def test_a_good_mail_has_no_finding(changed: Changed) -> None:
    assert changed({}) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('lang="en"', "", "says no language"),
        ('dir="ltr"', 'dir="up"', "the direction 'up', allowed are ltr and rtl"),
        ("<title>", "<title></title><x>", "has no title"),
        ("h1>", "h2>", "has 0 h1 headings, allowed is exactly 1"),
        ("<h2", "<h4", "is an h4 after an h1: no level may be skipped"),
    ],
)
def test_a_page_that_screen_readers_stumble_over_is_held(old: str, new: str, message: str, changed: Changed) -> None:
    found = changed({old: new, **({"<h1": "<h2"} if old == "h1>" else {})})
    assert any(check == "structure" and message in said for check, _, said in found)
    assert {severity for _, severity, _ in found} == {HOLD}


def test_a_second_h1_is_held(changed: Changed) -> None:
    assert changed({"</body>": "<h1>x</h1></body>"}) == [
        ("structure", HOLD, "the page has 2 h1 headings, allowed is exactly 1")
    ]


@pytest.mark.parametrize(
    "table", ["<table><tr><td>bare</td></tr></table>", '<!--[if mso]><table width="1"><![endif]-->']
)
def test_a_layout_table_without_its_role_is_held(table: str, changed: Changed) -> None:
    ((check, severity, message),) = changed({"</body>": f"{table}</body>"})
    assert (check, severity) == ("tables", HOLD)
    assert message.startswith("1 of ")
    assert "'bare'" in message or "Outlook" in message


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><th>Price</th><td>3</td></tr></table>",
        "<table><caption>Prices</caption><tr><td>3</td></tr></table>",
        '<table role="none"><tr><td>3</td></tr></table>',
        "<!--[if mso]><table role='presentation' width='1'><![endif]-->",
    ],
)
def test_a_table_of_data_or_with_its_role_is_none_of_the_layouts(table: str, changed: Changed) -> None:
    assert changed({"</body>": f"{table}</body>"}) == []


def test_a_style_sheet_that_gmail_would_drop_is_a_warning(changed: Changed) -> None:
    def sheet(size: int) -> dict[str, str]:
        return {"</head>": f"<style>{'p { margin: 0 } ' * 600}".ljust(7 + size)[: 7 + size] + "</style></head>"}

    assert changed(sheet(8_000)) == []
    ((check, severity, message),) = changed(sheet(8_001))
    assert (check, severity) == ("style_size", WARN)
    assert "has 8,001 bytes, at most 8,000" in message


@pytest.mark.parametrize(
    ("markup", "name"),
    [
        ('<div style="display: flex">x</div>', "flex or grid layout"),
        ('<div style="display:inline-grid">x</div>', "flex or grid layout"),
        ('<div style="color:red;position:absolute">x</div>', "position"),
        ("<style>p { color: var(--ink) }</style>", "CSS variables"),
        ('<div style="width:calc(1px + 1%)">x</div>', "calc()"),
        ("<svg></svg>", "SVG"),
        ('<img src="data:image/png;base64,AA" alt="" width="1">', "data: pictures"),
        ("<div style=\"background:url('data:image/png;base64,AA')\">x</div>", "data: pictures"),
        ("<form></form>", "forms"),
        ("<script>1</script>", "script"),
        ('<p onclick="x()">x</p>', "script"),
        ("<style>@import 'x.css';</style>", "@import"),
        ("<style>@font-face { font-family: x }</style>", "webfonts"),
        ("<iframe></iframe>", "frames, video or audio"),
    ],
)
def test_a_feature_that_large_programs_drop_is_a_warning(markup: str, name: str, changed: Changed) -> None:
    features = [found for found in changed({"</body>": f"{markup}</body>"}) if found[0] == "features"]
    assert [severity for _, severity, _ in features] == [WARN]
    assert f"the mail uses {name} (found: 1), " in features[0][2]


@pytest.mark.parametrize(
    "markup",
    [
        '<div style="display:block;background-position:0 0">display:flex; position: x; var(--x) calc(</div>',
        "<style>/* @import, position: fixed */ .flex { color: red }</style>",
        '<p title="position:absolute">svg, form, script</p>',
    ],
)
def test_a_word_in_a_text_or_comment_is_no_feature(markup: str, changed: Changed) -> None:
    assert changed({"</body>": f"{markup}</body>"}) == []


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({'name="color-scheme"': 'name="x"'}, 'no <meta name="color-scheme"'),
        ({"prefers-color-scheme: dark": "min-width: 1px"}, "no rules for @media (prefers-color-scheme: dark)"),
        ({"[data-ogsc]": "[data-x]"}, "no [data-ogsc] rules"),
        ({"[data-ogsc] .hr": "[data-ogsc] .cd"}, ""),
        ({"[data-ogsc] .b1 ": "[data-ogsc] .cd "}, "the [data-ogsc] rules lack .b1:"),
        ({"[data-ogsc] .b1 ": "[data-ogsc] .other, [data-ogsc] .b1 "}, "the dark block lacks .other:"),
    ],
)
def test_dark_rules_that_do_not_agree_are_a_warning(texts: dict[str, str], message: str, changed: Changed) -> None:
    found = changed(texts)
    assert [(check, severity) for check, severity, _ in found] == [("dark", WARN)] * bool(message)
    assert not message or message in found[0][2]


@pytest.mark.parametrize(
    ("markup", "host"),
    [
        ('<img src="https://pixel.example/a.png" alt="" width="1">', "pixel.example"),
        ('<img src="//pixel.example/a.png" alt="" width="1">', "pixel.example"),
        ('<img src="cid:a" srcset="cid:b 1x, http://pixel.example/b 2x" alt="" width="1">', "pixel.example"),
        ('<link rel="stylesheet" href="https://fonts.example/x.css">', "fonts.example"),
        ('<td background="https://a.example/x.png">x</td>', "a.example"),
        ('<div style="background:url(https://a.example/x.png)">x</div>', "a.example"),
        ("<style>@import 'https://a.example/x.css';</style>", "a.example"),
        ("<style>@import url(https://a.example/x.css);</style>", "a.example"),
        ('<!--[if mso]><v:fill src="https://a.example/x.png" /><![endif]-->', "a.example"),
    ],
)
def test_a_mail_that_loads_from_another_host_is_held(markup: str, host: str, changed: Changed) -> None:
    held = [found for found in changed({"</body>": f"{markup}</body>"}) if found[1] == HOLD]
    assert len(held) == 1
    assert held[0][0] == "origins"
    assert f"from the host '{host}'" in held[0][2]


@pytest.mark.parametrize(
    ("picture", "messages"),
    [
        (f'<img src="{CID}" alt="A van" width="584">', []),
        (f'<img src="{CID}" alt="" width="100%">', []),
        (f'<img src="{CID}" width="584">', ["has no alt attribute"]),
        (f'<img src="{CID}" alt="A van">', ["'A van' has the width ''"]),
        (f'<img src="{CID}" alt="A van" width="584px">', ["'A van' has the width '584px'"]),
        (f'<table role="none"><tr><td><img src="{CID}" alt=""></td><td>A van</td></tr></table>', ["'A van' has the w"]),
        (f'<img src="{HEAVY_CID}" alt="A van" width="1">', ["'A van' has 80,001 bytes, at most 80,000"]),
        ('<img src="van.png" alt="A van" width="584">', ["comes from 'van.png'"]),
        ('<img src="cid:gone@digest" alt="A van" width="584">', ["comes from 'cid:gone@digest'"]),
        ("<img>", ["has the width", "has no alt attribute", "comes from ''"]),
    ],
)
def test_a_picture_without_size_or_words_or_source_is_a_warning(
    picture: str, messages: Sequence[str], changed: Changed
) -> None:
    found = changed({"</body>": f"{picture}</body>"})
    assert [(check, severity) for check, severity, _ in found] == [("pictures", WARN)] * len(messages)
    assert all(message in said for message, (_, _, said) in zip(messages, found, strict=True))


def test_stories_that_take_too_many_bytes_are_a_warning_that_names_the_largest(
    show: Show, story: StoryOf, edition: EditionOf
) -> None:
    many = [story(f"Headline {n} of the day", number=n) for n in range(8)]
    made = edition({"ai": many, "crypto": [story("Alone", number=9)]})
    rendered = show(made, subject="A subject line that an inbox shows whole")
    assert run_checks(rendered, made, NEWSLETTER) == ()
    heavy = rendered.html.replace("Headline 1 of the day</a>", "Headline 1 of the day</a>" + "<b></b>" * 2500)
    (finding,) = run_checks(replace(rendered, html=heavy), made, NEWSLETTER)
    assert (finding.check, finding.severity) == ("story_size", WARN)
    assert "best is 2,200 at most" in finding.message
    assert "the largest is 'Headline 1 of the day' with 1" in finding.message


def test_pictures_of_too_many_bytes_in_all_are_a_warning(show: Show, edition: EditionOf) -> None:
    made = edition()
    rendered = show(made, subject="A subject line that an inbox shows whole")
    pictures = tuple(replace(VAN, hash=digit * 64) for digit in "abcd")
    assert run_checks(replace(rendered, pictures=pictures[:3]), made, NEWSLETTER) == ()
    (finding,) = run_checks(replace(rendered, pictures=pictures), made, NEWSLETTER)
    assert finding.message == "the mail's 4 pictures have 320,000 bytes, at most 250,000"
