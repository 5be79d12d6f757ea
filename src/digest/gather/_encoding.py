"""Bytes with what their sender says about them -> text; labels that lie are found out."""

import codecs
import re

from charset_normalizer import from_bytes

# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARKUP = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_HTTP_LABEL = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
DECLARATION = re.compile(
    rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']?([\w.:-]{1,40})[\"']?[^>]{0,200}?\?>", re.IGNORECASE
)
# What senders mean by a label is the larger set (WHATWG Encoding Standard 4.2).
_ALIASES = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "windows-31j": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
}
_WIDE = re.compile(r"utf-(?:16|32)")
# Python has codecs besides that no feed is written in, some of them slow without bound: punycode, unicode_escape.
_WRITING = re.compile(
    r"utf-(?:8|16|32)|iso8859|iso2022|cp\d|koi8|mac|big5|gb|euc_|shift_jis|hz|tis|ascii|johab|ptcp|kz"
)
_ONE_BYTE = re.compile(r"cp125|iso8859")
_ASCII = 127
_DAMAGE = 2  # so few bad bytes do not make another encoding
_SAMPLE = 100_000


def declared(data: bytes) -> str:
    """The encoding an XML declaration names, lower-case, or an empty string."""
    found = DECLARATION.match(data[:500])
    return found[1].decode("ascii").lower() if found else ""


def decode(data: bytes, content_type: str = "") -> str:
    """The text: by its byte order mark, the HTTP charset, the XML declaration, as UTF-8, else by detection."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    for start, encoding in _MARKUP:
        if data.startswith(start):
            return data.decode(encoding, "replace")
    http = _HTTP_LABEL.search(content_type)
    for label in (http[1].lower() if http else "", declared(data), "utf-8"):
        decoded = _decoded(data, label)
        if decoded is not None:
            return decoded
    return _detected(data)


def _decoded(data: bytes, label: str) -> str | None:
    """The text under a label, None when it does not fit."""
    try:
        codec = codecs.lookup(_ALIASES.get(label, label)).name
        # A wide label without a single NUL byte lies.
        if not _WRITING.match(codec) or (_WIDE.match(codec) and b"\0" not in data[:1000]):
            return None
        # Servers put iso-8859-1 on everything; by accident no such text is valid UTF-8.
        if _ONE_BYTE.match(codec) and (decoded := _decoded(data, "utf-8")) is not None:
            return decoded
        return data.decode(codec)
    except (LookupError, UnicodeError, ValueError):
        return None


def _detected(data: bytes) -> str:
    """The text of bytes that fit no label: damaged UTF-8, or what the letters look like."""
    text = data.decode("utf-8", "replace")
    high = sum(byte > _ASCII for byte in data[:_SAMPLE])
    damaged = text[:_SAMPLE].count("\ufffd")
    if damaged <= _DAMAGE or damaged * 4 < high:
        return text
    # Tags are ASCII and would drown the letters that tell encodings apart.
    best = from_bytes(re.sub(rb"<[^<>]*>", b" ", data[:_SAMPLE])).best()
    encoding = best.encoding if best else "cp1252"
    return data.decode(_ALIASES.get(encoding.replace("_", "-"), encoding), "replace")
