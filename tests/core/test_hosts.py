import pytest

from digest.core import hosts


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("relay.example.org", "relay.example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("2001:DB8::1", "2001:db8::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("mail_1.example.", "mail_1.example."),
    ],
)
def test_a_host_is_an_address_or_a_name_as_a_labels(text: str, host: str) -> None:
    assert hosts.normalised(text) == host


@pytest.mark.parametrize("text", ["", "fe80::1%eth0", "a b", "-a.example", "a..example", "a/b", "x" * 64])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        hosts.normalised(text)


def test_only_this_machine_is_loopback() -> None:
    assert all(map(hosts.is_loopback, ("localhost", "127.0.0.1", "127.8.8.8", "::1")))
    assert not any(map(hosts.is_loopback, ("localhost.example.org", "10.0.0.1", "relay", "0.0.0.0")))  # noqa: S104  compared, not listened at
