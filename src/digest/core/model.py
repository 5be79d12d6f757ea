"""The nouns of the house as frozen values: what one stage makes is what the next one takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

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
class Earlier:
    """The edition that told of a story first."""

    edition: str
    """Its id."""
    composed: datetime
    """UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story as earlier editions told it; it keeps its id from day to day."""

    id: str
    """The id of the article that led it first."""
    articles: tuple[Article, ...]
    """All that editions carried of it."""
    first: Earlier | None
    """Where the job's own readers met it; None when only other jobs carried it."""
    last: str
    """The id of the edition that carried it last."""
    carried: Mapping[str, str]
    """Article id -> the edition that carried it last."""


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
    """The first sentences of the lead, nothing made up; empty for a story without a topic."""
    id: str = ""
    """The same in every edition that tells of it; without one, that of the lead."""
    update_of: Earlier | None = None
    """Where readers met the story first; None for one that is new to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """A story that belongs here as well and stands in the section of its better topic."""

    topic: str
    """Where it stands."""
    section: str
    """The title of that section."""
    lead: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The stories of one topic in an edition."""

    topic: str
    title: str
    brief: str
    """First sentence of the lead story's summary."""
    stories: tuple[Story, ...]
    see_also: tuple[Pointer, ...] = ()
    """Stories of the topic that stand elsewhere, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of an editor's text that looks one way."""

    text: str
    url: str | None
    strong: bool
    emphasis: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of an editor's text."""

    kind: str
    """`text`, `item` of a list, or `heading`."""
    runs: tuple[Run, ...]


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
    intro: tuple[Paragraph, ...] = ()
    """What editors wrote above the stories."""

    @property
    def stories(self) -> tuple[Story, ...]:
        """All stories in the order of the mail."""
        return tuple(story for section in self.sections for story in section.stories)

    @property
    def minutes(self) -> int:
        """Time to read the mail itself: titles and summaries."""
        words = sum(len(f"{story.lead.title} {story.summary}".split()) for story in self.stories)
        return max(1, round(words / WORDS_A_MINUTE))
