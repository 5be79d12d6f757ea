"""Mails that come back to a newsletter, as servers and readers write them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest import config, recipients
from digest.core.settings import Settings
from digest.core.tokens import Key, load_key
from digest.hearing import Heard, Hearing, hear
from digest.mailroom import suppression_tag
from digest.store import Store, connect, suppressions
from support import Folder, Make

BASE = "bounces@news.example.org"
R0, R1, R2 = (f"r{number}@example.org" for number in range(3))
UNKNOWN = "550 5.1.1 <someone@elsewhere.example>: User unknown"
FULL = "452 4.2.2 Mailbox full"
REFUSED = "550 5.7.1 Message refused: it looks like spam"


def sent_newsletter(newsletter: Make, recipients: int = 3) -> Folder:
    """A newsletter with a return path whose first edition was sent."""
    folder = newsletter(recipients)
    main = (folder.path / "digest.toml").read_text(encoding="utf-8")
    folder.write("digest.toml", main.replace("[delivery]\n", f'[delivery]\nbounces = "{BASE}"\n'))
    folder.write("mailbox/new/.keep", "")
    folder.write("mailbox/cur/.keep", "")
    result = folder.run("send", "brief")
    assert result.exit_code == 0, result.output
    return folder


def settings(folder: Folder) -> Settings:
    return config.load(folder.path)


def sent(store: Store, email: str) -> tuple[str, int, str]:
    """Edition, subscription and Message-ID of the last mail to somebody."""
    sql = "SELECT edition, subscriber, message_id FROM sends WHERE email = ? ORDER BY at DESC, edition DESC"
    row = store.rows(sql, (email,))[0]
    return row["edition"], row["subscriber"], row["message_id"]


def path_of(folder: Folder, store: Store, email: str) -> str:
    """The return path of the last mail to somebody."""
    return recipients.return_path(load_key(folder.path), BASE, *sent(store, email)[:2])


@dataclass(frozen=True)
class Office:
    """A newsletter that was sent, and its open database."""

    folder: Folder
    store: Store

    @property
    def key(self) -> Key:
        return load_key(self.folder.path)

    def path(self, email: str) -> str:
        return path_of(self.folder, self.store, email)

    def message_id(self, email: str) -> str:
        return sent(self.store, email)[2]

    def hear(self, *letters: bytes, dry_run: bool = False) -> list[Heard]:
        """Put these letters into the mailbox, and read it."""
        put(self.folder, letters, first=sum(1 for _ in (self.folder.path / "mailbox").rglob("17*")))
        return self.read(dry_run=dry_run)

    def read(self, *, dry_run: bool = False, stopping: Callable[[], bool] = lambda: False) -> list[Heard]:
        hearing = Hearing(
            news=settings(self.folder),
            store=self.store,
            key=self.key,
            now=datetime.now(UTC) + timedelta(hours=1),
            dry_run=dry_run,
            stopping=stopping,
        )
        return list(hear(hearing, "mailbox"))

    def suppressed(self, *others: str) -> dict[str, str]:
        found = suppressions.reasons(self.store.connection, suppression_tag(self.key), [R0, R1, R2, *others])
        return dict(found)

    def states(self) -> list[str]:
        return [row[0] for row in self.store.rows("SELECT state FROM subscribers ORDER BY job, address")]


@contextmanager
def opened(folder: Folder) -> Iterator[Office]:
    with connect(folder.path / "digest.db") as store:
        yield Office(folder, store)


def words(heard: Sequence[Heard]) -> list[str]:
    return [each.word for each in heard]


def marked(folder: Folder) -> int:
    return sum(1 for _ in (folder.path / "mailbox" / "cur").glob("*:2,PS"))


def bounce(to: str, said: str = UNKNOWN, *, about: str = "someone@elsewhere.example", original: str = "") -> bytes:
    """A server's report (RFC 3464) to a return path."""
    status = said.split()[1]
    report = f"Final-Recipient: rfc822; {about}\nAction: failed\nStatus: {status}\nDiagnostic-Code: smtp; {said}"
    parts = (
        ("text/plain", f"I could not deliver your mail:\n{said}"),
        ("message/delivery-status", f"Reporting-MTA: dns; mx.example\n\n{report}"),
        ("message/rfc822", original or "Subject: The day\n\nGood morning"),
    )
    return _multipart(to, "delivery-status", parts)


def complaint(to: str, *, original: str = "Subject: The day\n\nGood morning") -> bytes:
    """A provider's abuse report (RFC 5965) without an address."""
    fields = "Feedback-Type: abuse\nUser-Agent: Provider/1\nVersion: 1"
    return _multipart(
        to,
        "feedback-report",
        (("text/plain", "Somebody complained."), ("message/feedback-report", fields), ("message/rfc822", original)),
    )


def letter(to: str, subject: str, sender: str = "r0@example.org", more: str = "") -> bytes:
    """What a person's mail program, or its out-of-office, sends."""
    return f"From: {sender}\nTo: {to}\nSubject: {subject}\n{more}\nHello.\n".encode()


def put(folder: Folder, letters: Iterable[bytes], first: int = 0) -> Path:
    """Letters in the newsletter's Maildir, in this order."""
    box = folder.path / "mailbox"
    for number, data in enumerate(letters, first):
        (box / "new" / f"17000{number:06}.M1P1.mx").write_bytes(data)
    return box


def _multipart(to: str, kind: str, parts: Iterable[tuple[str, str]]) -> bytes:
    head = f"Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@mx.example\nTo: {to}\nSubject: failure notice\n"
    head += f"Content-Type: multipart/report; report-type={kind}; boundary=b\nMIME-Version: 1.0\n"
    body = "\n".join(f"--b\nContent-Type: {part}\n\n{content}\n" for part, content in parts)
    return f"{head}\n{body}\n--b--\n".encode()
