"""A reader's own pages: links that only the key's owner can make, and what the token of a link says."""

import re
from dataclasses import dataclass
from enum import StrEnum

from digest.core import address
from digest.core.tokens import Key

_VERSION = "1"
_TOKEN = re.compile(r"1\.([0-9a-f]{1,15})\.([0-9a-f]{36})")
"""Version, the subscription's number, a tag that begins with the key's id."""


class Page(StrEnum):
    """What a link is good for; the value stands in its address."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"
    EDITION = "editions"
    """One sent mail, shown in the browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a link says of its reader, which proves nothing before `holds`."""

    subscriber: int
    tag: str


def link(site: str, key: Key, page: Page, subscriber: int, job: str, email: str, edition: str = "") -> str:
    """The address of a reader's page; with `edition` for this one alone."""
    tag = key.tag("site", _VERSION, page.value, job, address.folded(email), edition)
    token = f"{_VERSION}.{subscriber:x}.{tag}"
    return f"{site}/{page.value}/{edition}/{token}" if edition else f"{site}/{page.value}/{token}"


def read(token: str) -> Token | None:
    """The token as it stands in an address; None for what cannot be one."""
    found = _TOKEN.fullmatch(token)
    return Token(subscriber=int(found[1], 16), tag=found[2]) if found else None


def holds(key: Key, token: Token, page: Page, job: str, email: str, edition: str = "") -> bool:
    """Whether a token was made for this page, reader and edition; takes the same time for any token."""
    return key.made(token.tag, "site", _VERSION, page.value, job, address.folded(email), edition)
