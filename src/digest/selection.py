"""Articles and what earlier editions told -> the stories that editors and readers want, and why others are not told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import corrections
from digest.core.model import Article, LeftOut, Story, Told, TopicScore
from digest.core.settings import Settings
from digest.corrections import Correction
from digest.store import Store, articles
from digest.store import corrections as corrected_articles
from digest.understand import newness, summary, understand
from digest.understand.duplicates import fold
from digest.understand.stories import group
from digest.understand.topics import Classifier

_REMEMBERED = timedelta(days=7)
"""So long a correction reaches coverage that came without the corrected article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Stories after the editors, and after what readers know."""

    stories: tuple[Story, ...]
    """Best first, the pinned ones before all others."""
    left_out: tuple[LeftOut, ...]
    """What editors dropped, and what is no news."""


def classified(news: Settings, found: Sequence[Article]) -> dict[str, tuple[TopicScore, ...]]:
    """Article id -> the topics it passes by itself, best first."""
    classifier = Classifier(tuple(news.topics.values()))
    hints = {source.name: source.topics for source in news.sources}
    return {article.id: classifier.classify(article, hints.get(article.source, ())) for article in found}


def wanted(
    news: Settings, store: Store, found: Sequence[Article], topics: Sequence[str], now: datetime, told: Sequence[Told]
) -> Wanted:
    """Articles as ranked stories under these topics, without what was `told` before and is no news."""
    known = corrections_of(store, found, now)
    outlets = {source.name: source for source in news.sources}
    ranked = understand(found, [news.topics[topic] for topic in topics], outlets, now)
    pinned = frozenset(article for article, correction in known.items() if correction.pinned)
    corrected = corrections.apply(ranked, known, _summarised)
    sifted = newness.sift(corrected.stories, told, _summarised, pinned)
    dropped = [
        LeftOut(id=article.id, title=article.title, reason=corrections.DROPPED)
        for story in corrected.dropped
        for article in (story.lead, *story.also)
    ]
    return Wanted(stories=sifted.stories, left_out=(*dropped, *sifted.left_out))


def corrections_of(store: Store, found: Sequence[Article], now: datetime) -> dict[str, Correction]:
    """Article id -> what editors decided about it, a copy of it or other coverage of its event.

    The article that was corrected may itself be none of those found: carried yesterday, or another job's.
    """
    known = corrected_articles.listed(store)
    ids = {article.id for article in found}
    recent = [name for name, correction in known.items() if name not in ids and now - correction.changed < _REMEMBERED]
    others = [article for name in recent for article in articles.matching(store, name)]
    if not known.keys() & ids and not others:
        return {}
    originals = {original.article.id: original for original in fold([*found, *others])}
    decided: dict[str, Correction] = {}
    for event in group([original.article for original in originals.values()]):
        behind = [a.id for first in event for a in (first, *originals[first.id].copies)]
        if correction := corrections.merged(known[name] for name in behind if name in known):
            decided |= dict.fromkeys(behind, correction)
    return decided


def _summarised(article: Article) -> str:
    return summary.lead(article.title, article.text, article.summary)
