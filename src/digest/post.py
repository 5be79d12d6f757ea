"""Mails that no ledger knows, such as reports to editors and tests of an edition -> the destination of all mails."""

import re
import secrets
import textwrap
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.quoprimime import body_encode
from email.utils import format_datetime
from typing import Final

from digest.core import address, runfile
from digest.core.errors import DigestError
from digest.core.mail import Batch, Claim, Outgoing, Result, SendState
from digest.core.settings import Settings
from digest.core.text import line
from digest.deliver import backend

_NAMES: Final = (
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
)
_LONGEST = 998  # RFC 5322 2.1.1
_COLUMNS = 74  # RFC 2045 6.7 allows 76, and a dot at the beginning takes two more
_FOLD_AT = 78  # RFC 5322 2.1.1
_PLAIN = re.compile(r"(?!.*=\?)[!-~]+(?: [!-~]+)*")
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What became of mails."""

    gone: int
    """So many were taken."""
    trouble: str
    """In one line why the others were not, empty when there are none."""


def post(news: Settings, mails: Sequence[tuple[str, bytes]], stopping: Callable[[], bool]) -> str:
    """Send mails, each an address and CRLF lines none of which begins with a dot; why some did not go, else empty."""
    return attempt(news, mails, stopping).trouble


def attempt(news: Settings, mails: Sequence[tuple[str, bytes]], stopping: Callable[[], bool]) -> Posted:
    """The same, and how many went."""
    faults = [fault for to, data in mails if (fault := _fault(to, data))]
    sound = deque((to, data) for to, data in mails if not _fault(to, data))
    results: list[Result] = []
    trouble = ""
    try:
        _deliver(news, sound, results, stopping)
    except (DigestError, OSError) as error:
        trouble = line(str(error))
    gone = sum(result.state is SendState.SENT for result in results)
    refused = [f"{r.code} {r.reply}".strip() for r in results if r.state is not SendState.SENT]
    if gone == len(mails):
        return Posted(gone=gone, trouble="")
    why = next(filter(None, (*faults, trouble, *refused)), "stopped before all were sent")
    return Posted(gone=gone, trouble=f"{len(mails) - gone} of {len(mails)} mails did not go: {line(why)}")


def letter(news: Settings, to: str, subject: str, text: str, html: str = "") -> bytes:
    """A mail to one person as bytes; ValueError when `to` is no address."""
    sender = _sender(news) or to
    head = (
        f"From: Digest <{sender}>\r\n"
        f"To: {address.normalised(to)}\r\n"
        f"{_subject(line(subject))}\r\n"
        f"Date: {format_datetime(datetime.now(UTC))}\r\n"
        f"Message-ID: <{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
    )
    plain = _part("plain", text)
    if not html:
        return _checked(head + plain, _NAMES)
    boundary = f"=_{secrets.token_hex(16)}"  # `=_` cannot occur in quoted-printable
    parts = "".join(f"--{boundary}\r\n{part}" for part in (plain, _part("html", html)))
    kind = f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
    return _checked(f"{head}{kind}{parts}--{boundary}--\r\n", _NAMES[:-1])


def _sender(news: Settings) -> str:
    """An address that the relay lets us write from: that of the first job, else those of the newsletter itself."""
    jobs = [address.mailbox(job.sender)[1] for job in news.jobs.values()]
    return next(filter(None, (*jobs, news.delivery.bounces, news.delivery.unsubscribe)), "")


def _subject(text: str) -> str:
    """The header folded at spaces, or in encoded words where it is not plain: nothing in it is another header."""
    lines = textwrap.wrap(f"Subject: {text}", _FOLD_AT, break_long_words=False, break_on_hyphens=False)
    if _PLAIN.fullmatch(text) and lines[0] != "Subject:" and max(map(len, lines)) < _FOLD_AT:
        return "\r\n ".join(lines)
    return "Subject: " + Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _part(kind: str, text: str) -> str:
    """A text in quoted-printable with its header."""
    encoded = body_encode(text.rstrip().encode("utf-8", "replace").decode("latin-1"), _COLUMNS, "\r\n")
    body = re.sub(r"^\.", "=2E", encoded, flags=re.MULTILINE)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return f"{head}{body}\r\n"


def _checked(mail: str, names: Sequence[str]) -> bytes:
    """The mail as bytes; DigestError when a relay could read it otherwise than we do (CVE-2024-6923 and its kin)."""
    head = mail.partition("\r\n\r\n")[0]
    found = tuple(field.partition(":")[0] for field in re.sub(r"\r\n[ \t]", " ", head).split("\r\n"))
    data = mail.encode("utf-8", "replace")
    if found != tuple(names) or _unsafe(data):
        raise DigestError(f"the letter cannot be made safely: {_unsafe(data) or line(', '.join(found))}")
    return data


def _fault(to: str, data: bytes) -> str:
    """Why a mail cannot leave, empty when it can."""
    return _unsafe(data) if _ADDRESS.fullmatch(to) else f"{to!r} is no address"


def _unsafe(data: bytes) -> str:
    """What is wrong with a mail on the wire (RFC 5321 2.3.8, CVE-2023-51764), empty when nothing is."""
    if not data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n") or not data.isascii():
        return "the mail has a bare line end or a byte beyond ASCII"
    if not data.endswith(b"\r\n") or max(map(len, data.split(b"\r\n"))) > _LONGEST:
        return f"the mail has a line without an end or of more than {_LONGEST} bytes"
    return "the mail has a line that begins with a dot" if b"\r\n." in data or data[:1] == b"." else ""


def _deliver(
    news: Settings, waiting: deque[tuple[str, bytes]], results: list[Result], stopping: Callable[[], bool]
) -> None:
    """Hand each mail out once; DeliveryError, StoreError or OSError when the rest cannot be sent."""
    if not waiting:
        return
    way, sender = backend(news.delivery.to), news.delivery.bounces or _sender(news)
    way.check(news.delivery, news.home, stopping)
    with runfile.begin(runfile.folder(news.database)) as run:
        first = run.reserve(len(waiting))
        mails = deque(_outgoing(number, first, sender or to, to, data) for number, (to, data) in enumerate(waiting))

        def exchange(settled: Sequence[Result], want: int) -> Batch:
            results.extend(settled)
            return Batch([mails.popleft() for _ in range(min(want, len(mails)))])

        way.deliver(news.delivery, news.home, exchange, _all, run, stopping)


def _outgoing(number: int, first: int, sender: str, to: str, data: bytes) -> Outgoing:
    claim = Claim(edition="letter", subscriber=number, email=to, message_id="", place=first + number)
    return Outgoing(claim=claim, return_path=sender, chunks=[data])


def _all(claims: Sequence[Claim]) -> Sequence[Claim]:
    """No letter is called back."""
    return claims
