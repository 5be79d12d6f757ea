"""Times one recipient's mail of the demo against the standard library, and its signature against dkimpy: a table.

All make whole mails of the same headers, text and HTML with the recipient's values in them; medians of CPU time.
"""

import email
import email.policy
import tempfile
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest import config, issues, pipeline
from digest.cli.init import fill
from digest.draft import draft
from digest.message import HEADER_NAMES, Frozen, Headers, Recipient, Template, freeze, load_signer
from digest.store import connect
from render import MARK, cpu_seconds, table

TARGET = 100
SIGNED_TARGET = 400
SELECTOR, DOMAIN = "digest2026", "news.example.org"
BUILT = ("MIME-Version", "Content-Type", "Content-Transfer-Encoding")


def main() -> None:
    """Prints the table."""
    frozen, key = demo(), new_key()
    template, signing = Template(frozen), signed_template(frozen, key)
    to = Recipient(
        email="reader.1234@mail.example.com",
        message_id="<demo.1234.8f3a09c2@news.example.org>",
        unsubscribe="mailto:leave+1234-8f3a09c28f3a09c2@news.example.org?subject=unsubscribe",
    )
    whole = b"".join(template.mail(to))
    sent = email.message_from_bytes(whole, policy=email.policy.SMTP)
    headers = {name: str(sent[name]) for name in HEADER_NAMES if name in sent and name not in BUILT}
    text, html = texts(whole)
    if texts(standard(headers, text, html)) != [text, html]:
        raise ValueError("the two mails do not say the same")
    ours = cpu_seconds({"ours": lambda: template.mail(to)}, calls=2_000)["ours"]
    joined = cpu_seconds({"joined": lambda: b"".join(template.mail(to))}, calls=2_000)["joined"]
    theirs = cpu_seconds({"theirs": lambda: standard(headers, text, html)}, calls=20)["theirs"]
    signed = cpu_seconds({"ours": lambda: signing.mail(to), "dkimpy": lambda: dkimpy_signature(whole, key)}, calls=20)
    print(f"The demo's mail, {len(whole):,} bytes\n")
    print(
        table(
            (
                ("one recipient's mail", "us"),
                ("`Template.mail`, chunks as the delivery takes them", f"{ours * 1e6:.1f}"),
                ("the same, joined to one piece", f"{joined * 1e6:.1f}"),
                ("`EmailMessage`, `as_bytes`", f"{theirs * 1e6:,.0f}"),
                (f"`EmailMessage` / `Template.mail`, joined; target {TARGET}", f"**{theirs / joined:,.0f}**"),
                (f"`Template.mail`, signed by RSA-2048; target {SIGNED_TARGET}", f"**{signed['ours'] * 1e6:,.0f}**"),
                ("dkimpy, the signature alone", f"{signed['dkimpy'] * 1e6:,.0f}"),
            )
        )
    )


def demo() -> Frozen:
    """The demo's mail, waiting for recipients."""
    with tempfile.TemporaryDirectory() as folder:
        home, now = Path(folder) / "demo", datetime.now(UTC)
        fill(home)
        news = config.load(home)
        job = news.jobs["demo"]
        with connect(news.database) as store:
            pipeline.check_sources(news, store, issues.job_sources(news, job), now, lambda *_: None)
            edition = pipeline.composed(news, store, job, issues.next_issue(store, job, now))
        rendered = draft(news, job, edition, {}).full.rendered
    headers = Headers(edition=edition.issue.id, sender=job.sender, date=now, list_id="<demo.news.example.org>")
    return freeze(rendered, headers, MARK)


def new_key() -> bytes:
    """A private key in PEM."""
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def signed_template(frozen: Frozen, key: bytes) -> Template:
    """The same mail, to be signed for each recipient."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dkim.pem"
        path.touch(mode=0o600)
        path.write_bytes(key)
        return Template(frozen, load_signer(path.parent, SELECTOR, DOMAIN))


def dkimpy_signature(mail: bytes, key: bytes) -> object:
    """The header as dkimpy writes it, over the same form of the mail."""
    return dkim.sign(mail, SELECTOR.encode(), DOMAIN.encode(), key, canonicalize=(b"relaxed", b"simple"))


def standard(headers: dict[str, str], text: str, html: str) -> bytes:
    """The mail as the standard library writes it."""
    mail = EmailMessage(policy=email.policy.SMTP)
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


def texts(mail: bytes) -> list[str]:
    """The decoded text and HTML parts."""
    parsed = email.message_from_bytes(mail, policy=email.policy.SMTP)
    parts = [part for part in parsed.walk() if isinstance(part, EmailMessage) and not part.is_multipart()]
    return [str(part.get_content()).replace("\r\n", "\n").rstrip("\n") for part in parts]


if __name__ == "__main__":
    main()
