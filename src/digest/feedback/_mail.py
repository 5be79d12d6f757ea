"""A mail's bytes -> its headers and leaf parts as text, within bounds that hold for any bytes."""

import binascii
import html
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header

BYTES = 1_000_000
HEADERS = 200
VALUE = 4_000
DEPTH = 8
PARTS = 64

_HEADER = re.compile(r"([!-9;-~]{1,80})[ \t]*:(.*)")
_BOUNDARY = re.compile(r'boundary\s{0,9}=\s{0,9}(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# Others are no charsets of mails, and some of Python's codecs take quadratic time.
_KNOWN_CHARSET = re.compile(
    r"(?:unicode-1-1-)?utf-?[78]|us-ascii|iso-?(?:8859|2022)-\w+(?:-\w+)?|(?:windows|cp)-?\d+|koi8-\w|shift_?jis|"
    r"euc-?\w\w|gb\w+|big5"
)
_HIDDEN = re.compile(r"<(?:style|script|head)\b", re.IGNORECASE)
_SHOWN = re.compile(r"</(?:style|script|head)\b", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?tr|/?td|/?li|/?h\d|/?pre)\b[^<>]{0,2000}>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part that holds no others: a text, a report, or the mail that came back, not opened."""

    headers: tuple[tuple[str, str], ...]
    """Names in lower case, values unfolded, as they were sent."""
    body: str

    @property
    def kind(self) -> str:
        """The media type in lower case; text/plain when nothing is said (RFC 2045 5.2)."""
        return self.header("content-type").partition(";")[0].strip().lower() or "text/plain"

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return next((value for found, value in self.headers if found == name), "")

    def every(self, name: str) -> Iterator[str]:
        """Each value of a header."""
        return (value for found, value in self.headers if found == name)

    @property
    def is_original(self) -> bool:
        """Whether this is a mail that came back, or its headers: some servers forget to say so."""
        if self.kind in {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"}:
            return True
        names = {name for name, _ in self.headers}
        return "message-id" in names or "received" in names or {"from", "subject"} <= names


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail's own headers, and its leaf parts in order."""

    head: Part
    parts: tuple[Part, ...]

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return self.head.header(name)


def parse(raw: bytes) -> Mail:
    """The mail; whatever the bytes are."""
    text = raw[:BYTES].decode("latin-1").replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    if text.startswith(("From ", ">From ")):
        text = text.partition("\n")[2]
    head = opened(text)
    leaves: list[Part] = []
    _collect(head, 0, leaves)
    # The mail's own headers say what it is, not that its one part is somebody's original.
    if leaves and leaves[0] is head:
        content = tuple(pair for pair in head.headers if pair[0].startswith("content-"))
        leaves[0] = Part(headers=content, body=head.body)
    return Mail(head=head, parts=tuple(_decoded(leaf) for leaf in leaves))


def opened(text: str) -> Part:
    """Headers and what follows them, which begins where the headers stop looking like headers."""
    headers: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at : min(end, at + VALUE)]
        if not line.strip():
            at = end + 1
            break
        if line[0] in " \t" and headers:
            name, value = headers[-1]
            if len(value) < VALUE:
                headers[-1] = (name, f"{value} {line.strip()}"[:VALUE])
        elif match := _HEADER.match(line):
            if len(headers) == HEADERS:
                break
            headers.append((match[1].lower(), match[2].strip()))
        else:
            break
        at = end + 1
    return Part(headers=tuple(headers), body=text[at:])


def decoded_header(value: str) -> str:
    """A header's text, its encoded words (RFC 2047) decoded where they can be."""
    try:
        chunks = decode_header(value[:1_000])
    except HeaderParseError:
        return value[:1_000]
    return "".join(chunk if isinstance(chunk, str) else _text(chunk, f"charset={name or ''}") for chunk, name in chunks)


def plain(markup: str) -> str:
    """The text of HTML, one line for each block."""
    shown: list[str] = []
    at = 0
    while match := _HIDDEN.search(markup, at):
        shown.append(markup[at : match.start()])
        end = _SHOWN.search(markup, match.end())
        at = end.start() if end else len(markup)
    shown.append(markup[at:])
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", " ".join(shown))))


def _collect(part: Part, depth: int, leaves: list[Part]) -> None:
    match = _BOUNDARY.search(part.header("content-type")) if part.kind.startswith("multipart/") else None
    bodies = list(_between(part.body, (match[1] or match[2]).rstrip())) if match and depth < DEPTH else []
    if not bodies and len(leaves) < PARTS:
        leaves.append(part)
    for body in bodies:
        if len(leaves) < PARTS:
            _collect(opened(body), depth + 1, leaves)


def _between(body: str, boundary: str) -> Iterator[str]:
    """What stands after each delimiter line, at most PARTS of them; a missing end is no matter."""
    delimiter = f"\n--{boundary}"
    body = f"\n{body}"
    at = body.find(delimiter)
    for _ in range(PARTS):
        start = body.find("\n", at + len(delimiter)) if at >= 0 else -1
        if start < 0 or body.startswith("--", at + len(delimiter)):
            return
        at = body.find(delimiter, start)
        yield body[start + 1 : at if at >= 0 else len(body)]


def _decoded(part: Part) -> Part:
    if part.is_original and part.kind.startswith("message/"):
        return part
    data = _transferred(part.body.encode("latin-1"), part.header("content-transfer-encoding").strip().lower())
    return Part(headers=part.headers, body=_text(data, part.header("content-type")))


def _transferred(data: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return quopri.decodestring(data)
    if encoding == "base64":
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            return data
    return data


def _text(data: bytes, content_type: str) -> str:
    """What is valid UTF-8 is UTF-8, unless the mail says it is of the 7-bit kind that switches characters."""
    match = _CHARSET.search(content_type)
    charset = match[1].lower() if match else "utf-8"
    if not charset.startswith(("iso-2022", "utf-7", "unicode-1-1")):
        try:
            return data.decode()
        except UnicodeDecodeError:
            pass
    if _KNOWN_CHARSET.fullmatch(charset):
        try:
            return data.decode(charset.removeprefix("unicode-1-1-"), "replace")
        except (LookupError, UnicodeError):
            pass
    return data.decode("latin-1")
