import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import deliver
from digest.deliver import outbox, smtp
from digest.deliver._relay import Relay, Security, parse

CANARY = "s3cr3t-canary"


@pytest.mark.parametrize(
    ("to", "relay"),
    [
        ("smtp://relay.example.org", Relay(security=Security.STARTTLS, host="relay.example.org", port=587)),
        ("smtp://me@relay:2525/", Relay(security=Security.STARTTLS, host="relay", port=2525, user="me")),
        (
            "smtps://me%40example.org@Relay.Example.ORG",
            Relay(security=Security.IMPLICIT, host="relay.example.org", port=465, user="me@example.org"),
        ),
        ("smtp+plain://127.0.0.1:1025", Relay(security=Security.NONE, host="127.0.0.1", port=1025)),
        ("smtp+plain://localhost", Relay(security=Security.NONE, host="localhost", port=25)),
        ("smtp+plain://u@[::1]:25", Relay(security=Security.NONE, host="::1", port=25, user="u")),
        ("smtp://[2001:db8::1]", Relay(security=Security.STARTTLS, host="2001:db8::1", port=587)),
        ("smtp://bücher.example", Relay(security=Security.STARTTLS, host="xn--bcher-kva.example", port=587)),
        ("smtp://a%3Ab%C3%A9@relay", Relay(security=Security.STARTTLS, host="relay", port=587, user="a:bé")),
    ],
)
def test_a_url_names_a_relay(to: str, relay: Relay) -> None:
    assert parse(to) == relay


@pytest.mark.parametrize(
    "to",
    [
        "smtp:",
        "smtp://",
        "smtp://:587",
        "smtp:relay",
        "smtp:/relay",
        "smtp://relay:",
        "smtp://relay:0",
        "smtp://relay:65536",
        "smtp://relay:port",
        "smtp://relay/path",
        "smtp://relay?x=1",
        "smtp://relay?",
        "smtp://relay#x",
        "smtp://@relay",
        "smtp://re lay",
        "smtp://relay\n",
        "smtp://re\tlay",
        "smtp://-relay",
        "smtp://relay..example",
        "smtp://relay,other",
        "smtp://[::1",
        "smtp://[relay]",
        "smtp://[fe80::1%25eth0]",
        "smtp://a%0d%0ab@relay",
        "smtp://a%00b@relay",
        "smtp://a%ff@relay",
        f"smtp://{'a' * 64}.example",
        "http://relay",
        "relay:587",
        "",
    ],
)
def test_a_wrong_form_says_what_is_allowed(to: str) -> None:
    with pytest.raises(ValueError, match="allowed is smtp://user@relay:587"):
        smtp.check_target(to)


@pytest.mark.parametrize("host", ["relay.example.org", "10.0.0.1", "0.0.0.0", "[2001:db8::1]", "localhost.example"])  # noqa: S104  refused, not bound
def test_no_tls_is_for_loopback_alone(host: str) -> None:
    with pytest.raises(ValueError, match=r"so .* is refused") as caught:
        smtp.check_target(f"smtp+plain://{host}:25")
    assert host.strip("[]") in str(caught.value)


@pytest.mark.parametrize("to", ["smtp://me:{}@relay", "smtps://me:{}@relay:465", "smtp+plain://:{}@127.0.0.1"])
def test_a_password_in_the_address_is_refused_and_not_repeated(to: str) -> None:
    with pytest.raises(ValueError, match="DIGEST_SMTP_PASSWORD") as caught:
        smtp.check_target(to.format(CANARY))
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "to", ["smtp://me:a/{}@relay", "smtp://me:#{}@relay", "smtp://relay:{}", "smtp://me:?{}@relay"]
)
def test_what_may_be_a_password_is_not_repeated(to: str) -> None:
    with pytest.raises(ValueError, match="allowed is") as caught:
        smtp.check_target(to.format(CANARY))
    assert CANARY not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_a_relay_or_a_value_error(text: str) -> None:
    try:
        relay = parse(f"smtp://{text}")
    except ValueError:
        return
    assert relay.host.isascii()
    assert 0 < relay.port < 65536
    assert relay.user.isprintable()


def test_a_relays_name_in_messages_is_where_it_listens() -> None:
    assert str(parse("smtp://me@relay")) == "relay relay:587"
    assert str(parse("smtp+plain://[::1]")) == "relay [::1]:25"


@pytest.mark.parametrize(
    ("to", "module"),
    [("outbox:box", outbox), ("smtp://r", smtp), ("smtps://r", smtp), ("smtp+plain://localhost:1", smtp)],
)
def test_a_scheme_finds_its_backend(to: str, module: object) -> None:
    assert deliver.backend(to) is module


@pytest.mark.parametrize("to", ["", "outbox2:x", "SMTP://relay", "_relay:x", "sm:tp"])
def test_an_unknown_scheme_names_those_there_are(to: str) -> None:
    with pytest.raises(ValueError, match=r"outbox, smtp, smtp\+plain, smtps"):
        deliver.backend(to)


def test_an_outbox_needs_a_folder() -> None:
    outbox.check_target("outbox:box")
    with pytest.raises(ValueError, match="outbox:FOLDER"):
        outbox.check_target("outbox:")
