"""A mail that asks to leave (RFC 2369 3.2) -> who asks, and the tag that proves for whom."""

import re

from digest.core import text
from digest.feedback import _addresses, _mail
from digest.feedback._notice import Kind, Told

_SUBJECT = re.compile(
    r"(?:(?:re|aw|fwd?|wg):\s{0,9}){0,3}unsubscribe(?:[\s:]{1,9}([\w.-]{1,200}))?\s{0,99}", re.IGNORECASE
)


def looks_like(mail: _mail.Mail) -> int:
    """3 where the subject says so and nothing else, unless a machine answers or reports."""
    subject = _mail.decoded_header(mail.header("subject")).strip()
    return 3 if _SUBJECT.fullmatch(subject) and not mail.header("x-failed-recipients") else 0


def read(mail: _mail.Mail) -> Told | None:
    """The tag; the sender of such a mail is nobody's proof."""
    subject = _mail.decoded_header(mail.header("subject")).strip()
    match = _SUBJECT.fullmatch(subject)
    tag = (match[1] or "") if match else ""
    writer = _addresses.found(mail.header("from"))[:1]
    return Told(kind=Kind.UNSUBSCRIBE, recipients=writer, reason=text.line(subject), tag=tag)
