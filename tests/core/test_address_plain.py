import subprocess
import sys
from collections.abc import Callable

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core import address, validator

ROLES = ["infos", "x", *CASE_INSENSITIVE_MAILBOX_NAMES]
SPECIAL = ["example", "locals", "xlocal", *SPECIAL_USE_DOMAIN_NAMES]
# What stands in one place of an address that is plain elsewhere.
PLACES = ["{}@b.org", "{}a@b.org", "a{}b@b.org", "a{}@b.org", "a.{}@b.org", "1{}@b.org"]
PLACES += ["a@{}.org", "a@{}b.org", "a@b{}c.org", "a@b{}.org", "a@b.{}.org", "a@b.{}c.org", "a@b.c{}d.org"]
PLACES += ["a@{}", "a@b.{}", "a@b.{}c", "a@b.c{}d", "a@b.org{}", "a@b.c{}", "a@b{}org", "a{}b.org"]
PIECES = [chr(code) for code in range(256)]
PIECES += ["", "..", "--", "-a-", "b--", "bc--d", "xn--a", "XN--Mller-Kva", "xn--mller-kva", "11", "1a", "a1", "o'h"]
PIECES += ["\u017f", "\u212a", "\u200b", "\u3000", "\uff0e", "\uff20", "\u2126", "\u0130", "\ud800", "\n ", '"a"', "a."]
PIECES += ["a" * length for length in range(58, 68)] + ["a." * count for count in range(90, 128)]
PIECES += [spelled(name) for name in ROLES + SPECIAL for spelled in (str.lower, str.title, str.upper)]
PIECES += [name[:1] + name[1:].upper() for name in ROLES + SPECIAL]

WORDS = st.text("abyzAZ09_+-", min_size=1, max_size=4)
LABELS = st.from_regex(r"[a-zA-Z0-9]{1,3}(-{1,2}[a-zA-Z0-9]{1,2}){0,2}", fullmatch=True)
LENGTHS = st.integers(58, 67).map(lambda length: "a" * length)
LOCALS = st.lists(WORDS | st.sampled_from(PIECES), min_size=1, max_size=3).map(".".join)
DOMAINS = st.lists(LABELS | LENGTHS | st.sampled_from(PIECES), min_size=1, max_size=5).map(".".join)
AROUND = st.just("") | st.sampled_from([" ", "\t", "\r\n", "\u3000", "\x1f", "\u200b", ".", ">", "\0"])
PLAIN = st.from_regex(r"[A-Za-z0-9_]{1,3}([.+-][a-z0-9]{1,2})?@([A-Za-z0-9]{1,3}[.-]){1,2}[a-z]{1,3}", fullmatch=True)
ODD_IN_ONE_PLACE = st.builds(str.format, st.sampled_from(PLACES), st.sampled_from(PIECES) | WORDS | LABELS | st.text())
ADDRESSES = st.one_of(
    PLAIN,
    ODD_IN_ONE_PLACE,
    st.builds("{}@b.org".format, LOCALS),
    st.builds("a@{}.org".format, DOMAINS),
    st.builds("{}{}@{}{}".format, AROUND, LOCALS, DOMAINS, AROUND),
    st.builds("{}{}{}".format, AROUND, PLAIN, AROUND),
)


def said(by: Callable[[str], str], written: str) -> str:
    try:
        return by(written)
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


def agreed(written: str) -> bool:
    return said(address.normalised, written) == said(validator.normalised, written.strip())


@settings(max_examples=1_000)
@given(ADDRESSES)
def test_what_is_said_of_an_address_is_what_the_validator_says(written: str) -> None:
    assert agreed(written)


@given(st.text())
def test_what_is_said_of_any_text_is_what_the_validator_says(written: str) -> None:
    assert agreed(written)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_in_one_place_of_a_plain_address_is_judged_otherwise_than_by_the_validator(place: str) -> None:
    assert [piece for piece in PIECES if not agreed(place.format(piece))] == []


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Info@Example.org", "info@example.org"),
        ("Jo.Info@Example.org", "Jo.Info@example.org"),
        ("Alice@example.org", "Alice@example.org"),
        ("a@1.example.org", "a@1.example.org"),
        ("a@\u212aelvin.org", "a@kelvin.org"),
        ("a@la\u017ft.org", "a@last.org"),
        ("a@b.test", "a@b.test"),
        ("a@xn--mller-kva.example", "a@xn--mller-kva.example"),
        ("a@" + "b" * 63 + ".example", "a@" + "b" * 63 + ".example"),
    ],
)
def test_an_unusual_address_has_its_form_too(typed: str, stored: str) -> None:
    assert address.normalised(typed) == stored


@pytest.mark.parametrize(
    "trap",
    ["a@b.local", "a@b.ONION", "a@ab--c.org", "a@b.org1", "a@b.11", "a@b-.org", "a@b.org\0"],
)
def test_what_looks_nearly_plain_is_refused(trap: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address: "):
        address.normalised(trap)


@pytest.mark.parametrize(
    ("written", "needed"),
    [
        ("reader@example.org", False),
        (" Jo.Doe+News_1-x@Mail.EXAMPLE-host.co.uk\n", False),
        ("_@1.de", False),
        ("Reader@example.org", True),
        ("reader@müller.example", True),
        ("reader@example.test", True),
    ],
)
def test_the_validator_is_loaded_only_for_an_address_that_is_not_plain(written: str, *, needed: bool) -> None:
    program = (
        "import sys; from digest.core import address; address.normalised(sys.argv[1]);"
        " print('email_validator' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, written], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(needed)
