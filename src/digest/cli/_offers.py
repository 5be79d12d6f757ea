"""What editors moved, and what is stored -> the phrases to add to the topics' files, as rows for the screen."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from digest.core import text
from digest.core.model import Article
from digest.core.settings import Settings
from digest.store import Store, articles, corrections
from digest.understand.suggestions import suggest

STORED = 5_000
"""The newest articles against which a phrase is tried (about a second in all)."""


def moved(store: Store) -> dict[str, list[Article]]:
    """Topic id -> the articles that editors moved to it."""
    found: defaultdict[str, list[Article]] = defaultdict(list)
    for name, correction in corrections.listed(store).items():
        if correction.topic:
            found[correction.topic] += (article for article in articles.matching(store, name) if article.id == name)
    return dict(found)


def offers(news: Settings, store: Store, wanted: dict[str, list[Article]]) -> list[dict[str, Any]]:
    """What to add so that the phrases place these articles where editors put them: topic id -> articles."""
    hints = {source.name: source.topics for source in news.sources}
    found = suggest(tuple(news.topics.values()), wanted, articles.newest(store, STORED), hints)
    return [
        {
            "topic": offer.topic,
            "phrase": offer.phrase,
            "weight": offer.weight,
            "file": f"topics/{offer.topic}.toml",
            "line": f'"{offer.phrase}" = {offer.weight}',
            "decides": offer.decides,
            "changes": offer.changes,
        }
        for offer in found
    ]


def told(rows: Iterable[dict[str, Any]]) -> list[str]:
    """One line a phrase: where to paste what, and what it would do."""
    return [
        f"{row['file']}, under [phrases]: {row['line']}  (decides {row['decides']} of the moved, "
        f"changes {text.counted(row['changes'], 'other stored article')})"
        for row in rows
    ]
