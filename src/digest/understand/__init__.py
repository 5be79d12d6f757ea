"""The room that understands: articles and topic rules -> ranked stories; nothing here reads a clock or a file."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from digest.core.model import Article, Story
from digest.core.settings import Source, TopicRules
from digest.understand import summary
from digest.understand.duplicates import fold
from digest.understand.rank import rank
from digest.understand.stories import group
from digest.understand.topics import Classifier

__all__ = ["understand"]

_UNKNOWN = Source()


def understand(
    articles: Sequence[Article], rules: Sequence[TopicRules], outlets: Mapping[str, Source], now: datetime
) -> tuple[Story, ...]:
    """The stories the articles tell, best first, those without a topic included; the articles' order does not matter.

    `outlets` has the settings of each outlet by its name; one that is not there has weight 1 and no topic hint.
    """
    originals = {original.article.id: original for original in fold(articles)}
    found = [original.article for original in originals.values()]
    classifier = Classifier(rules)
    topics = {a.id: classifier.classify(a, outlets.get(a.source, _UNKNOWN).topics) for a in found}
    events = [[originals[article.id] for article in event] for event in group(found)]
    return tuple(
        Story(
            lead=event.lead,
            also=event.also,
            topics=event.topics,
            score=event.score,
            reasons=event.reasons,
            # Finding sentences is the slowest step, and a story without a topic is never printed.
            summary=summary.lead(event.lead.title, event.lead.text, event.lead.summary) if event.topics else "",
        )
        for event in rank(events, topics, outlets, now)
    )
