"""TLS and log-in against a relay with certificates made by the openssl program."""

import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from digest.core.errors import DeliveryError
from digest.core.mail import SendState
from digest.core.settings import Delivery
from digest.deliver import smtp
from mail_queue import all_of, begun, mails
from scripted_relay import ScriptedRelay, running

PASSWORD = "s3cr3t-cänary"  # noqa: S105  a canary


@dataclass(frozen=True)
class Certificate:
    """A certificate that signs itself, and its key."""

    certificate: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        """The relay's side."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


Issue: TypeAlias = Callable[..., Certificate]


@pytest.fixture
def issue(tmp_path: Path) -> Issue:
    """Make a certificate for names, which may have ended already."""

    def made(names: str = "DNS:localhost,IP:127.0.0.1,IP:::1", *, expired: bool = False) -> Certificate:
        made = Certificate(tmp_path / "certificate.pem", tmp_path / "key.pem")
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=relay"]
        command += ["-addext", f"subjectAltName={names}", "-keyout", str(made.key), "-out", str(made.certificate)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        if expired:
            again = ["openssl", "x509", "-in", str(made.certificate), "-signkey", str(made.key), "-days", "-1"]
            subprocess.run([*again, "-out", str(made.certificate)], check=True, capture_output=True, timeout=60)
        return made

    return made


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", PASSWORD)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_mails_leave_by_tls_after_a_log_in(
    issue: Issue, monkeypatch: pytest.MonkeyPatch, scheme: str, address: str
) -> None:
    certificate = issue()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    relay = ScriptedRelay(tls=certificate.context, implicit=scheme == "smtps", user="mé@example.org", password=PASSWORD)
    queue = mails(15)
    with running(relay, address):
        host = f"[{address}]" if ":" in address else address
        delivery = Delivery(to=f"{scheme}://m%C3%A9%40example.org@{host}:{relay.port}", connections=1)
        smtp.check(delivery, Path())
        with begun(queue) as (run, _):
            smtp.deliver(delivery, Path(), queue.exchange, all_of, run, lambda: False)
    assert queue.states == [SendState.SENT] * 15
    assert len(relay.taken) == 15
    assert relay.connections == 2
    assert relay.count("AUTH PLAIN") == 2
    assert relay.count("STARTTLS") == (2 if scheme == "smtp" else 0)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize(
    ("names", "state", "why"),
    [
        ("DNS:localhost", "unknown", "self-signed certificate"),
        ("DNS:relay.example.org", "trusted", "Hostname mismatch"),
        ("IP:127.0.0.1", "trusted", "Hostname mismatch"),
        ("DNS:localhost", "expired", "certificate has expired"),
    ],
)
def test_a_certificate_that_proves_nothing_is_one_line_and_no_password_leaves(
    issue: Issue, monkeypatch: pytest.MonkeyPatch, scheme: str, names: str, state: str, why: str
) -> None:
    certificate = issue(names, expired=state == "expired")
    if state != "unknown":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    relay = ScriptedRelay(tls=certificate.context, implicit=scheme == "smtps", user="me", password=PASSWORD)
    with running(relay), pytest.raises(DeliveryError) as caught:
        smtp.check(Delivery(to=f"{scheme}://me@localhost:{relay.port}"), Path())
    line = f"relay localhost:{relay.port}: its certificate is not valid for localhost: {why}"
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)
    assert relay.count("AUTH") == 0


def test_a_wrong_password_stops_at_once_and_keeps_the_queue(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = issue()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    relay = ScriptedRelay(tls=certificate.context, user="me", password="another")  # noqa: S106  of nobody
    queue = mails(3)
    with running(relay), begun(queue) as (run, _):
        delivery = Delivery(to=f"smtp://me@localhost:{relay.port}", connections=1)
        with pytest.raises(DeliveryError, match="wrong user or password for me") as caught:
            smtp.deliver(delivery, Path(), queue.exchange, all_of, run, lambda: False)
    assert relay.count("AUTH") == 1
    assert queue.states == [SendState.QUEUED] * 3
    assert PASSWORD not in str(caught.value)
