import socket
import threading
import time
import traceback
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.core.errors import DeliveryError
from digest.core.settings import Delivery
from digest.deliver import smtp
from digest.deliver._loop import run
from digest.deliver._relay import Relay, Security
from digest.deliver._session import Trust, UnreachableError, close, connect
from digest.deliver._wire import Patience
from scripted_relay import CLOSE, HANG, ScriptedRelay, running

CANARY = "s3cr3t-cänary"
QUICK = Patience(connect=1, command=0.5)


def relay_at(
    relay: ScriptedRelay, security: Security = Security.NONE, user: str = "", host: str = "127.0.0.1"
) -> Relay:
    return Relay(security=security, host=host, port=relay.port, user=user)


def greeted(target: Relay) -> None:
    run(close(run(connect(target, QUICK, Trust()))))


def told(error: BaseException) -> str:
    """All that a person or a log could ever see of an error."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format()) + repr(error)


def test_a_check_connects_and_leaves(tmp_path: Path) -> None:
    with running(ScriptedRelay()) as relay:
        smtp.check(Delivery(to=f"smtp+plain://127.0.0.1:{relay.port}"), tmp_path)
        assert [command.split(" ")[0].upper() for command in relay.commands] == ["EHLO", "QUIT"]


def test_a_check_reaches_an_ipv6_address(tmp_path: Path) -> None:
    with running(ScriptedRelay(), "::1") as relay:
        smtp.check(Delivery(to=f"smtp+plain://[::1]:{relay.port}"), tmp_path)
        assert relay.count("QUIT") == 1


def test_a_check_of_a_relay_that_never_greets_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with running(ScriptedRelay({"greeting": [HANG]})) as relay:
        target, end = Delivery(to=f"smtp+plain://127.0.0.1:{relay.port}"), time.monotonic() + 0.3
        with pytest.raises(DeliveryError, match=r": stopped while it was asked$"):
            smtp.check(target, tmp_path, lambda: time.monotonic() > end)
        assert time.monotonic() < end + 60


def test_a_check_of_nobody_says_so_in_one_line(tmp_path: Path) -> None:
    with running(ScriptedRelay()) as relay:
        pass
    with pytest.raises(DeliveryError, match=rf"^relay 127\.0\.0\.1:{relay.port}: nobody listens[^\n]*$"):
        smtp.check(Delivery(to=f"smtp+plain://127.0.0.1:{relay.port}"), tmp_path)


def test_a_host_without_an_address_is_named() -> None:
    nowhere = Relay(security=Security.STARTTLS, host="no-such-host.invalid", port=587)
    with pytest.raises(UnreachableError, match=r"^relay .*: cannot find the host no-such-host\.invalid: [^\n]+$"):
        run(connect(nowhere, QUICK, Trust()))


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ({"greeting": ["421 4.3.2 too busy"]}, "refuses to talk: 421 4.3.2 too busy"),
        ({"greeting": ["554 5.7.1 blocked\r\n"]}, "refuses to talk: 554 5.7.1 blocked"),
        ({"greeting": [CLOSE]}, "it closed the connection"),
        ({"greeting": ["SSH-2.0-OpenSSH_9.2"]}, "it does not speak SMTP: b'SSH-2.0-OpenSSH_9.2'"),
        ({"greeting": ["HTTP/1.1 400 Bad Request"]}, "it does not speak SMTP"),
        ({"greeting": [HANG]}, "it does not answer in time"),
        ({"greeting": ["220-" + "x" * 20_000]}, "its reply does not end"),
        ({"EHLO": ["502 5.5.1 what"]}, "refuses EHLO: 502 5.5.1 what"),
        ({"EHLO": [CLOSE]}, "it closed the connection"),
    ],
)
def test_a_relay_that_will_not_talk_is_one_line(script: dict[str, list[str]], line: str) -> None:
    with running(ScriptedRelay(script)) as relay, pytest.raises(DeliveryError) as caught:
        run(connect(relay_at(relay), QUICK, Trust()))
    assert str(caught.value).startswith(f"relay 127.0.0.1:{relay.port}: {line}")
    assert "\n" not in str(caught.value)


def test_only_what_may_pass_is_tried_again() -> None:
    for reply, may_pass in (("421 4.3.2 busy", True), ("554 5.7.1 blocked", False)):
        with running(ScriptedRelay({"greeting": [reply]})) as relay, pytest.raises(DeliveryError) as caught:
            run(connect(relay_at(relay), QUICK, Trust()))
        assert isinstance(caught.value, UnreachableError) is may_pass


@pytest.mark.parametrize("piece", [b"2", b"220-x\r\n"])
def test_a_reply_that_drips_for_ever_is_given_up(piece: bytes) -> None:
    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            for _ in range(60):
                try:
                    connection.sendall(piece)
                except OSError:
                    return
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        target = Relay(security=Security.NONE, host="127.0.0.1", port=listener.getsockname()[1])
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="does not answer in time"):
            run(connect(target, QUICK, Trust()))
        assert time.monotonic() - started < 2
        thread.join(10)


def test_without_starttls_nothing_is_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", CANARY)
    with running(ScriptedRelay(user="me", password=CANARY)) as relay:
        with pytest.raises(DeliveryError, match="offers no STARTTLS"):
            run(connect(relay_at(relay, Security.STARTTLS, "me"), QUICK, Trust()))
        time.sleep(0.05)
        assert [command.split(" ")[0].upper() for command in relay.commands] == ["EHLO"]


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        ("454 4.7.0 not now", "refuses STARTTLS: 454 4.7.0 not now"),
        ("220 go\r\n250 forged", "no TLS: it says more than it was asked"),
        ("220 go", "no TLS: "),
    ],
)
def test_a_starttls_that_does_not_come_to_tls_is_one_line(reply: str, line: str) -> None:
    script = {"STARTTLS": [reply]}
    features = ["STARTTLS"]
    with running(ScriptedRelay(script, features=features)) as relay, pytest.raises(DeliveryError) as caught:
        run(connect(relay_at(relay, Security.STARTTLS), QUICK, Trust()))
    said = str(caught.value)
    # A relay that goes on in the clear may seem to be silent, or to say nonsense.
    assert line in said or (reply == "220 go" and "in time" in said)
    assert "\n" not in said


def test_a_relay_in_the_clear_at_a_port_for_tls_is_one_line() -> None:
    with running(ScriptedRelay()) as relay, pytest.raises(DeliveryError, match=r": no TLS: [^\n]+smtp://[^\n]+$"):
        run(connect(relay_at(relay, Security.IMPLICIT), QUICK, Trust()))


def test_a_user_without_a_password_is_told_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(ScriptedRelay(user="me", password=CANARY)) as relay:
        for value in (None, ""):
            if value is not None:
                monkeypatch.setenv("DIGEST_SMTP_PASSWORD", value)
            with pytest.raises(DeliveryError, match="no password for me: set DIGEST_SMTP_PASSWORD"):
                run(connect(relay_at(relay, user="me"), QUICK, Trust()))
        assert relay.connections == 0


def test_the_right_password_logs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", CANARY)
    with running(ScriptedRelay(user="mé", password=CANARY)) as relay:
        session = run(connect(relay_at(relay, user="mé"), QUICK, Trust()))
        assert CANARY not in repr(vars(session))
        run(close(session))
        assert relay.count("AUTH PLAIN") == 1


def test_a_password_without_a_user_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", CANARY)
    with running(ScriptedRelay(user="me", password=CANARY)) as relay:
        greeted(relay_at(relay))
        assert relay.count("AUTH") == 0


@pytest.mark.parametrize("offered", ["AUTH CRAM-MD5 LOGIN", "auth=LOGIN", "AUTH\tLOGIN  GSSAPI"])
def test_auth_login_is_spoken_where_plain_is_not(monkeypatch: pytest.MonkeyPatch, offered: str) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", "secret")
    user, secret = (b64encode(text).decode() for text in (b"me", b"secret"))
    script = {"AUTH": ["334 VXNlcm5hbWU6"], user.upper(): ["334 UGFzc3dvcmQ6"], secret.upper(): ["235 2.7.0 welcome"]}
    with running(ScriptedRelay(script, features=[offered])) as relay:
        greeted(relay_at(relay, user="me"))
        assert relay.commands[1:4] == ["AUTH LOGIN", user, secret]


def test_a_wrong_password_is_tried_once_and_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", CANARY)
    with running(ScriptedRelay(user="me", password=CANARY[1:])) as relay:
        with pytest.raises(DeliveryError, match=r"wrong user or password for me .*: 535 5\.7\.8 auth") as caught:
            run(connect(relay_at(relay, user="me"), QUICK, Trust()))
        assert relay.count("AUTH") == 1
    assert not isinstance(caught.value, UnreachableError)
    assert CANARY not in told(caught.value)


@pytest.mark.parametrize("echo", [lambda line: line, lambda _: CANARY, lambda line: line.split(" ")[-1]])
def test_a_relay_that_repeats_the_password_is_not_quoted(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], echo: Callable[[str], str]
) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", CANARY)
    encoded = b64encode(f"\0me\0{CANARY}".encode()).decode()
    script = {"AUTH": [f"501 5.5.2 what is {echo(f'AUTH PLAIN {encoded}')}?"]}
    with running(ScriptedRelay(script, user="me")) as relay, pytest.raises(DeliveryError, match="what is") as caught:
        run(connect(relay_at(relay, user="me"), QUICK, Trust()))
    seen = told(caught.value) + "".join(capfd.readouterr())
    assert CANARY not in seen
    assert encoded not in seen


@pytest.mark.parametrize(
    ("features", "script", "line"),
    [
        ([], {}, "offers neither AUTH PLAIN nor LOGIN, but no AUTH at all"),
        (["AUTH XOAUTH2 CRAM-MD5"], {}, "offers neither AUTH PLAIN nor LOGIN, but XOAUTH2, CRAM-MD5"),
        (["AUTH PLAIN"], {"AUTH": ["454 4.7.0 not now"]}, "refuses the log-in for me"),
        (["AUTH PLAIN"], {"AUTH": ["334 more"]}, "refuses the log-in for me"),
        (["AUTH PLAIN"], {"AUTH": [CLOSE]}, "it closed the connection"),
    ],
)
def test_a_log_in_that_cannot_be_is_one_line(
    monkeypatch: pytest.MonkeyPatch, features: list[str], script: dict[str, list[str]], line: str
) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", CANARY)
    with running(ScriptedRelay(script, features=features)) as relay, pytest.raises(DeliveryError) as caught:
        run(connect(relay_at(relay, user="me"), QUICK, Trust()))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
