"""A sending service's notification, JSON in a mail's text -> the recipients that bounced or complained."""

import json
from typing import Any

from digest.core import text
from digest.feedback import _addresses, _mail, _verdict
from digest.feedback._notice import Kind, Told

_MARK = '"notificationType"'


def looks_like(mail: _mail.Mail) -> int:
    """4 where a text is such a notification."""
    return 4 if any(_is_notification(part) for part in mail.parts) else 0


def read(mail: _mail.Mail) -> Told | None:
    """What it tells; None when the JSON is broken or about no recipient."""
    for part in mail.parts:
        if not _is_notification(part):
            continue
        try:
            told, _ = json.JSONDecoder(strict=False).raw_decode(part.body.lstrip()[:200_000])
        except (ValueError, RecursionError):
            continue
        return _told(told) if isinstance(told, dict) else None
    return None


def _told(notification: dict[str, Any]) -> Told | None:
    if recipients := _entries(notification, "complaint", "complainedRecipients"):
        return Told(kind=Kind.COMPLAINT, recipients=_emails(recipients), reason="complaint")
    if recipients := _entries(notification, "bounce", "bouncedRecipients"):
        status, reply = str(recipients[0].get("status", "")), str(recipients[0].get("diagnosticCode", ""))
        kind = _verdict.judged(status if _verdict.statuses(status) else "", reply)
        return Told(kind=kind, recipients=_emails(recipients), status=_code(status), reason=text.line(reply))
    recipients = [{"emailAddress": each} for each in _listed(notification.get("delivery"), "recipients")]
    return Told(kind=Kind.AUTO, recipients=_emails(recipients), reason="delivered") if recipients else None


def _code(status: str) -> str:
    return next(iter(_verdict.statuses(status)), "")


def _entries(notification: dict[str, Any], event: str, name: str) -> list[dict[str, Any]]:
    return [each for each in _listed(notification.get(event), name) if isinstance(each, dict)]


def _listed(value: object, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found[: _addresses.MOST] if isinstance(found, list) else []


def _emails(recipients: list[dict[str, Any]]) -> tuple[str, ...]:
    return _addresses.unique(
        email for each in recipients for email in _addresses.found(str(each.get("emailAddress", ""))[:1_000])
    )


def _is_notification(part: _mail.Part) -> bool:
    return part.body.lstrip()[:1] == "{" and _MARK in part.body[:200_000]
