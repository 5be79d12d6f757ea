"""A complaint: an abuse report (RFC 5965), or a mail that says it is one and attaches ours -> who complained."""

import re

from digest.core import text
from digest.feedback import _addresses, _mail, _original
from digest.feedback._notice import Kind, Told

_SUBJECT = re.compile(
    r"complaint about (?:a )?(?:message|mail|e-mail)|(?:abuse|spam|junk|feedback)[ -](?:report|complaint)"
)
_REPORT = "message/feedback-report"
# RFC 5965 7.3, RFC 6430, RFC 6591: the other types say nothing about a reader.
_COMPLAINTS = {"abuse": Kind.COMPLAINT, "fraud": Kind.COMPLAINT, "opt-out": Kind.UNSUBSCRIBE, "": Kind.COMPLAINT}
_RECIPIENT_FIELDS = ("original-rcpt-to", "removal-recipient")


def looks_like(mail: _mail.Mail) -> int:
    """4 for a report in its format, 2 for one that only its subject names."""
    if any(part.kind == _REPORT for part in mail.parts) or "feedback-report" in mail.header("content-type").lower():
        return 4
    attached = any(part.is_original for part in mail.parts)
    return 2 if attached and _SUBJECT.search(mail.header("subject").lower()) else 0


def read(mail: _mail.Mail) -> Told | None:
    """Who complained: the report's word, else the original's To."""
    report = next((_mail.opened(part.body.lstrip("\n")) for part in mail.parts if part.kind == _REPORT), None)
    fields = report or _mail.Part(headers=(), body="")
    original = _original.returned(mail).original
    told = [value for name in _RECIPIENT_FIELDS for value in fields.every(name)]
    recipients = _addresses.found(" ".join(told)) or _addresses.found(
        original.header("x-hmxmroriginalrecipient") or original.header("to")
    )
    category = fields.header("feedback-type").lower()
    words = next((part.body for part in mail.parts if part.kind == "text/plain" and not part.is_original), "")
    said = text.line(words[:500])
    reason = said if category in said.lower() else text.line(f"{category} {said}")
    return Told(kind=_COMPLAINTS.get(category, Kind.OTHER), recipients=recipients, reason=reason)
