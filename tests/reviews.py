"""A small newsletter whose editions wait for editors, and what a test asks of it."""

import email
import email.policy
import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.message import EmailMessage

from digest import review
from digest.store import Store, connect, editions, report
from support import Folder

EDITION = "brief-2026-11-23T0700"
EDITOR = "chief@example.org"


def reviewed(folder: Folder, how: str = "30m", editors: str = EDITOR) -> Folder:
    """The newsletter with a slot at 07:00 UTC and a review."""
    folder.append("jobs/brief.toml", f'schedule = "0 7 * * *"\ntimezone = "UTC"\nreview = "{how}"\n')
    if editors:
        folder.append("digest.toml", f'\n[editors]\nto = ["{editors}"]\n')
    return folder


def opened(folder: Folder) -> AbstractContextManager[Store]:
    return connect(folder.path / "digest.db")


def record(folder: Folder, edition: str = EDITION) -> editions.Record:
    with opened(folder) as store:
        found = editions.get(store, edition)
    assert found
    return found


def state(folder: Folder, edition: str = EDITION) -> tuple[str, str]:
    found = record(folder, edition)
    return found.state.value, found.reason


def code(folder: Folder, edition: str = EDITION) -> str:
    with opened(folder) as store:
        return review.code(store, edition)


def message_ids(folder: Folder, edition: str = EDITION) -> dict[str, str]:
    with opened(folder) as store:
        return {row.email: row.message_id for row in report.rows(store, edition)}


def parsed(mail: bytes) -> EmailMessage:
    read = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found
    return str(found.get_content())


def mails_to(folder: Folder, who: str) -> list[EmailMessage]:
    """Mails in the outbox to an address that matches, oldest first."""
    found = [mail for mail in map(parsed, folder.mails()) if re.search(who, str(mail["To"]))]
    return sorted(found, key=lambda mail: str(mail["Subject"]))


def readers(folder: Folder) -> list[str]:
    """Whom among the subscribers the outbox has mails for."""
    return sorted(str(mail["To"]) for mail in mails_to(folder, r"^r\d+@"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
