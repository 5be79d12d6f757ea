"""An edition and its settings -> what a template sees: frozen plain values, cleaned, dates as words; no methods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.core.model import Article, Edition, Paragraph, Section, Story
from digest.core.settings import Job, Newsletter, TopicRules
from digest.core.text import line
from digest.render._palette import Palette, palette
from digest.render._pictures import NOWHERE, PictureView, Places

_SUMMARY_LIMIT = 600
_NEUTRAL_COLOR = "#5b6472"  # of a section whose topic has no file any more
_SCRIPT_LENGTH = 4  # RFC 5646 2.2.3
_RIGHT_TO_LEFT = frozenset(["ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"])
_RIGHT_TO_LEFT_SCRIPTS = frozenset(["adlm", "arab", "hebr", "nkoo", "syrc", "thaa"])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story: its lead article, and who else has it."""

    title: str
    url: str | None
    summary: str
    source: str
    author: str
    minutes: int
    age: str
    """When it was published if not on the edition's day, such as `yesterday`; else empty."""
    also: tuple[str, ...]
    """The other outlets, each once, best first."""
    picture: PictureView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """One topic with its stories, best first, and its colours."""

    topic: str
    title: str
    brief: str
    stories: tuple[StoryView, ...]
    colors: Palette


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """Which edition it is, and its counted facts."""

    id: str
    number: int
    date: str
    iso_date: str
    minutes: int
    story_count: int
    source_count: int
    article_count: int
    intro: tuple[Paragraph, ...]
    """What editors wrote above the stories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterView:
    """Who writes."""

    name: str
    address: str
    language: str
    direction: str
    """`ltr` or `rtl`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """The digest this edition is one of."""

    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All a template sees, but the reader."""

    edition: EditionView
    sections: tuple[SectionView, ...]
    lead: StoryView | None
    newsletter: NewsletterView
    job: JobView


def view(
    edition: Edition, *, job: Job, newsletter: Newsletter, topics: Mapping[str, TopicRules], places: Places = NOWHERE
) -> View:
    """The edition for templates; dates in the zone it was composed in. UsageError for an unreadable topic colour."""
    dates = _Dates(now=edition.issue.composed, english=newsletter.language.lower().split("-")[0] == "en")
    sections = tuple(
        _section(section, topics, dates, _pictures(places, number, len(section.stories)))
        for number, section in enumerate(edition.sections)
    )
    stories = [story for section in sections for story in section.stories]
    return View(
        edition=EditionView(
            id=edition.issue.id,
            number=edition.issue.number,
            date=dates.long(edition.issue.composed),
            iso_date=edition.issue.composed.date().isoformat(),
            minutes=edition.minutes,
            story_count=len(stories),
            source_count=edition.sources,
            article_count=edition.articles,
            intro=edition.intro,
        ),
        sections=sections,
        lead=stories[0] if stories else None,
        newsletter=NewsletterView(
            name=line(newsletter.name),
            address=line(newsletter.address),
            language=newsletter.language,
            direction=direction(newsletter.language),
        ),
        job=JobView(name=job.name, title=line(job.title)),
    )


def direction(language: str) -> str:
    """`rtl` or `ltr`, by the script of a BCP 47 tag or else its language."""
    first, *rest = language.lower().split("-")
    script = next((tag for tag in rest if len(tag) == _SCRIPT_LENGTH and tag.isalpha()), "")
    is_rtl = script in _RIGHT_TO_LEFT_SCRIPTS if script else first in _RIGHT_TO_LEFT
    return "rtl" if is_rtl else "ltr"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dates:
    """Words for dates in English, ISO 8601 in any other language."""

    now: datetime
    english: bool

    def long(self, moment: datetime) -> str:
        return f"{moment:%A} {moment.day} {moment:%B %Y}" if self.english else moment.date().isoformat()

    def age(self, article: Article) -> str:
        """Empty for today's and undated articles."""
        day, today = article.date.astimezone(self.now.tzinfo).date(), self.now.date()
        if article.published is None or day >= today:
            return ""
        if not self.english:
            return day.isoformat()
        return "yesterday" if today - day == timedelta(days=1) else f"{day.day} {day:%B}"


def _pictures(places: Places, section: int, stories: int) -> list[PictureView | None]:
    found = [places.get((section, story)) for story in range(stories)]
    return [place.view if place else None for place in found]


def _section(
    section: Section, topics: Mapping[str, TopicRules], dates: _Dates, pictures: Sequence[PictureView | None]
) -> SectionView:
    rules = topics.get(section.topic)
    return SectionView(
        topic=section.topic,
        title=line(section.title),
        brief=line(section.brief, _SUMMARY_LIMIT),
        stories=tuple(_story(story, dates, picture) for story, picture in zip(section.stories, pictures, strict=True)),
        colors=palette(rules.color if rules else _NEUTRAL_COLOR),
    )


def _story(story: Story, dates: _Dates, picture: PictureView | None) -> StoryView:
    lead = story.lead
    outlets = dict.fromkeys(line(article.source) for article in story.also)
    outlets.pop(line(lead.source), None)
    return StoryView(
        title=line(lead.title),
        url=lead.url,
        summary=line(story.summary, _SUMMARY_LIMIT),
        source=line(lead.source),
        author=line(lead.author),
        minutes=lead.minutes,
        age=dates.age(lead),
        also=tuple(name for name in outlets if name),
        picture=picture,
    )
