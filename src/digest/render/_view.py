"""An edition and its settings -> what a template sees: frozen plain values, cleaned, times in words; no methods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.core.model import Article, Edition, Paragraph, Section, Story
from digest.core.palette import Palette, palette
from digest.core.settings import Job, Newsletter, TopicRules
from digest.core.text import line
from digest.render._pictures import NOWHERE, PictureView, Places
from digest.render._quarantine import NO_BREAK
from digest.words import ENGLISH, Words, direction

_SUMMARY_LIMIT = 600
_NEUTRAL_COLOR = "#5b6472"  # of a section whose topic has no file any more


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story: its lead article, and who else has it."""

    title: str
    url: str | None
    summary: str
    source: str
    author: str
    minutes: int
    time: str
    """The minutes in words, such as `3 min`, with a space that does not break."""
    age: str
    """When it was published if not on the edition's day, such as `yesterday`; else empty."""
    first_in: str
    """The day of the edition that told of the story first, such as `14 Nov`; empty for a story that is new."""
    also: tuple[str, ...]
    """The other outlets, each once, best first."""
    picture: PictureView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointerView:
    """A story of the topic that stands in another section."""

    title: str
    url: str | None
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """One topic with its stories, best first, and its colours."""

    topic: str
    title: str
    brief: str
    stories: tuple[StoryView, ...]
    see_also: tuple[PointerView, ...]
    colors: Palette


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """Which edition it is, and its counted facts."""

    id: str
    number: int
    date: str
    iso_date: str
    minutes: int
    time: str
    """The minutes in words."""
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
class WordsView:
    """Which words stand beside the articles: those of the newsletter's language, or English where it has none."""

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
    words: WordsView
    job: JobView


def view(
    edition: Edition,
    *,
    job: Job,
    newsletter: Newsletter,
    topics: Mapping[str, TopicRules],
    places: Places = NOWHERE,
    words: Words = ENGLISH,
) -> View:
    """The edition for templates; dates in the zone it was composed in. UsageError for an unreadable topic colour."""
    times = _Times(now=edition.issue.composed, words=words)
    sections = tuple(
        _section(section, topics, times, _pictures(places, number, len(section.stories)))
        for number, section in enumerate(edition.sections)
    )
    minutes, stories = edition.minutes, [story for section in sections for story in section.stories]
    return View(
        edition=EditionView(
            id=edition.issue.id,
            number=edition.issue.number,
            date=words.date(edition.issue.composed),
            iso_date=edition.issue.composed.date().isoformat(),
            minutes=minutes,
            time=times.reading(minutes),
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
        words=WordsView(language=words.language, direction=words.direction),
        job=JobView(name=job.name, title=line(job.title)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Times:
    """Days and minutes in words, as seen on the edition's day."""

    now: datetime
    words: Words
    known: dict[int, str] = field(default_factory=dict)

    def reading(self, minutes: int) -> str:
        """Such as `3 min`, in one piece."""
        if minutes not in self.known:
            text = self.words.counted("%(number)s min", "%(number)s min", minutes)
            self.known[minutes] = text.replace(" ", NO_BREAK)
        return self.known[minutes]

    def age(self, article: Article) -> str:
        """Empty for today's and undated articles."""
        if article.published is None:
            return ""
        return self.words.age(article.date.astimezone(self.now.tzinfo).date(), self.now.date())

    def first_in(self, story: Story) -> str:
        """Empty for a story that is no update."""
        if story.update_of is None:
            return ""
        return self.words.date(story.update_of.composed.astimezone(self.now.tzinfo), "short")


def _pictures(places: Places, section: int, stories: int) -> list[PictureView | None]:
    found = [places.get((section, story)) for story in range(stories)]
    return [place.view if place else None for place in found]


def _section(
    section: Section, topics: Mapping[str, TopicRules], times: _Times, pictures: Sequence[PictureView | None]
) -> SectionView:
    rules = topics.get(section.topic)
    return SectionView(
        topic=section.topic,
        title=line(section.title),
        brief=line(section.brief, _SUMMARY_LIMIT),
        stories=tuple(_story(story, times, picture) for story, picture in zip(section.stories, pictures, strict=True)),
        see_also=tuple(
            PointerView(title=line(found.lead.title), url=found.lead.url, section=line(found.section))
            for found in section.see_also
        ),
        colors=palette(rules.color if rules else _NEUTRAL_COLOR),
    )


def _story(story: Story, times: _Times, picture: PictureView | None) -> StoryView:
    lead, minutes = story.lead, story.lead.minutes
    outlets = dict.fromkeys(line(article.source) for article in story.also)
    outlets.pop(line(lead.source), None)
    return StoryView(
        title=line(lead.title),
        url=lead.url,
        summary=line(story.summary, _SUMMARY_LIMIT),
        source=line(lead.source),
        author=line(lead.author),
        minutes=minutes,
        time=times.reading(minutes),
        age=times.age(lead),
        first_in=times.first_in(story),
        also=tuple(name for name in outlets if name),
        picture=picture,
    )
