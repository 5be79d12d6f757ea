"""A status code and a server's reply -> whether the address is dead or only this mail was not taken."""

import re

from digest.feedback import _words
from digest.feedback._notice import Kind

REPLY = 4_000
"""Characters of a reply that are read."""

_STATUS = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?![\w.]*\.\d|\d)")
_TEMPORARY = re.compile(r"(?<![\w.:])4\d\d(?=[ -])")
_PERMANENT = re.compile(r"(?<![\w.:])5\d\d(?=[ :-])")
# The connection or the sender was refused, so nothing was said about the recipient.
_BEFORE_RECIPIENT = re.compile(
    r"(?:repl(?:y|ied) to|after|response to) (?:the )?(?:end of )?(?:mail from|helo|ehlo|initial connection|connect\b)|"
    r"refused to talk to me|sender address|envelope sender|not accepting (?:connections|mail from)"
)
_ASKED = re.compile(r"rcpt|recipient|host|domain")
# RFC 3463, as the codes are used: "mailbox disabled" (5.2.1) also says slowed down, filtered, on holiday.
_DEAD = frozenset({"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "4.4"})
# Subject.detail of which only the words tell what is meant.
_OPEN = frozenset({"3.0", "3.2", "4.0", "4.1"})
_OWN = 100
"""Details from here on are a vendor's own."""

# Microsoft's edge says "no such user" in a policy's words, with 5.4.1; servers put 5.7.27 to a null MX (RFC 7505).
_FIRST = ("recipient address rejected: access denied", "host does not accept mail", "domain does not accept mail")
# The names of people and hosts may be any words.
_NAMES = re.compile(r"[^\s<>()]{0,200}(?:@|://)[^\s<>()]{0,500}|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}\b")


def statuses(text: str) -> tuple[str, ...]:
    """The enhanced status codes of failures in a text, the telling ones first."""
    found = [".".join(match.groups()) for match in _STATUS.finditer(text[:REPLY]) if match[1] != "2"]
    return tuple(dict.fromkeys(sorted(found, key=_is_open)))


def judged(status: str, reply: str) -> Kind:
    """HARD or SOFT: the reply's words and its own code say more than the status that another server gave to it."""
    code = next(iter(statuses(reply)), "") or status
    words = _nameless(reply)
    if _BEFORE_RECIPIENT.search(words):
        return Kind.SOFT
    if any(phrase in words for phrase in _FIRST):
        return Kind.HARD
    if any(phrase in words for phrase in _words.ALIVE):
        return Kind.SOFT
    if code and not _is_open(code):
        return Kind.HARD if code[0] == "5" and code.partition(".")[2] in _DEAD else Kind.SOFT
    unsure = any(phrase in words for phrase in _words.UNSURE)
    temporary = code[:1] == "4" or (_TEMPORARY.search(words) and not _PERMANENT.search(words))
    dead = any(phrase in words for phrase in _words.DEAD)
    return Kind.HARD if dead and not unsure and not temporary else Kind.SOFT


def is_about_recipient(reply: str) -> bool:
    """Whether a reply that says "no such user" answers RCPT as far as is told: filters say it of a mail's content."""
    words = _nameless(reply)
    return not _PERMANENT.search(words) or bool(statuses(reply)) or _ASKED.search(words) is not None


def is_vague(status: str, reply: str) -> bool:
    """Whether neither a status nor the reply's own code says what is meant."""
    return not any(not _is_open(code) for code in (*statuses(reply), *statuses(status)))


def _nameless(reply: str) -> str:
    return " ".join(_NAMES.sub(" ", reply[:REPLY].lower()).split())


def _is_open(status: str) -> bool:
    _, subject, detail = status.split(".")
    return subject in {"0", "5"} or f"{subject}.{detail}" in _OPEN or (subject != "7" and int(detail) >= _OWN)
