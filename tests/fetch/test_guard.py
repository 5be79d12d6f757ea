"""Which addresses a socket may be opened to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.fetch.guard import is_public, place, refusal

PRIVATE = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104 - an address to refuse
    "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
    "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "93.184.216.34", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1")


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_public(address)
    assert refusal(address, 80, "news.example:80", ()) == f"refused: {address} is not a public address"


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address: str) -> None:
    assert is_public(address)
    assert refusal(address, 443, "news.example:443", ()) == ""


@given(st.text(max_size=30))
def test_what_is_no_address_is_never_public(text: str) -> None:
    assert not is_public(f"x{text}")


@given(st.ip_addresses(v=4))
def test_an_address_and_its_mapped_form_are_judged_alike(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


def test_an_allowed_entry_opens_exactly_its_host_and_port() -> None:
    allow = ("127.0.0.1:8123", "Intranet.example:80")
    assert refusal("127.0.0.1", 8123, "127.0.0.1:8123", allow) == ""
    assert refusal("10.0.0.5", 80, "intranet.example:80", allow) == ""
    assert refusal("127.0.0.1", 8124, "127.0.0.1:8124", allow) != ""
    assert refusal("127.0.0.1", 8123, "localhost:8123", allow) != ""
    assert refusal("127.0.0.1", 8123, "evil.example:8123", allow) != ""
    assert refusal("10.0.0.5", 8080, "intranet.example:8080", allow) != ""
    assert refusal("10.0.0.5", 22, "intranet.example:80", allow) != ""


def test_a_place_always_names_the_port() -> None:
    assert place("http://news.example/feed") == "news.example:80"
    assert place("https://news.example/feed") == "news.example:443"
    assert place("http://[::1]:8080/") == "[::1]:8080"
