"""An e-mail address as typed or imported -> the one form in which it is stored, compared and mailed."""

import re

from email_validator import EmailNotValidError, validate_email

# A mailer or a shell may take these for something else than an address (facts/trust.md 1.17).
_RISKY_START = re.compile(r"[^A-Za-z0-9_]")
_MAILBOX = re.compile(r"(?:(?P<name>[^<>\x00-\x1f\x7f]*?)\s*<(?P<address>[^<>\s]+)>|(?P<bare>[^<>\s]+))")


def normalised(text: str) -> str:
    """The address with its domain as lower-case A-labels; ValueError says what is wrong with it."""
    raw = text.strip()
    try:
        found = validate_email(
            raw, check_deliverability=False, strict=True, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise ValueError(f"{raw!r} is no e-mail address: {error}") from None
    if _RISKY_START.match(found.local_part):
        raise ValueError(f"{raw!r} begins with {raw[0]!r}, which mailers misread")
    return f"{found.local_part}@{(found.ascii_domain or found.domain).lower()}"


def folded(address: str) -> str:
    """The key under which two spellings of one mailbox are equal: letters' case does not tell mailboxes apart."""
    return address.lower()


def mailbox(text: str) -> tuple[str, str]:
    """Name and address of `Name <address>` or a bare address; ValueError says what is wrong."""
    match = _MAILBOX.fullmatch(text.strip())
    if not match:
        raise ValueError(f'{text!r} is not "Name <address>"')
    name = (match["name"] or "").strip()
    if name[:1] == name[-1:] == '"':
        name = name[1:-1]
    return name, normalised(match["address"] or match["bare"])
