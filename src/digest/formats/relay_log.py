"""A relay's log -> the Message-IDs of the mails it took."""

import re
from collections.abc import Iterable

# Postfix names a mail when it has read its header, and hands it to the queue manager when it has all of it.
_CLEANUP = re.compile(r"/cleanup\[\d+\]: (?:(\w+): (?:resent-)?message-id=(<[^<>\s]+>))?")
_QUEUED = re.compile(r"/qmgr\[\d+\]: (\w+): from=<")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_ESCAPED = re.compile(r"\\u003([ce])", re.IGNORECASE)
"""Angle brackets as some writers of JSON put them."""


def taken(lines: Iterable[str], prefixes: tuple[str, ...]) -> frozenset[str]:
    """The Message-IDs that begin with one of the prefixes and whose mails were taken.

    Of a Postfix log a mail counts once the queue manager has it; of any other text each Message-ID that stands in it.
    ValueError for what is no text.
    """
    found: set[str] = set()
    named: dict[str, str] = {}
    for line in lines:
        if "\0" in line:
            raise ValueError("no log: it has NUL characters in it, as a database or a compressed file has")
        if match := _CLEANUP.search(line):
            # A queue id is used again: what it stood for before is not what the queue manager has now.
            named.pop(match[1], None)
            if match[2] and match[2].startswith(prefixes):
                named[match[1]] = match[2]
        elif match := _QUEUED.search(line):
            if match[1] in named:
                found.add(named.pop(match[1]))
        elif "@" in line and "/cleanup[" not in line and "reject: " not in line:
            plain = _ESCAPED.sub(lambda escape: "<" if escape[1] in "cC" else ">", line)
            found.update(each for each in _MESSAGE_ID.findall(plain) if each.startswith(prefixes))
    return frozenset(found)
