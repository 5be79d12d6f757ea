"""A failure told in words only, as many servers do -> the recipients and the reason that the words give."""

import re

from digest.core import text
from digest.feedback import _addresses, _failing, _mail, _original, _verdict
from digest.feedback._notice import Kind, Told

_SUBJECT = re.compile(
    r"undeliver|un-?deliverable|returned? (?:mail|message|to sender)|fail(?:ed|ure)|not (?:be )?deliver|non-?deliver|"
    r"delivery (?:status|report|problem|error|notification|has)|mail (?:system )?error|could ?n[o']t be|"
    r"unsolicited|unzustellbar|nicht zugestellt|non remis|no entregad|non recapitabile|недоставлен|warning: could not|"
    r"error sending|loop alert|message blocked"
)
_PATIENT = re.compile(
    r"will (?:keep|continue)(?: on)? (?:trying|to (?:try|retry|attempt))|will (?:re)?try (?:again|for|to deliver)|"
    r"still (?:trying|being)|no action is required|do not need to re-?send|has been delayed|not yet been delivered|"
    r"will be retried|delivery (?:is )?delayed|keep trying|warning message only"
)
_IMPATIENT = re.compile(
    r"will not (?:be|keep|continue)|giving up|given up|has failed|permanent (?:error|failure|fatal)"
)


def looks_like(mail: _mail.Mail) -> int:
    """2 where a mail server writes about failed recipients, 1 where only the subject says so."""
    subject = _mail.decoded_header(mail.header("subject")).lower()
    if mail.header("x-failed-recipients"):
        return 2
    if subject.startswith(("re:", "aw:")):
        return 0
    # An answer for an absent person has no return path either (RFC 3834 3.3).
    returned = mail.header("return-path").strip() == "<>"
    return 2 if _is_from_server(mail) else int(returned or _SUBJECT.search(subject) is not None)


def read(mail: _mail.Mail) -> Told | None:
    """The recipients that the words name; None when they name none and no server says that it failed."""
    seen = _original.returned(mail)
    told = _failing.recipients(mail, seen)
    subject = _mail.decoded_header(mail.header("subject"))
    words = " ".join(seen.report[: _verdict.REPLY].split())
    # Whom it is about, our return path may say even where the words do not.
    if not told and not (words and _is_from_server(mail) and _SUBJECT.search(subject.lower())):
        return None
    emails = _addresses.unique(email for email, _ in told)
    if _PATIENT.search(words.lower()) and not _IMPATIENT.search(words.lower()):
        return Told(kind=Kind.AUTO, recipients=emails, reason=text.line(told[0][1] if told else words))
    reasons = [reason for _, reason in told] if len(told) > 1 else [f"{told[0][1] if told else words} {subject}"]
    hard = [reason for reason in reasons if _is_hard(reason)]
    kind, reason = (Kind.HARD, hard[0]) if hard else (Kind.SOFT, reasons[0])
    reason = reason.removesuffix(f" {subject}")
    status = next(iter(_verdict.statuses(reason)), "")
    return Told(kind=kind, recipients=emails, status=status, reason=text.line(reason))


def _is_from_server(mail: _mail.Mail) -> bool:
    sender = mail.header("from")
    return any(map(_addresses.is_daemon, _addresses.found(sender))) or "mailer-daemon" in sender.lower()


def _is_hard(reason: str) -> bool:
    return _verdict.judged("", reason) is Kind.HARD and _verdict.is_about_recipient(reason)
