"""Stories and what editors corrected -> the stories as the editors want them, and those they dropped."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest.core.model import Article, Story, TopicScore

MOVED, PINNED, DROPPED = "moved by an editor", "pinned by an editor", "dropped by an editor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What an editor decided about an article, its copies and its story."""

    topic: str
    """Where it belongs; empty where it was not moved."""
    pinned: bool
    """First in its section."""
    dropped: bool
    """In no edition."""
    changed: datetime
    """UTC."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """What was decided, in words."""
        decided = ((MOVED, bool(self.topic)), (PINNED, self.pinned), (DROPPED, self.dropped))
        return tuple(reason for reason, holds in decided if holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """Stories after the editors."""

    stories: tuple[Story, ...]
    """Best first, the pinned ones before all others."""
    dropped: tuple[Story, ...]


def merged(found: Iterable[Correction]) -> Correction | None:
    """What several corrections of one story come to: the latest move counts, one pin or drop is enough."""
    ordered = sorted(found, key=lambda correction: (correction.changed, correction.topic))
    if not ordered:
        return None
    return Correction(
        topic=next((correction.topic for correction in reversed(ordered) if correction.topic), ""),
        pinned=any(correction.pinned for correction in ordered),
        dropped=any(correction.dropped for correction in ordered),
        changed=ordered[-1].changed,
    )


def retopiced(topics: Sequence[TopicScore], correction: Correction) -> tuple[TopicScore, ...]:
    """The topics after a correction: a move leaves one, and every topic says what an editor did."""
    if not correction.topic:
        return tuple(replace(found, reasons=(*found.reasons, *correction.reasons)) for found in topics)
    score = next((found.score for found in topics if found.topic == correction.topic), 0.0)
    return (TopicScore(topic=correction.topic, score=score, reasons=correction.reasons),)


def apply(
    stories: Sequence[Story], corrections: Mapping[str, Correction], summarise: Callable[[Article], str]
) -> Corrected:
    """Stories, best first, as corrected by article id; `summarise` is for those that had no topic and so no summary."""
    pinned: list[Story] = []
    others: list[Story] = []
    dropped: list[Story] = []
    for story in stories:
        behind = (story.lead, *story.also)
        correction = merged(corrections[article.id] for article in behind if article.id in corrections)
        if correction is None:
            others.append(story)
            continue
        kept = dropped if correction.dropped else pinned if correction.pinned else others
        kept.append(_corrected(story, correction, summarise))
    return Corrected(stories=(*pinned, *others), dropped=tuple(dropped))


def _corrected(story: Story, correction: Correction, summarise: Callable[[Article], str]) -> Story:
    topics = retopiced(story.topics, correction)
    return replace(
        story,
        topics=topics,
        reasons=(*story.reasons, *correction.reasons),
        summary=story.summary or (summarise(story.lead) if topics and not correction.dropped else ""),
    )
