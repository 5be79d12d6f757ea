"""A mail on its way, as frozen values: what a reader sees, what is claimed, and what became of it.

What is made for each mail is a tuple, in half the time of a dataclass.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a template may say to one reader: values, or marks that stand for them until a mail is made."""

    email: str
    unsubscribe: str
    """A link: a page of the site, or a mailto: where there is none."""
    preferences: str = ""
    """A link to a page of the site, as the next two; empty where there is none."""
    browser: str = ""
    """Where the site shows this mail."""
    confirm: str = ""
    """Where a sign-up is confirmed; in the mail that asks for it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One JPEG as it goes into a mail."""

    hash: str
    """SHA-256 of the data in hex: equal bytes are stored and sent once."""
    data: bytes
    width: int
    """In pixels, as `height`."""
    height: int

    @property
    def content_id(self) -> str:
        """What stands after `cid:` in the HTML (RFC 2392), without angle brackets."""
        return f"{self.hash[:16]}@digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An article's picture in the two sizes a mail shows."""

    large: Image
    """Whole, at most 1168 pixels wide."""
    thumb: Image
    """The square in its middle, at most 232 pixels wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One variant of an edition as a reader sees it; recipient marks still stand in it."""

    subject: str
    preheader: str
    html: str
    text: str
    pictures: tuple[Image, ...] = ()
    """What the HTML shows by `cid:`, each once."""
    host: str = ""
    """The site that it loads its pictures from, such as `https://news.example.org`; empty: nothing is loaded."""


class Severity(StrEnum):
    """What a finding of a check does to a send."""

    HOLD = "hold"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a check found in a rendered mail."""

    check: str
    severity: Severity
    message: str


class Claim(NamedTuple):
    """One ledger row that is this run's to send; committed before a byte of it leaves."""

    edition: str
    subscriber: int
    """The number of the subscription."""
    email: str
    message_id: str
    variant: str = ""
    """Which topics the reader chose, joined by commas; empty for all."""
    attempts: int = 0
    """Tries before this one."""
    maybe: int = 0
    """How often it went unanswered, or may have left, and was queued again."""
    place: int = 0
    """Where the run file says how far it is."""


class Outgoing(NamedTuple):
    """A claimed mail as bytes: chunks in order, shared between recipients where they are equal.

    Together they are whole CRLF lines, none of which begins with a dot: they go over the wire as they are.
    """

    claim: Claim
    return_path: str
    """The envelope sender, an address of its own for each mail (VERP)."""
    chunks: Sequence[bytes]


class SendState(StrEnum):
    """Where one recipient's mail stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class EditionState(StrEnum):
    """Where an edition stands; `sent` and `partial` are finished."""

    COMPOSING = "composing"
    HELD = "held"
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    STOPPED = "stopped"
    EXPIRED = "expired"


class Result(NamedTuple):
    """The answer for one claimed mail."""

    claim: Claim
    state: SendState
    """`queued` says that it was not begun."""
    code: str
    """The reply's code, such as `250`, empty where the backend has none."""
    reply: str


class Batch(NamedTuple):
    """Mails handed out."""

    mails: Sequence[Outgoing]
    wait: float = 0
    """Seconds until the rate allows more, where it allowed none; else 0."""


Exchange: TypeAlias = Callable[[Sequence[Result], int], Batch]
"""Settles results and claims up to so many more mails, in one transaction."""

Wanted: TypeAlias = Callable[[Sequence[Claim]], Sequence[Claim]]
"""Those of the claimed mails that may still leave: asked after something was stopped."""


def never() -> bool:
    """What says that nobody stops a piece of work."""
    return False
