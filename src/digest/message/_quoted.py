"""Text -> quoted-printable CRLF lines of at most 76 columns, none of which begins with a dot (RFC 2045 6.7)."""

import re
from binascii import b2a_qp

from digest.message import _marks

_COLUMNS = 76
_DOTTED = re.compile(rb"\n\.[^\n]*+")


def body(text: str, mark: str, kind: str) -> bytes:
    """The body of a part, each mark named by the kind of its part and on a soft-broken line of its own."""
    *pieces, last = _marks.cut(text.replace("\r\n", "\n"), mark)
    done = []
    for before, name in zip(pieces[::2], pieces[1::2], strict=True):
        done += [open_lines(before), b"=\r\n", _marks.place(mark, kind + name).encode(), b"=\r\n"]
    return b"".join((*done, _lines(last)))


def open_lines(text: str) -> bytes:
    """Lines the last of which has at most 75 columns: a soft break may follow."""
    # Without the letter, which is taken off again, the last column may be the 76th.
    return _lines(f"{text}x")[:-1]


def _lines(text: str) -> bytes:
    """Line feeds as lines' ends, everything else as it is."""
    data = text.encode("utf-8", "replace")
    if b"\n" in data:
        encoded = b"\n" + b"\n".join([b2a_qp(line, istext=False) for line in data.split(b"\n")])
    else:
        encoded = b"\n" + b2a_qp(data, istext=False)
    if b"\n." in encoded:
        encoded = _DOTTED.sub(_dotless, encoded)
    return encoded[1:].replace(b"\n", b"\r\n")


def _dotless(dotted: re.Match[bytes]) -> bytes:
    """A line whose first dot is encoded; one that would grow too long is broken behind the dot."""
    line, done = dotted[0][1:], b"\n"
    while line.startswith(b".") and len(line) + 2 > _COLUMNS:
        line, done = line[1:], done + b"=2E=\n"
    return done + (b"=2E" + line[1:] if line.startswith(b".") else line)
