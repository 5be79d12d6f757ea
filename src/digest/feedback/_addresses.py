"""Text and headers -> the e-mail addresses in them, as they are compared: lower-cased, each once."""

import re
from collections.abc import Iterable

from digest.core import address

MOST = 100
"""Addresses kept of one mail."""
# An encoded word may stand before the @; servers return what they were given. A host without a dot is no reader's.
ADDRESS = r"(?:[\w!#$%&'*+/=?^`{|}~.-]{1,120}|\"[^\"\s@]{1,64}\")@(?:[a-zA-Z0-9-]{1,63}\.){1,20}[a-zA-Z0-9-]{1,63}"
_ADDRESS = re.compile(rf"(?<![\w!#$%&'*+/=?^`{{|}}~.-]){ADDRESS}")
_DAEMON = re.compile(r"(?:mailer-?daemon|post_?master|mail-?daemon)(?:[+@-]|$)")


def found(text: str) -> tuple[str, ...]:
    """The addresses of a text in order."""
    if "@" not in text:
        return ()
    return unique(match[0] for match in _ADDRESS.finditer(text))


def unique(addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses in one spelling, each once, MOST at most."""
    return tuple(dict.fromkeys(address.folded(each.lstrip("'`")) for each in addresses))[:MOST]


def is_daemon(email: str) -> bool:
    """Whether the name is one that mail servers write under."""
    return _DAEMON.match(email.lower()) is not None
