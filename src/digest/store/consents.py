"""Who agreed to a subscription: when, how, to which words, and until when; rows are added and never rewritten."""

import hashlib
import ipaddress
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.store._database import Store, stamp

_LONGEST = {4: 24, 6: 48}
"""Bits of an address that are kept: enough to see that many requests came from one place, too few for one person."""
_GIVEN = """
INSERT INTO consents (subscriber, at, how, wording, prefix, confirmed, withdrawn, withdrawal)
VALUES (?, ?, ?, ?, ?, '', '', '')
"""
_COMPLETED = """
UPDATE consents SET confirmed = :now WHERE confirmed = ''
AND id = (SELECT max(id) FROM consents WHERE subscriber = :subscriber AND how = 'form' AND withdrawn = '')
"""
_WITHDRAWN = """
UPDATE consents SET withdrawn = :now, withdrawal = :how
WHERE subscriber IN (SELECT value FROM json_each(:subscribers)) AND withdrawn = ''
"""
_OF = """
SELECT at, how, words AS text, hash AS version, prefix, confirmed, withdrawn, withdrawal
FROM consents JOIN wordings ON wordings.id = consents.wording WHERE subscriber = ? ORDER BY consents.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How somebody agreed, and to which words; ValueError for a prefix that could name a person."""

    how: str
    """`form`, `cli`, `import` or `config`."""
    text: str
    """The words that were shown, or what the editor says of the consent."""
    prefix: str = ""
    """The network the request came from, at most a /24 or /48; empty where there was none."""

    def __post_init__(self) -> None:
        if self.prefix:
            network = ipaddress.ip_network(self.prefix)
            if network.prefixlen > _LONGEST[network.version]:
                raise ValueError(f"{self.prefix}: allowed is at most /24, or /48 for IPv6")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent as it is kept; moments are UTC, ISO 8601, empty for never."""

    at: str
    how: str
    text: str
    version: str
    """SHA-256 of the text in hex; equal texts have one."""
    prefix: str
    confirmed: str
    """When the mail that asked was answered."""
    withdrawn: str
    withdrawal: str
    """How it was withdrawn."""


def network(client: str) -> str:
    """The /24 or /48 of an IP address, empty when it is none."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network((int(mapped), _LONGEST[mapped.version]), strict=False)) if mapped else ""


def give(connection: sqlite3.Connection, subscribers: Iterable[int], proof: Proof, now: datetime) -> None:
    """Keep the proof for each of the subscriptions, in the caller's transaction."""
    found = [*subscribers]
    if found:
        same = (stamp(now), proof.how, _wording(connection, proof.text), proof.prefix)
        connection.executemany(_GIVEN, [(subscriber, *same) for subscriber in found])


def complete(connection: sqlite3.Connection, subscriber: int, now: datetime) -> None:
    """Say that the newest consent by form was confirmed, in the caller's transaction."""
    connection.execute(_COMPLETED, {"subscriber": subscriber, "now": stamp(now)})


def withdraw(connection: sqlite3.Connection, subscribers: Iterable[int], how: str, now: datetime) -> None:
    """Say of every consent of the subscriptions that it holds no longer, in the caller's transaction."""
    connection.execute(_WITHDRAWN, {"subscribers": json.dumps([*subscribers]), "how": how, "now": stamp(now)})


def of(store: Store, subscriber: int) -> tuple[Consent, ...]:
    """Every consent to a subscription, oldest first."""
    return tuple(Consent(**dict(row)) for row in store.rows(_OF, (subscriber,)))


def _wording(connection: sqlite3.Connection, text: str) -> int:
    """The number of a text, kept once however many agreed to it."""
    version = hashlib.sha256(text.encode()).hexdigest()
    connection.execute("INSERT OR IGNORE INTO wordings (hash, words) VALUES (?, ?)", (version, text))
    return int(connection.execute("SELECT id FROM wordings WHERE hash = ?", (version,)).fetchone()[0])
