"""A rendered variant -> a mail frozen as bytes with marks; the frozen mail and a recipient's values -> byte chunks.

The body is quoted-printable (RFC 2045 6.7), made once per variant. A mark stands on a soft-broken line of its own, so
a recipient's value takes its place without a byte around it moving, and all recipients share the bytes between.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.parser import BytesHeaderParser
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Final

from digest.core.errors import DigestError
from digest.core.mail import Image, Reader, Rendered
from digest.core.text import line

UNSUBSCRIBE_MARK: Final = re.compile(r"%%[0-9A-Za-z]+:UNSUBSCRIBE%%")
"""What stands in a rendered mail for a reader's own link, whatever the run's mark."""
HEADER_NAMES: Final = (
    *("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"),
    *("Auto-Submitted", "Precedence", "MIME-Version", "Content-Type"),
)
_FOLD_AT = 78  # RFC 5322 2.1.1, as _LONGEST
_LONGEST = 998
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_SENDER = re.compile(r"(?P<name>[^<>]*)<(?P<address>[!-;=?-~]+@[!-;=?-~]+)>")
_ATOMS = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]+", re.ASCII)
_ADDRESS = re.compile(r'[^\x00-\x20\x7f-\U0010ffff()<>,:;"\[\]\\@]+@[A-Za-z0-9.-]+')
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_LINK = re.compile(r"(?:mailto|https?):[!-;=?-~]+")
_BARE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")


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
    """RFC 2919, with its angle brackets, such as `<daily.news.example.org>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A mail with marks in place of a recipient's values: what is stored before the first one leaves."""

    mark: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The values of one recipient, already built."""

    email: str
    message_id: str
    """With its angle brackets."""
    unsubscribe: str
    """A mailto: (or https:) link without brackets."""


def reader(mark: str) -> Reader:
    """Marks that stand for a recipient's values in a render; `mark` is random and alphanumeric."""
    if not re.fullmatch(r"[0-9A-Za-z]{8,}", mark):
        raise ValueError(f"{mark!r} is no mark: 8 or more letters and digits")
    return Reader(email=_mark(mark, "EMAIL"), unsubscribe=_mark(mark, "UNSUBSCRIBE"))


def freeze(rendered: Rendered, headers: Headers, mark: str) -> Frozen:
    """The variant as one 7-bit mail with CRLF lines, not dot-stuffed; DigestError if it would be unsafe to send."""
    boundary, inner = _boundary(headers.edition), _boundary(f"{headers.edition} related")
    text = _part("text/plain; charset=utf-8", "quoted-printable", _quoted(rendered.text, mark, "PLAIN-"))
    page = _part("text/html; charset=utf-8", "quoted-printable", _quoted(rendered.html, mark, "HTML-"))
    if rendered.pictures:
        # RFC 2387 3.1: the type is that of the part to begin with.
        lead = f'Content-Type: multipart/related; type="text/html";\r\n boundary="{inner}"\r\n\r\n'
        page = lead.encode() + _joined([page, *map(_picture, rendered.pictures)], inner)
    head = f'{_header(rendered, headers, mark)} boundary="{boundary}"\r\n\r\n'
    data = head.encode() + _joined([text, page], boundary)
    _check_wire(data)
    return Frozen(mark=mark, data=data)


def _boundary(of: str) -> str:
    return f"=_{sha256(of.encode()).hexdigest()[:32]}"  # `=_` cannot occur in quoted-printable, nor `_` in base64


def _joined(parts: Iterable[bytes], boundary: str) -> bytes:
    """The body of a multipart (RFC 2046 5.1.1)."""
    return b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def _part(kind: str, encoding: str, body: bytes, more: str = "") -> bytes:
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n".encode() + body


def _picture(image: Image) -> bytes:
    """A picture that the HTML shows by its Content-ID (RFC 2392)."""
    name = image.content_id.partition("@")[0]
    shown = f'Content-ID: <{image.content_id}>\r\nContent-Disposition: inline; filename="{name}.jpg"\r\n'
    return _part("image/jpeg", "base64", encodebytes(image.data).replace(b"\n", b"\r\n"), shown)


class Template:
    """A frozen mail cut at its marks: one for all recipients of a variant."""

    __slots__ = ("_chunks", "_places")

    def __init__(self, frozen: Frozen) -> None:
        pieces = re.split(rb"%%" + frozen.mark.encode() + rb":([A-Z-]+)%%", frozen.data)
        self._chunks = pieces
        self._places = tuple((place, pieces[place].decode()) for place in range(1, len(pieces), 2))

    def mail(self, recipient: Recipient) -> list[bytes]:
        """The recipient's mail as chunks in order, shared where recipients do not differ; under 10 us.

        ValueError for a value that is not printable ASCII of its kind.
        """
        values = _values(recipient)
        chunks = self._chunks.copy()
        for place, name in self._places:
            chunks[place] = values[name]
        return chunks


def _values(recipient: Recipient) -> Mapping[str, bytes]:
    """A recipient's values for each place they stand in."""
    email, unsubscribe = recipient.email, recipient.unsubscribe
    for kind, value in ((_ADDRESS, email), (_MESSAGE_ID, recipient.message_id), (_LINK, unsubscribe)):
        if not kind.fullmatch(value):
            raise ValueError(f"{value!r} cannot stand in a mail")
    return {
        "EMAIL": email.encode(),
        "MESSAGE-ID": recipient.message_id.encode(),
        "UNSUBSCRIBE": unsubscribe.encode(),
        "PLAIN-EMAIL": _open_line(email),
        "PLAIN-UNSUBSCRIBE": _open_line(unsubscribe),
        "HTML-EMAIL": _open_line(escape(email)),
        "HTML-UNSUBSCRIBE": _open_line(escape(unsubscribe)),
    }


def _mark(mark: str, name: str) -> str:
    return f"%%{mark}:{name}%%"


def _header(rendered: Rendered, headers: Headers, mark: str) -> str:
    """All header lines but the end of the last, which names the boundary."""
    return (
        f"From: {_sender(headers.sender)}\r\n"
        f"To: {_mark(mark, 'EMAIL')}\r\n"
        f"Subject: {_subject(line(rendered.subject))}\r\n"
        f"Date: {format_datetime(headers.date)}\r\n"
        f"Message-ID: {_mark(mark, 'MESSAGE-ID')}\r\n"
        f"List-Id: {headers.list_id}\r\n"
        f"List-Unsubscribe: <{_mark(mark, 'UNSUBSCRIBE')}>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "Precedence: bulk\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative;\r\n"
    )


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


def _quoted(text: str, mark: str, kind: str) -> bytes:
    """Quoted-printable text, each mark named by the kind of its part and on a soft-broken line of its own."""
    *pieces, last = re.split(rf"%%{mark}:([A-Z]+)%%", text.replace("\r\n", "\n"))
    done = []
    for before, name in zip(pieces[::2], pieces[1::2], strict=True):
        *lines, open_line = before.split("\n")
        done += [
            *map(_closed_line, lines),
            _open_line(open_line),
            b"=\r\n",
            _mark(mark, kind + name).encode(),
            b"=\r\n",
        ]
    return b"".join((*done, b"\r\n".join(map(_encoded, last.split("\n")))))


def _closed_line(text: str) -> bytes:
    return _encoded(text) + b"\r\n"


def _open_line(text: str) -> bytes:
    """A line of at most 75 columns and as many soft-broken ones before it as it needs: a soft break may follow."""
    # Without the letter, which is taken off again, the last column may be the 76th.
    return _encoded(f"{text}x")[:-1]


def _encoded(text: str) -> bytes:
    return b2a_qp(text.encode("utf-8", "replace"), istext=False).replace(b"\n", b"\r\n")


def _check_wire(data: bytes) -> None:
    """No mail leaves that a relay could read otherwise than we do (RFC 5321 2.3.8, CVE-2023-51764)."""
    names = tuple(BytesHeaderParser().parsebytes(data).keys())
    if names != HEADER_NAMES:
        raise DigestError(f"the mail's headers would be {', '.join(names)}: not as they should be")
    if _BARE_END.search(data) or not data.isascii():
        raise DigestError("the mail has a bare line end or a byte beyond ASCII")
    if max(map(len, data.split(b"\r\n"))) > _LONGEST:
        raise DigestError(f"the mail has a line of more than {_LONGEST} bytes")
