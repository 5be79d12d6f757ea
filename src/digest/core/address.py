"""An e-mail address as typed or imported -> the one form in which it is stored, compared and mailed."""

import re

from digest.core import plug

# Fewer than the validator takes and none that it changes, but for the case of the domain. 63 characters keep the
# domain, its labels and the whole within their limits; the validator lower-cases the names of roles (RFC 2142: `Info@`)
# and refuses some last labels.
_PLAIN = re.compile(
    r"""
    (?= [^@]{1,64} @ [^@]{1,63} \Z)
    (?! [a-z]*+ [A-Z] [a-zA-Z]*+ @)
    \w [\w+-]*+ (?: \. [\w+-]++ )*+
    @ (?: [a-zA-Z0-9]++ (?: - [a-zA-Z0-9]++ )*+ \. )++
    (?! (?i: arpa | invalid | local | localhost | onion | test ) \Z)
    [a-zA-Z]{2,}
    """,
    re.ASCII | re.VERBOSE,
)
_MAILBOX = re.compile(r"(?:(?P<name>[^<>\x00-\x1f\x7f]*?)\s*<(?P<address>[^<>\s]+)>|(?P<bare>[^<>\s]+))")


def normalised(text: str) -> str:
    """The address with its domain as lower-case A-labels; ValueError says what is wrong with it."""
    raw = text.strip()
    if _PLAIN.fullmatch(raw):
        local, _, domain = raw.partition("@")
        return f"{local}@{domain.lower()}"
    # Loading the library takes 20 ms, as long as validating a thousand addresses: most runs do not pay for it.
    validated: str = plug.load("digest.core", "validator").normalised(raw)
    return validated


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
