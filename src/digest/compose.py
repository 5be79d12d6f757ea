"""Ranked stories -> an edition: sections in the job's order, each story once, caps kept, what is left out with why."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from digest.core.model import Article, Edition, Issue, LeftOut, Paragraph, Pointer, Section, Story
from digest.core.settings import Job, TopicRules
from digest.core.text import counted
from digest.corrections import MOVED

POINTERS = 3
"""So many stories of other sections a section points to."""


def compose(
    issue: Issue,
    job: Job,
    topics: Mapping[str, TopicRules],
    stories: Sequence[Story],
    first_sentence: Callable[[str], str],
    known: Sequence[LeftOut] = (),
    intro: tuple[Paragraph, ...] = (),
) -> Edition:
    """The edition of stories given best first; each stands in its best topic among the job's, and others point to it.

    What is `known` to be left out already is named there as well; `intro` is what editors wrote.
    """
    chosen: dict[str, list[Story]] = {topic: [] for topic in job.topics}
    led = Counter[tuple[str, str]]()
    left_out = list(known)
    for story in stories:
        topic = next((score.topic for score in story.topics if score.topic in chosen), None)
        reason = _objection(story, topic, chosen, led, job)
        if topic is None or reason:
            left_out += _left_out(story, reason)
            continue
        chosen[topic].append(story)
        led[topic, story.lead.source] += 1
    sections = tuple(
        Section(
            topic=topic,
            title=topics[topic].name,
            brief=first_sentence(kept[0].summary) or kept[0].lead.title,
            stories=tuple(kept),
            see_also=_pointers(topic, chosen, topics),
        )
        for topic, kept in chosen.items()
        if kept
    )
    return _edition(issue, sections, tuple(left_out), intro)


def _pointers(
    topic: str, chosen: Mapping[str, Sequence[Story]], topics: Mapping[str, TopicRules]
) -> tuple[Pointer, ...]:
    """The best stories of a topic that stand in other sections."""
    elsewhere = [
        (story, other)
        for other, kept in chosen.items()
        for story in kept
        if other != topic and topic in {score.topic for score in story.topics}
    ]
    elsewhere.sort(key=lambda found: (-found[0].score, found[0].lead.id))
    return tuple(
        Pointer(topic=other, section=topics[other].name, lead=story.lead) for story, other in elsewhere[:POINTERS]
    )


def trimmed(edition: Edition, count: int) -> Edition:
    """The edition without its `count` lowest stories, left out for size; a section keeps its lead to the last."""
    followers = {story.lead.id for section in edition.sections for story in section.stories[1:]}
    ordered = sorted(edition.stories, key=lambda story: (story.lead.id not in followers, story.score, story.lead.id))
    dropped = {story.lead.id for story in ordered[:count]}
    left_out = [_left_out(story, "size") for story in ordered[:count]]
    sections = (
        replace(
            section,
            stories=tuple(story for story in section.stories if story.lead.id not in dropped),
            see_also=tuple(found for found in section.see_also if found.lead.id not in dropped),
        )
        for section in edition.sections
    )
    kept = tuple(section for section in sections if section.stories)
    left = (*edition.left_out, *(left for some in left_out for left in some))
    return _edition(edition.issue, kept, left, edition.intro)


def variant(edition: Edition, topics: Collection[str]) -> Edition:
    """The edition's sections of these topics alone: a reader's variant, which keeps the full edition's choice."""
    sections = tuple(section for section in edition.sections if section.topic in topics)
    return _edition(edition.issue, sections, edition.left_out, edition.intro)


def _edition(
    issue: Issue, sections: tuple[Section, ...], left_out: tuple[LeftOut, ...], intro: tuple[Paragraph, ...]
) -> Edition:
    behind = [article for section in sections for story in section.stories for article in coverage(story)]
    return Edition(
        issue=issue,
        sections=sections,
        left_out=left_out,
        articles=len(behind),
        sources=len({article.source for article in behind}),
        intro=intro,
    )


def _left_out(story: Story, reason: str) -> list[LeftOut]:
    return [LeftOut(id=article.id, title=article.title, reason=reason) for article in coverage(story)]


def coverage(story: Story) -> tuple[Article, ...]:
    """Every article behind a story, its lead first."""
    return (story.lead, *story.also)


def document(edition: Edition, subject: str, preheader: str) -> dict[str, Any]:
    """The edition as edition.json says it (design 4)."""
    return {
        "id": edition.issue.id,
        "job": edition.issue.job,
        "slot": edition.issue.slot,
        "subject": subject,
        "preheader": preheader,
        "counts": {"articles": edition.articles, "sources": edition.sources},
        "sections": [
            {
                "topic": section.topic,
                "title": section.title,
                "brief": section.brief,
                "stories": [_story(story) for story in section.stories],
                "see_also": [_pointer(found) for found in section.see_also],
            }
            for section in edition.sections
        ],
        "left_out": [{"id": left.id, "title": left.title, "reason": left.reason} for left in edition.left_out],
    }


def _objection(
    story: Story, topic: str | None, chosen: Mapping[str, Sequence[Story]], led: Counter[tuple[str, str]], job: Job
) -> str:
    if topic is None:
        moved = f"{MOVED} to a topic that this job does not have"
        return moved if MOVED in story.reasons else "no topic of this job passed its floor"
    if len(chosen[topic]) >= job.stories:
        return f"the section {topic} already has {counted(job.stories, 'better story', 'better stories')}"
    if led[topic, story.lead.source] >= job.per_source:
        return f"{story.lead.source} already leads {counted(job.per_source, 'story', 'stories')} of the section {topic}"
    return ""


def _story(story: Story) -> dict[str, Any]:
    lead = story.lead
    return {
        "id": lead.id,
        "title": lead.title,
        "url": lead.url,
        "source": lead.source,
        "author": lead.author,
        "published": lead.published.isoformat() if lead.published else None,
        "minutes": lead.minutes,
        "image": lead.image,
        "summary": story.summary,
        "score": round(story.score, 3),
        "reasons": list(story.reasons),
        "story": story.id or lead.id,
        "update_of": story.update_of.edition if story.update_of else None,
        "also": [{"title": a.title, "url": a.url, "source": a.source} for a in story.also],
    }


def _pointer(found: Pointer) -> dict[str, Any]:
    return {"topic": found.topic, "id": found.lead.id, "title": found.lead.title, "url": found.lead.url}
