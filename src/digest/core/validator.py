"""An e-mail address that is not plainly a good one -> the form in which it is stored, or what is wrong with it."""

import re

from email_validator import EmailNotValidError, validate_email

# A mailer or a shell may take these for something else than an address (facts/trust.md 1.17).
_RISKY_START = re.compile(r"[^A-Za-z0-9_]")


def normalised(raw: str) -> str:
    """The address, without space around it, with its domain as lower-case A-labels; ValueError says what is wrong."""
    try:
        found = validate_email(
            raw, check_deliverability=False, strict=True, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise ValueError(f"{raw!r} is no e-mail address: {error}") from None
    if _RISKY_START.match(found.local_part):
        raise ValueError(f"{raw!r} begins with {raw[0]!r}, which mailers misread")
    return f"{found.local_part}@{(found.ascii_domain or found.domain).lower()}"
