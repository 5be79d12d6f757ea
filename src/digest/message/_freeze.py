"""A rendered variant and its headers -> one 7-bit mail, with marks where a recipient's values will stand."""

from base64 import encodebytes
from collections.abc import Iterable
from hashlib import sha256

from digest.core.mail import Image, Rendered
from digest.message import _header, _quoted, _wire
from digest.message._header import Headers
from digest.message._marks import Frozen


def freeze(rendered: Rendered, headers: Headers, mark: str) -> Frozen:
    """The variant as one 7-bit mail with CRLF lines, no dot at their beginning; DigestError if it is unsafe to send."""
    boundary, inner = _boundary(headers.edition), _boundary(f"{headers.edition} related")
    text = _part("text/plain; charset=utf-8", "quoted-printable", _quoted.body(rendered.text, mark, "PLAIN-"))
    page = _part("text/html; charset=utf-8", "quoted-printable", _quoted.body(rendered.html, mark, "HTML-"))
    if rendered.pictures:
        # RFC 2387 3.1: the type is that of the part to begin with.
        lead = f'Content-Type: multipart/related; type="text/html";\r\n boundary="{inner}"\r\n\r\n'
        page = lead.encode() + _joined([page, *map(_picture, rendered.pictures)], inner)
    head = f'{_header.header(rendered.subject, headers, mark)} boundary="{boundary}"\r\n\r\n'
    data = head.encode() + _joined([text, page], boundary)
    _wire.check(data)
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
