"""The nouns of the house as frozen values: what one stage makes is what the next one takes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

WORDS_A_MINUTE = 230  # silent reading of English non-fiction: 238 +- 20 % (Brysbaert 2019), rounded down


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article, complete at birth: cleaned plain text, UTC times, no field that is filled in later."""

    id: str
    """Hash of the canonical URL; without one, of the title and body."""
    url: str | None
    """The http(s) link readers get, None for a text that has none."""
    title: str
    """One line without controls, at most 300 characters."""
    text: str
    """Plain text, boilerplate cut; paragraphs are separated by one blank line."""
    summary: str
    """The publisher's own summary as plain text, often empty."""
    source: str
    """Name of the outlet."""
    author: str
    """Names joined by commas, empty when unknown."""
    published: datetime | None
    """UTC, as the source says; None when it does not say."""
    first_seen: datetime
    """UTC, when it was first gathered."""
    image: str | None
    """http(s) URL of the lead picture."""
    enclosures: tuple[str, ...] = ()
    """http(s) URLs of attached files."""

    @property
    def date(self) -> datetime:
        """When it counts as published (UTC): never after it was first seen."""
        return min(self.published, self.first_seen) if self.published else self.first_seen

    @property
    def minutes(self) -> int:
        """Reading time, at least one minute."""
        return max(1, round(len(self.text.split()) / WORDS_A_MINUTE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server asked to be shown again (RFC 9110 8.8); empty strings when it gave none."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One URL to fetch, with the validators of the last answer."""

    url: str
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back for a request; a failure is a value with `error` set and an empty body."""

    request: Request
    url: str
    """Where redirects ended."""
    status: int
    """HTTP status, 0 when no answer came."""
    content_type: str
    body: bytes
    validators: Validators
    error: str = ""
    """One clear line, empty when the fetch succeeded (304 included)."""


Fetch: TypeAlias = Callable[[Iterable[Request]], Iterator[Response]]
"""Fetches many at once; answers come in the order they are complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Bytes of one feed, page or text with what is known about them from outside."""

    data: bytes
    location: str
    """The URL it came from, or the path of the file."""
    content_type: str = ""
    """The HTTP Content-Type, empty for a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An article with its exact and near copies folded into it."""

    article: Article
    copies: tuple[Article, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicScore:
    """How well a text fits a topic; given only from the topic's floor up."""

    topic: str
    """The topic's id: its file's name."""
    score: float
    reasons: tuple[str, ...]
    """What fired, strongest first, such as `"electric vehicle" 3.0 in the title`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All coverage of one event."""

    lead: Article
    also: tuple[Article, ...]
    """The other coverage, copies included, best first."""
    topics: tuple[TopicScore, ...]
    """Best first; empty when no topic passed its floor."""
    score: float
    reasons: tuple[str, ...]
    """Why it ranks where it does, such as `3 sources`, `2 h old`."""
    summary: str
    """The first sentences of the lead; nothing is made up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The stories of one topic in an edition."""

    topic: str
    title: str
    brief: str
    """First sentence of the lead story's summary."""
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An article that is not in the edition, and why."""

    id: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Which edition of which job this is."""

    id: str
    """Text known before any insert, such as `daily-2026-11-23T0700`; revision 2 adds `.2`."""
    job: str
    slot: str
    """Local date-time without offset, or the date of a job without schedule."""
    revision: int
    number: int
    """Finished editions of the job + 1."""
    composed: datetime
    """The moment of composition in the job's zone: the mail's Date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What one issue says: sections of stories, and what was left out."""

    issue: Issue
    sections: tuple[Section, ...]
    left_out: tuple[LeftOut, ...]
    articles: int
    """Articles behind the stories, other coverage included."""
    sources: int
    """Outlets behind the stories."""

    @property
    def stories(self) -> tuple[Story, ...]:
        """All stories in the order of the mail."""
        return tuple(story for section in self.sections for story in section.stories)

    @property
    def minutes(self) -> int:
        """Time to read the mail itself: titles and summaries."""
        words = sum(len(f"{story.lead.title} {story.summary}".split()) for story in self.stories)
        return max(1, round(words / WORDS_A_MINUTE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a template may say to one reader: values, or marks that stand for them until a mail is made."""

    email: str
    unsubscribe: str
    """A mailto: link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One variant of an edition as a reader sees it; recipient marks still stand in it."""

    subject: str
    preheader: str
    html: str
    text: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One ledger row that is this run's to send; committed before a byte of it leaves."""

    edition: str
    subscriber: int
    """The number of the subscription."""
    email: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A claimed mail as bytes: chunks in order, shared between recipients where they are equal."""

    claim: Claim
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer for one claimed mail."""

    claim: Claim
    state: SendState
    """`queued` says that it was not begun."""
    code: str
    """The reply's code, such as `250`, empty where the backend has none."""
    reply: str


Exchange: TypeAlias = Callable[[Sequence[Result], int], Sequence[Outgoing]]
"""Settles results and claims up to so many more mails, in one transaction."""
