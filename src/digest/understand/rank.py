"""Groups of originals with their topics -> ranked events, each with its lead and the reasons for its place."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from digest.core.model import Article, Original, TopicScore
from digest.core.settings import Source
from digest.understand._words import body

HALF_LIFE = timedelta(hours=18)
OLDEST = 0.1
"""What age leaves of a score at the least."""
HALF_FIT = 4.5
"""The topic score at which a story has half of the highest fit."""
NO_FIT = 0.1
"""The fit of a story that belongs to no topic."""
TEASER = 40
"""A text with fewer words cannot stand for a story if another can."""

_UNKNOWN = Source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """All coverage of one event in its place, before it is summarised."""

    lead: Article
    also: tuple[Article, ...]
    topics: tuple[TopicScore, ...]
    score: float
    reasons: tuple[str, ...]


def rank(
    groups: Sequence[Sequence[Original]],
    topics: Mapping[str, Sequence[TopicScore]],
    outlets: Mapping[str, Source],
    now: datetime,
) -> tuple[Ranked, ...]:
    """The events, best first; `topics` are those of each original by its article's id.

    score = fit * (1 + ln S) * recency * weight: S outlets that wrote themselves, recency halves every 18 hours down to
    a tenth, the weight of the lead's outlet. Equal scores: newer first, then the lead's id.
    """
    ranked = [(_rank(group, topics, outlets, now), _newest(group)) for group in groups]
    return tuple(
        event for event, _ in sorted(ranked, key=lambda pair: (-pair[0].score, now - pair[1], pair[0].lead.id))
    )


def _rank(
    group: Sequence[Original], topics: Mapping[str, Sequence[TopicScore]], outlets: Mapping[str, Source], now: datetime
) -> Ranked:
    lead, *also = _best_first(group, outlets)
    fits = _shared_topics([topics[original.article.id] for original in group])
    sources = len({original.article.source for original in group})
    newest = _newest(group)
    age = max(now - newest, timedelta())
    is_dated = any(original.article.published and original.article.date == newest for original in group)
    weight = outlets.get(lead.source, _UNKNOWN).weight
    fit = fits[0].score / (fits[0].score + HALF_FIT) if fits else NO_FIT
    recency = OLDEST + (1 - OLDEST) * 2 ** (-(age / HALF_LIFE))
    copies = sum(len(original.copies) for original in group)
    reasons = [f"{sources} independent sources" if sources > 1 else "1 source"]
    reasons += [f"{copies} cop{'ies' if copies > 1 else 'y'} not counted"] * bool(copies)
    hours = age // timedelta(hours=1)
    reasons += [f"{hours} h old" if is_dated else f"undated, first seen {hours} h ago"]
    reasons += [f"{found.topic} {found.score:.1f}" for found in fits]
    reasons += [f"{lead.source} weighs {weight:g}"] * (weight != 1)
    score = round(fit * (1 + math.log(sources)) * recency * weight, 4)
    return Ranked(lead=lead, also=tuple(also), topics=fits, score=score, reasons=tuple(reasons))


def _best_first(group: Sequence[Original], outlets: Mapping[str, Source]) -> list[Article]:
    """The articles of an event; the first of them leads.

    Texts that can carry a story before teasers, what can be read in full by its link before what cannot, own texts
    before copies; then the outlet the editor trusts most, then who was first.
    """

    def key(ranked: tuple[bool, Article]) -> tuple[bool, bool, bool, float, datetime, str]:
        is_copy, article = ranked
        is_teaser = len(body(article).split()) < TEASER
        return (
            is_teaser,
            not article.url,
            is_copy,
            -outlets.get(article.source, _UNKNOWN).weight,
            article.date,
            article.id,
        )

    originals = [(False, original.article) for original in group]
    copies = [(True, copy) for original in group for copy in original.copies]
    return [article for _, article in sorted(originals + copies, key=key)]


def _shared_topics(topics: Sequence[Sequence[TopicScore]]) -> tuple[TopicScore, ...]:
    """The topics of at least half of the originals, each as the original that fits it best has it; best first."""
    by_topic: defaultdict[str, list[TopicScore]] = defaultdict(list)
    for found in chain.from_iterable(topics):
        by_topic[found.topic].append(found)
    shared = [max(scores, key=_by_score) for scores in by_topic.values() if 2 * len(scores) >= len(topics)]
    return tuple(sorted(shared, key=lambda found: (-found.score, found.topic)))


def _by_score(found: TopicScore) -> tuple[float, tuple[str, ...]]:
    return found.score, found.reasons


def _newest(group: Sequence[Original]) -> datetime:
    """When the event last had news (UTC); a copy is none."""
    return max(original.article.date for original in group)
