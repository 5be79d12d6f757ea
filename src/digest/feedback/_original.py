"""A mail that came back -> the servers' own words, and what is told of the original that they return."""

import re
from dataclasses import dataclass

from digest.feedback import _addresses, _mail

TEXT = 40_000
"""Characters of a report's own words that are read."""
LINES = 600
_BLOCK = 3
_WINDOW = 8
_AHEAD = 12
_MARKER_LENGTH = 120

_HEADER = re.compile(
    r"(?:from|to|cc|subject|date|message-id|received|return-path|reply-to|sender|delivered-to|mime-version|"
    r"content-(?:type|transfer-encoding)|dkim-signature|x-mailer):",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"(?:original|unsent|returned|undelivered|forwarded|rejected|failed|copy of (?:the|your|this)(?: original)?)"
    r" (?:e-?mail|mail|message)|(?:message|mail)(?:'s)? headers?|below this line|headers? (?:of|from|follow)|"
    r"(?:message|text) follows|message contents"
)
_NO_MARKER = re.compile(r"received|could ?n[o']t|reason|unable|was not|failed to")
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,300}@[^<>\s]{1,250}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A report in the servers' words, and the headers of the mail it returns."""

    report: str
    original: _mail.Part


def returned(mail: _mail.Mail) -> Returned:
    """The report without the mail it quotes."""
    texts = [part.body[:TEXT] for part in mail.parts if _is_text(part) and part.kind != "text/html"]
    if not any(text.strip() for text in texts):
        texts = [_mail.plain(part.body[: 4 * TEXT]) for part in mail.parts if part.kind == "text/html"]
    report, quoted = _split("\n".join(texts)[:TEXT])
    attached = next((part for part in mail.parts if part.is_original), None)
    return Returned(report=report, original=_original(attached) if attached else _mail.opened(quoted))


def message_ids(mail: _mail.Mail, original: _mail.Part) -> tuple[str, ...]:
    """The Message-IDs told of the original: its own header's, then what this mail answers (RFC 5322 3.6.4)."""
    told = (original.header("message-id"), mail.header("in-reply-to"), mail.header("references")[-1_000:])
    return tuple(dict.fromkeys(found for text in told for found in _MESSAGE_ID.findall(text)))[:10]


def senders(original: _mail.Part) -> tuple[str, ...]:
    """Whom the original is from: its envelope's sender first."""
    names = ("return-path", "sender", "errors-to", "from", "reply-to")
    return _addresses.unique(each for name in names for each in _addresses.found(original.header(name)))


def _is_text(part: _mail.Part) -> bool:
    return part.kind.startswith(("text/", "multipart/")) and not part.is_original


def _original(part: _mail.Part) -> _mail.Part:
    """The attached mail's headers; where its part lacks its own headers, they are the mail's."""
    inner = _mail.opened(part.body.lstrip("\n"))
    return _mail.Part(headers=(*inner.headers, *part.headers), body=inner.body)


def _split(text: str) -> tuple[str, str]:
    """The words before the quoted original, and from its headers on."""
    lines = text.split("\n")[: LINES * 4]
    for index, line in enumerate(lines[:LINES]):
        rest = [each.strip() for each in lines[index + 1 : index + _AHEAD]] if _is_marker(line) else []
        begin = next((at for at, each in enumerate(rest) if _is_header(each)), -1)
        if begin >= 0:
            rest += [each.strip() for each in lines[index + _AHEAD :]]
            return "\n".join(lines[:index]), "\n".join(rest[begin:])
        if _is_header(line) and sum(map(_is_header, lines[index : index + _WINDOW])) >= _BLOCK:
            return "\n".join(lines[:index]), "\n".join(lines[index:])
    return text, ""


def _is_marker(line: str) -> bool:
    words = line.strip().lower()
    if len(words) > _MARKER_LENGTH or not _MARKER.search(words) or _NO_MARKER.search(words):
        return False
    return words[0] in "-=*_" or words[-1] in ":-=*_" or words.rstrip(".").endswith(("follows", "follow", "following"))


def _is_header(line: str) -> bool:
    return _HEADER.match(line) is not None
