"""A delivery status notification (RFC 3464), also one whose fields stand in a text -> what it tells."""

import re
from collections.abc import Iterator, Mapping, Sequence

from digest.core import text
from digest.feedback import _addresses, _failing, _mail, _original, _verdict
from digest.feedback._notice import Kind, Told

_FIELDS = re.compile(r"^(?:final|original)-recipient\s{0,9}:", re.IGNORECASE | re.MULTILINE)
_GROUPS = 200
# RFC 3464 2.3.3, and "deliverable"; every other action, and none, is a failure.
_DONE = ("deliver", "relayed", "expanded", "delayed")
_DEAD_CATEGORIES = ("bad-mailbox", "bad-domain")
_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def looks_like(mail: _mail.Mail) -> int:
    """3 where a report's fields stand, 0 elsewhere."""
    return 3 if any(True for _ in _reports(mail)) else 0


def read(mail: _mail.Mail) -> Told | None:
    """The recipients that failed, else those told of otherwise; None without any recipient or status."""
    groups = [group for report in _reports(mail) for group in _groups(report)]
    # Some redact the recipients; our return path names them all the same.
    groups = [group for group in groups if _recipient(group)] or [group for group in groups if "status" in group]
    failed = [group for group in groups if not _is_done(group)]
    if not failed:
        reason = text.line(" ".join(group.get("action", "") for group in groups[:3]))
        return Told(kind=Kind.AUTO, recipients=_recipients(groups), reason=reason) if groups else None
    seen = _original.returned(mail)
    said = dict(_failing.recipients(mail, seen))
    verdicts = [_verdict_of(group, said, seen.report) for group in failed[: _addresses.MOST]]
    worst = next((verdict for verdict in verdicts if verdict[0] is Kind.HARD), verdicts[0])
    return Told(
        kind=worst[0],
        recipients=_recipients(failed),
        status=worst[1],
        reason=text.line(worst[2]),
    )


def _verdict_of(group: Mapping[str, str], said: Mapping[str, str], report: str) -> tuple[Kind, str, str]:
    """Kind, status and reason of one recipient: its diagnostic, or the words a person was told."""
    told = _CODE.search(group.get("status", ""))
    status = told[0] if told else ""
    reply = group.get("diagnostic-code", "").partition(";")[2].strip() or group.get("diagnostic-code", "")
    spoken = said.get(_recipient(group)) or report[: _verdict.REPLY]
    if group.get("x-powermta-bouncecategory", "").lower() in _DEAD_CATEGORIES:
        return Kind.HARD, status, reply or spoken
    kind = _verdict.judged(status, reply or spoken)
    if kind is Kind.SOFT and _verdict.is_vague(status, reply):
        kind = _verdict.judged(status, spoken)
    code = next(iter(_verdict.statuses(reply)), "")
    return kind, code if code and _verdict.is_vague(status, "") else status or code, reply or spoken


def _is_done(group: Mapping[str, str]) -> bool:
    action = group.get("action", "").strip().lower()
    return action.startswith(_DONE) or (not action and group.get("status", "").startswith("2."))


def _recipient(group: Mapping[str, str]) -> str:
    """The address that was tried, or the one it was sent to where that is none."""
    for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
        for found in _addresses.found(group.get(name, "")):
            return found
    return ""


def _recipients(groups: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    return _addresses.unique(filter(None, map(_recipient, groups)))


def _reports(mail: _mail.Mail) -> Iterator[str]:
    for part in mail.parts:
        reports = part.kind in {"message/delivery-status", "message/global-delivery-status"}
        if reports or (not part.is_original and _FIELDS.search(part.body[: _original.TEXT])):
            yield part.body[: _original.TEXT]


def _groups(report: str) -> Iterator[dict[str, str]]:
    """The fields of each recipient; a blank line or a second recipient of the same name begins another."""
    group: dict[str, str] = {}
    name = ""
    for line in report.split("\n")[: _original.LINES]:
        field, colon, value = line.partition(":")
        key = field.strip().lower()
        if line[:1] in {" ", "\t"} and name and line.strip():
            group[name] = f"{group[name]} {line.strip()}"[: _verdict.REPLY]
        elif colon and re.fullmatch(r"[a-z][a-z-]{1,40}", key):
            if key in group and key.endswith("-recipient"):
                yield group
                group = {}
            name = key
            group[name] = value.strip()
        elif not line.strip():
            name = ""
            if _recipient(group) or "status" in group:
                yield group
                group = {}
        else:
            name = ""
    if group:
        yield group
