import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core import address


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("reader@example.org", "reader@example.org"),
        ("  reader@example.org\r\n", "reader@example.org"),
        ("Jo.Doe+news@EXAMPLE.Org", "Jo.Doe+news@example.org"),
        ("a@müller.example", "a@xn--mller-kva.example"),
        ("a@MÜLLER.example", "a@xn--mller-kva.example"),
        ("a@x\uff0eexample", "a@x.example"),
        ("o'hara@example.org", "o'hara@example.org"),
        ("_a@example.org", "_a@example.org"),
    ],
)
def test_an_address_has_one_stored_form(typed: str, stored: str) -> None:
    assert address.normalised(typed) == stored
    assert address.normalised(stored) == stored


@pytest.mark.parametrize(
    "trap",
    [
        "a@b.example,x@y.example",
        "a@b.example, x@y.example",
        "a@b.example;x@y.example",
        "alice@x)bob@y.example",
        "<a@b.example>",
        "<a@b.example>x@y.example",
        "a@b.example\nBcc: x@y.example",
        "a@b.example\r\nRCPT TO:<x@y.example>",
        "a@b.example\0",
        "a\0@b.example",
        "|id@example.org",
        "-f@example.org",
        "/dev/null@example.org",
        "$HOME@example.org",
        "'or'1'='1@example.org",
        "#a@example.org",
        "=cmd@example.org",
        "x" * 65 + "@example.org",
        "a@" + "x" * 64 + ".example",
        "jürgen@example.org",
        "a\u200b@example.org",
        "\u202ea@example.org",
        "a@ex\u00admple.org",
        '"a b"@example.org',
        '"a@b"@example.org',
        "a b@example.org",
        "a..b@example.org",
        ".a@example.org",
        "a.@example.org",
        "a@example.org.",
        "a@-example.org",
        "a@x_y.example",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@localhost",
        "a@b",
        "a@",
        "@b.example",
        "@",
        "",
        "nobody",
    ],
)
def test_what_is_no_address_is_refused_in_one_line(trap: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n\r]*$"):
        address.normalised(trap)


@given(st.text(max_size=80))
def test_what_is_stored_is_printable_ascii_with_one_at_sign(typed: str) -> None:
    try:
        stored = address.normalised(typed)
    except ValueError:
        return
    assert stored.isascii()
    assert stored.isprintable()
    assert stored.count("@") == 1
    assert not set(stored) & set(' <>,;:"\\()[]')


@given(st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9_+-]{0,20}@[a-zA-Z]{1,20}\.example", fullmatch=True))
def test_two_spellings_of_one_mailbox_fold_to_one_key(typed: str) -> None:
    stored = address.normalised(typed)
    assert stored.lower() == typed.lower()
    assert address.folded(address.normalised(typed.upper())) == address.folded(stored) == typed.lower()


@pytest.mark.parametrize(
    ("text", "name", "email"),
    [
        ("Meridian <brief@news.example.org>", "Meridian", "brief@news.example.org"),
        (" brief@news.example.org ", "", "brief@news.example.org"),
        ("<brief@news.example.org>", "", "brief@news.example.org"),
        ('"Doe, Jane" <j@example.org>', "Doe, Jane", "j@example.org"),
        ('The "Brief" <j@example.org>', 'The "Brief"', "j@example.org"),
        ("Ärzteblatt <j@MÜLLER.example>", "Ärzteblatt", "j@xn--mller-kva.example"),
    ],
)
def test_a_mailbox_is_a_name_and_an_address(text: str, name: str, email: str) -> None:
    assert address.mailbox(text) == (name, email)


@pytest.mark.parametrize(
    "trap",
    [
        "",
        "Meridian",
        "Meridian <>",
        "Meridian brief@example.org",
        "A <B> <c@example.org>",
        "A <c@example.org>, D <d@example.org>",
        "A <c@example.org> D",
        "A\r\nBcc: x@y.example <c@example.org>",
        "A\0 <c@example.org>",
        "A <|id@example.org>",
        "A <c@example.org",
    ],
)
def test_what_is_no_mailbox_is_refused_in_one_line(trap: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n\r]*$"):
        address.mailbox(trap)
