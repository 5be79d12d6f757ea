"""Signed mails, judged by an independent verifier; and what is said of a key that cannot sign."""

import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from digest.core.errors import DigestError, UsageError
from digest.core.mail import Image, Rendered
from digest.message import Frozen, Headers, Recipient, Signer, Template, freeze, load_signer, reader

MARK = "0f1e2d3c4b5a6978"
MARKS = reader(MARK)
HEADERS = Headers(
    edition="daily-2025-11-24T0700",
    sender="Méridien <brief@news.example.org>",
    date=datetime(2025, 11, 24, 7, 0, tzinfo=timezone(timedelta(hours=1))),  # past: a verifier takes no later one
    list_id="<daily.news.example.org>",
)
ANN = Recipient(email="ann@example.org", message_id="<1@news.example.org>", unsubscribe="mailto:leave@example.org?a=1")
BOB = Recipient(email="bob@example.org", message_id="<2@news.example.org>", unsubscribe="mailto:leave@example.org?a=2")
BODY = f".Dear {MARKS.email},\n\n{'some words ' * 400}\n\nLeave: {MARKS.unsubscribe}\n\n\n"
TAMPERED = (b"ann@example.org", b"some words", b"A plant", b"+0100", b"?a=3D1", b"<1@news", b"daily.news", b"1.0\r\n")


@cache
def private_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    locked: KeySerializationEncryption | None = None,
    kind: PrivateFormat = PrivateFormat.PKCS8,
) -> bytes:
    return key.private_bytes(Encoding.PEM, kind, locked or NoEncryption())


def key_file(home: Path, data: bytes) -> Path:
    path = home / "dkim.pem"
    path.write_bytes(data)
    path.chmod(0o600)
    return path


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    key_file(tmp_path, pem(private_key()))
    return load_signer(tmp_path, "digest2026", "news.example.org")


def frozen(body: str = BODY, subject: str = "A plant  opens, größer", pictures: tuple[Image, ...] = ()) -> Frozen:
    made = Rendered(subject=subject, preheader="", text=body, html=body, pictures=pictures)
    return freeze(made, HEADERS, MARK)


def is_signed(mail: bytes) -> bool:
    public = private_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b64encode(public)
    asked = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append((name, timeout))
        return record

    valid = dkim.verify(mail, dnsfunc=dns)
    assert [name for name, _ in asked] in ([], [b"digest2026._domainkey.news.example.org."])
    return bool(valid)


def signature(mail: bytes) -> dict[str, str]:
    field = re.sub(r"\r\n[ \t]", "", mail.decode().split("\r\nFrom:", 1)[0])
    assert field.startswith("DKIM-Signature: ")
    tags = (tag.strip().partition("=") for tag in field.partition(": ")[2].split(";"))
    return {name: value for name, _, value in tags}


def test_every_recipients_mail_is_signed_and_is_otherwise_the_same(signer: Signer) -> None:
    plain, signed = Template(frozen()), Template(frozen(), signer)
    for recipient in (ANN, BOB, ANN._replace(email="x.'=y" * 30 + "@example.org")):
        first, *rest = signed.mail(recipient)
        assert rest == plain.mail(recipient)
        assert is_signed(first + b"".join(rest))
    ann, bob = (signature(signed.mail(recipient)[0] + b"From:") for recipient in (ANN, BOB))
    assert ann["bh"] != bob["bh"]


@pytest.mark.parametrize(
    "body", ["Nobody's name\n", "", "\n\n\n", ".", MARKS.email, f"{MARKS.email}\n", f"x{BODY}" * 5]
)
def test_a_mail_with_few_or_many_values_in_its_body_is_signed(signer: Signer, body: str) -> None:
    assert is_signed(b"".join(Template(frozen(body), signer).mail(ANN)))


def test_a_mail_with_pictures_and_a_long_subject_is_signed(signer: Signer) -> None:
    image = Image(hash="a" * 64, data=bytes(range(256)) * 40, width=10, height=10)
    assert is_signed(b"".join(Template(frozen(subject="Long words  " * 20, pictures=(image,)), signer).mail(ANN)))


@pytest.mark.parametrize("old", TAMPERED)
def test_a_changed_byte_breaks_the_signature(signer: Signer, old: bytes) -> None:
    mail = b"".join(Template(frozen(subject="A plant opens"), signer).mail(ANN))
    assert is_signed(mail)
    for place in (mail.index(old, mail.index(b"\r\nFrom:")), mail.rindex(old)):
        assert not is_signed(mail[:place] + bytes([mail[place] ^ 1]) + mail[place + 1 :])


@pytest.mark.parametrize(
    "field",
    [
        *("From: x@evil.example", "To: x@evil.example", "Subject: x", "Cc: x@evil.example", "Reply-To: x@evil.example"),
        *("List-Unsubscribe: <https://evil.example>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
        *("Date: Mon, 24 Nov 2025 08:00:00 +0100", "Message-ID: <x@evil.example>"),
    ],
)
def test_an_added_header_breaks_the_signature(signer: Signer, field: str) -> None:
    mail = b"".join(Template(frozen(), signer).mail(ANN))
    assert not is_signed(field.encode() + b"\r\n" + mail)
    assert not is_signed(mail.replace(b"\r\nMIME-Version", f"\r\n{field}\r\nMIME-Version".encode(), 1))
    assert is_signed(b"Received: by relay.example\r\n" + mail)


def test_a_letter_to_somebody_on_no_list_is_signed_and_nobody_can_add_a_way_to_leave(signer: Signer) -> None:
    shown = Rendered(subject="Is it you?", preheader="", text=MARKS.email, html="")
    first, *rest = Template(freeze(shown, replace(HEADERS, kind="confirm"), MARK), signer).mail(ANN)
    assert is_signed(first + b"".join(rest))
    present = "From:To:Subject:Date:Message-ID:Feedback-ID:MIME-Version:Content-Type"
    over = "From:To:Subject:Date:Message-ID:Cc:Reply-To:List-Unsubscribe:List-Unsubscribe-Post"
    assert signature(first + b"From:")["h"] == f"{present}:{over}"
    assert not is_signed(b"List-Unsubscribe: <https://evil.example>\r\n" + first + b"".join(rest))


def test_the_signature_says_exactly_this(signer: Signer) -> None:
    first = Template(frozen(), signer).mail(ANN)[0]
    tags = signature(first + b"From:")
    assert tags.keys() == {"v", "a", "c", "d", "s", "t", "h", "bh", "b"}
    assert {name: tags[name] for name in "vacdst"} == {
        "v": "1",
        "a": "rsa-sha256",
        "c": "relaxed/simple",
        "d": "news.example.org",
        "s": "digest2026",
        "t": str(int(HEADERS.date.timestamp())),
    }
    present = "From:To:Subject:Date:Message-ID:List-Id:List-Unsubscribe:Feedback-ID:MIME-Version:Content-Type"
    over = "From:To:Subject:Date:Message-ID:Cc:Reply-To:List-Unsubscribe:List-Unsubscribe-Post"
    assert tags["h"] == f"{present}:{over}"
    *lines, end = first.split(b"\r\n")
    assert not end
    assert max(map(len, lines)) <= 78
    assert all(line.startswith(b" ") and line.strip() for line in lines[1:])


def test_a_retry_is_signed_with_the_same_bytes(signer: Signer) -> None:
    assert Template(frozen(), signer).mail(ANN) == Template(frozen(), signer).mail(ANN)


def test_a_stored_mail_whose_date_is_damaged_is_not_signed(signer: Signer) -> None:
    data = frozen().data.replace(b"Date: Mon, 24 Nov", b"Date: Mon, 99 Nov")
    with pytest.raises(DigestError, match="the mail's Date cannot be read"):
        Template(Frozen(mark=MARK, data=data), signer)


def test_the_environments_key_comes_before_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key_file(tmp_path, b"nothing")
    data = pem(private_key(), kind=PrivateFormat.TraditionalOpenSSL)
    monkeypatch.setenv("DIGEST_DKIM_KEY", f"\n{data.decode()}\n")
    from_environment = load_signer(tmp_path, "digest2026", "news.example.org")
    monkeypatch.delenv("DIGEST_DKIM_KEY")
    key_file(tmp_path, pem(private_key()))
    from_file = load_signer(tmp_path, "digest2026", "news.example.org")
    assert from_environment.sign(b"x") == from_file.sign(b"x")
    assert "sign" not in repr(from_file)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (lambda: b"", "no private key in PEM"),
        (lambda: b"canary", "no private key in PEM"),
        (lambda: pem(private_key()).replace(b"A", b"B"), "no private key in PEM"),
        (lambda: pem(private_key(), BestAvailableEncryption(b"word")), "that needs no password; allowed is"),
        (lambda: pem(ec.generate_private_key(ec.SECP256R1())), "not an RSA key; allowed is"),
        (lambda: pem(private_key(1024)), "the key has 1024 bits; allowed are 2048 to 4096"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_in_one_line(tmp_path: Path, data: Callable[[], bytes], why: str) -> None:
    path = key_file(tmp_path, data())
    with pytest.raises(UsageError, match=f"{re.escape(str(path))}: .*{why}") as refused:
        load_signer(tmp_path, "digest2026", "news.example.org")
    assert str(refused.value).isprintable()
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_a_key_that_others_may_touch_is_refused_with_what_mends_it(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, pem(private_key()))
    path.chmod(mode)
    with pytest.raises(UsageError, match=f"others may read it.*chmod 600 {re.escape(str(path))}"):
        load_signer(tmp_path, "digest2026", "news.example.org")


def test_a_key_that_is_missing_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"dkim\.pem: no such file; .* or set DIGEST_DKIM_KEY"):
        load_signer(tmp_path, "digest2026", "news.example.org")


@pytest.mark.parametrize("name", ["", "a b", "a;b", "a..b", "-a", "a\n", "é", "x" * 64, "a; d=evil.example"])
def test_a_selector_or_a_domain_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no selector"):
        load_signer(tmp_path, name, "news.example.org")
    with pytest.raises(UsageError, match="is no domain"):
        load_signer(tmp_path, "digest2026", name)


PROBE = """
import sys
from pathlib import Path
from digest import message
assert not any(name.partition(".")[0] == "cryptography" for name in sys.modules)
sys.modules["cryptography"] = None
try:
    message.load_signer(Path(sys.argv[1]), "digest2026", "news.example.org")
except message._dkim.UsageError as error:
    print(error)
"""


def test_only_a_signer_needs_the_extra_package_and_says_so(tmp_path: Path) -> None:
    key_file(tmp_path, pem(private_key()))
    done = subprocess.run([sys.executable, "-c", PROBE, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "signing mails needs the package cryptography: pip install 'digest[dkim]'\n"
