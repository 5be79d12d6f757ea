"""A subject and what else the header says -> its lines, folded and encoded as they need."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

from digest.core.text import line
from digest.message._marks import place

HEADER_NAMES: Final = (
    *("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"),
    *("Auto-Submitted", "Precedence", "Feedback-ID", "MIME-Version", "Content-Type"),
)
"""The header of a frozen mail, all of it and in its order; a signature goes above it when a mail is made."""
ONE_CLICK_NAMES: Final = (*HEADER_NAMES[:7], "List-Unsubscribe-Post", *HEADER_NAMES[7:])
"""The same where readers have a page to unsubscribe at (RFC 8058 3.1)."""
PERSONAL_NAMES: Final = (*HEADER_NAMES[:5], "Auto-Submitted", *HEADER_NAMES[9:])
"""The same of an answer to one person, who is on no list yet."""
_ANSWER: Final = "confirm"
"""The kind of mail that answers one person who waits for it (RFC 3834). RFC 2919 3 would have a List-Id in it too; but
who is asked is on no list yet, has nothing to leave, and may have a rule that files mails of lists away."""
_FOLD_AT = 78  # RFC 5322 2.1.1
_SENDER_ID = range(5, 16)  # characters (Gmail Postmaster Tools: Feedback loop)
_HASH = 6  # hex digits
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_SENDER = re.compile(r"(?P<name>[^<>]*)<(?P<address>[!-;=?-~]+@[!-;=?-~]+)>")
_ATOMS = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What the header says besides the subject and a recipient's own values."""

    edition: str
    """The edition's id; the boundary is derived from it, so that a retry has the same bytes."""
    sender: str
    """`Name <address>` or an address."""
    date: datetime
    """Aware: the moment of composition."""
    list_id: str
    """RFC 2919, with its angle brackets, such as `<daily.news.example.org>`: the job and the sender's domain."""
    kind: str = "digest"
    """What complaints are counted by besides: `digest`, `welcome`, or `confirm`, whose header names no list."""
    has_site: bool = False
    """Whether readers may unsubscribe by one click at a page too (RFC 8058)."""


def header(subject: str, headers: Headers, mark: str) -> str:
    """All header lines but the end of the last, which names the boundary."""
    of_list, bulk = ("", "") if headers.kind == _ANSWER else (_of_list(headers, mark), "Precedence: bulk\r\n")
    return (
        f"From: {_sender(headers.sender)}\r\n"
        f"To: {place(mark, 'EMAIL')}\r\n"
        f"Subject: {_subject(line(subject))}\r\n"
        f"Date: {format_datetime(headers.date)}\r\n"
        f"Message-ID: {place(mark, 'MESSAGE-ID')}\r\n"
        f"{of_list}"
        "Auto-Submitted: auto-generated\r\n"
        f"{bulk}"
        f"Feedback-ID: {_feedback_id(headers)}\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative;\r\n"
    )


def _of_list(headers: Headers, mark: str) -> str:
    """The list, and how to leave it."""
    first = f"List-Id: {headers.list_id}\r\nList-Unsubscribe: <{place(mark, 'UNSUBSCRIBE')}>"
    if not headers.has_site:
        return f"{first}\r\n"
    return f"{first},\r\n <{place(mark, 'MAILTO')}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def _feedback_id(headers: Headers) -> str:
    """What Gmail counts complaints by: edition, job, kind, and sender (Gmail Postmaster Tools: Feedback loop)."""
    job = headers.list_id.strip("<>").partition(".")[0]
    return f"{headers.edition}:{job}:{headers.kind}:{_sender_id(headers.sender)}"


def _sender_id(sender: str) -> str:
    """Who sends, in all his mails the same and in nobody else's: the domain, or its beginning and a hash of it."""
    domain = sender.rpartition("@")[2].rstrip("> ").lower()
    if len(domain) in _SENDER_ID:
        return domain
    begun = domain[: _SENDER_ID[-1] - _HASH - 1].rstrip(".-")
    return f"{begun}-{sha256(domain.encode()).hexdigest()[:_HASH]}"


def _sender(sender: str) -> str:
    """`Name <address>` with the name quoted or encoded as it needs."""
    parts = _SENDER.fullmatch(sender.strip())
    if parts is None:
        return line(sender)
    name = line(parts["name"].strip().removeprefix('"').removesuffix('"').replace('\\"', '"'))
    address = f"<{parts['address']}>"
    if not name:
        return address
    shown = name if _ATOMS.fullmatch(name) else '"{}"'.format(name.replace("\\", r"\\").replace('"', r"\""))
    if not _is_plain(name) or len(f"From: {shown}") > _FOLD_AT:
        shown = _encoded_words("From", name)
    short = len(f"From: {shown} {address}") <= _FOLD_AT
    return f"{shown} {address}" if short else f"{shown}\r\n {address}"


def _subject(text: str) -> str:
    """The subject folded at spaces, or as encoded words where it needs them."""
    lines = ["Subject:"]
    for word in text.split(" "):
        if len(lines[-1]) + 1 + len(word) > _FOLD_AT:
            lines.append("")
        lines[-1] += f" {word}"
    fits = lines[0] != "Subject:" and max(map(len, lines)) <= _FOLD_AT
    return "\r\n".join(lines).removeprefix("Subject: ") if fits and _is_plain(text) else _encoded_words("Subject", text)


def _is_plain(text: str) -> bool:
    """Whether a header may say it as it is: ASCII, and nothing a reader takes for an encoded word (CVE-2024-6923)."""
    return "=?" not in text and _PLAIN.fullmatch(text) is not None


def _encoded_words(header: str, text: str) -> str:
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")
