"""Topic rules and an article -> the topics it belongs to, each with its score and the phrases that gave it."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from digest.core.model import Article, TopicScore
from digest.core.settings import TopicRules
from digest.understand._words import WORD, body, normal

# More text gains nothing in macro-F1, and a scraped tail names other topics (facts, 2.1 and 8).
LEAD = 600
TITLE = 3
"""A phrase in the title counts like three in the text."""
REPEATS = 2.2
"""The most that repeats make of a weight: below a floor of 4.5, a phrase of 2.0 never decides alone."""
HINT = 1.2
"""What a source's hint makes of a score."""

# Hyphens and apostrophes only separate: "self-driving" is "self driving", "Tesla's" has "Tesla" in it. Any other sign
# is a token of its own, so that no phrase reaches over a full stop.
_TOKEN = re.compile(rf"{WORD}|[^\s\w'’‘‐‑-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phrase:
    topic: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spelling:
    """One way to write a phrase: itself or its plural."""

    phrase: _Phrase
    tokens: tuple[str, ...]
    has_capital: bool


class Classifier:
    """Topic rules compiled once; each token of a text is looked up, so more phrases cost next to nothing."""

    def __init__(self, rules: Sequence[TopicRules]) -> None:
        self._floors = {topic.id: topic.floor for topic in rules}
        self._spellings: defaultdict[str, list[_Spelling]] = defaultdict(list)
        for spelling in (spelling for topic in rules for spelling in _spellings(topic)):
            self._spellings[spelling.tokens[0].casefold()].append(spelling)
        for found in self._spellings.values():
            found.sort(key=lambda spelling: -len(spelling.tokens))

    def classify(self, article: Article, hints: Collection[str] = ()) -> tuple[TopicScore, ...]:
        """The topics an article belongs to, best first; `hints` are those its source is said to write about."""
        return self.passed(article.title, body(article), hints)

    def passed(self, title: str, text: str, hints: Collection[str] = ()) -> tuple[TopicScore, ...]:
        """The topics of a title and text that reach their floor, best first."""
        return tuple(found for found in self.fired(title, text, hints) if found.score >= self._floors[found.topic])

    def fired(self, title: str, text: str, hints: Collection[str] = ()) -> tuple[TopicScore, ...]:
        """Every topic of which a phrase was found, below its floor too, best first; the reasons add up to the score."""
        titles, texts = Counter(self._find(title)), Counter(self._find(_lead(text)))
        points: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
        for phrase in titles | texts:
            in_title, in_text = titles[phrase], texts[phrase]
            value = phrase.weight * min(1 + math.log(TITLE * in_title + in_text), REPEATS)
            points[phrase.topic].append((value, f'"{phrase.text}" {value:.1f} {_place(in_title, in_text)}'))
        scores = [_score(topic, found, hinted=topic in hints) for topic, found in points.items()]
        return tuple(sorted(scores, key=lambda found: (-found.score, found.topic)))

    def _find(self, text: str) -> Iterator[_Phrase]:
        """The phrases in a text; where phrases of one topic overlap, only the first and longest."""
        tokens = _TOKEN.findall(normal(text))
        folded = [token.casefold() for token in tokens]
        taken: dict[str, int] = {}
        for start, first in enumerate(folded):
            for spelling in self._spellings.get(first, ()):
                end = start + len(spelling.tokens)
                here = tokens if spelling.has_capital else folded
                topic = spelling.phrase.topic
                if taken.get(topic, 0) <= start and tuple(here[start:end]) == spelling.tokens:
                    taken[topic] = end
                    yield spelling.phrase


def _spellings(topic: TopicRules) -> Iterator[_Spelling]:
    """Each phrase, then the plural of each that is not itself a phrase of the topic."""
    known: set[tuple[str, ...]] = set()
    phrases = [(phrase, _TOKEN.findall(normal(phrase)), weight) for phrase, weight in topic.phrases.items()]
    plurals = [(phrase, [*tokens[:-1], _plural(tokens[-1])], weight) for phrase, tokens, weight in phrases if tokens]
    for phrase, spelled, weight in phrases + plurals:
        has_capital = any(char.isupper() for char in phrase)
        tokens = tuple(spelled if has_capital else (token.casefold() for token in spelled))
        if tokens and tokens not in known:
            known.add(tokens)
            entry = _Phrase(topic=topic.id, text=phrase, weight=weight)
            yield _Spelling(phrase=entry, tokens=tokens, has_capital=has_capital)


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"


def _lead(text: str) -> str:
    """The first characters of a text; a word cut in two could read as another one and is left out."""
    return text if len(text) <= LEAD else text[: LEAD + 1].rsplit(maxsplit=1)[0][:LEAD]


def _place(in_title: int, in_text: int) -> str:
    places = ["in the title"] * bool(in_title) + [f"{in_text}x in the text" if in_text > 1 else "in the text"] * bool(
        in_text
    )
    return " and ".join(places)


def _score(topic: str, points: list[tuple[float, str]], *, hinted: bool) -> TopicScore:
    total = sum(value for value, _ in points)
    if hinted and total > 0:
        points = [*points, (total * (HINT - 1), f"{total * (HINT - 1):.1f} for its source's hint")]
    points = sorted(points, key=lambda point: (-abs(point[0]), point[1]))
    score = round(sum(value for value, _ in points), 2)
    return TopicScore(topic=topic, score=score, reasons=tuple(reason for _, reason in points))
