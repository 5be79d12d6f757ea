"""Times one recipient's mail of the demo against building it with the standard library: a Markdown table.

Both make whole mails of the same headers, text and HTML with the recipient's values in them; medians of CPU time.
"""

import email
import email.policy
import tempfile
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from digest import pipeline
from digest.cli.init import fill
from digest.draft import draft
from digest.message import HEADER_NAMES, Headers, Recipient, Template, freeze
from digest.store import connect
from render import MARK, cpu_seconds, table

TARGET = 100
BUILT = ("MIME-Version", "Content-Type", "Content-Transfer-Encoding")


def main() -> None:
    """Prints the table."""
    template = demo()
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
    print(f"The demo's mail, {len(whole):,} bytes\n")
    print(
        table(
            (
                ("one recipient's mail", "us"),
                ("`Template.mail`, chunks as the delivery takes them", f"{ours * 1e6:.1f}"),
                ("the same, joined to one piece", f"{joined * 1e6:.1f}"),
                ("`EmailMessage`, `as_bytes`", f"{theirs * 1e6:,.0f}"),
                (f"`EmailMessage` / `Template.mail`, joined; target {TARGET}", f"**{theirs / joined:,.0f}**"),
            )
        )
    )


def demo() -> Template:
    """The demo's mail, waiting for recipients."""
    with tempfile.TemporaryDirectory() as folder:
        home, now = Path(folder) / "demo", datetime.now(UTC)
        fill(home)
        news = pipeline.open_newsletter(home)
        job = news.jobs["demo"]
        with connect(news.database) as store:
            pipeline.check_sources(news, store, pipeline.job_sources(news, job), now, lambda *_: None)
            edition = pipeline.composed(news, store, job, pipeline.next_issue(store, job, now))
        rendered = draft(news, job, edition, {}).full.rendered
    headers = Headers(edition=edition.issue.id, sender=job.sender, date=now, list_id="<demo.news.example.org>")
    return Template(freeze(rendered, headers, MARK))


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
