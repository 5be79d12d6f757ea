"""Topic rules and an article -> the topics it belongs to, each with its score and the phrases that gave it."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence

from digest.core.model import Article, TopicScore
from digest.core.settings import TopicRules
from digest.understand._phrases import Phrase, Spelling, spellings, tokens
from digest.understand._words import body

# More text gains nothing in macro-F1, and a scraped tail names other topics (facts, 2.1 and 8).
LEAD = 600
TITLE = 3
"""A phrase in the title counts like three in the text."""
REPEATS = 2.2
"""The most that repeats make of a weight: below a floor of 4.5, a phrase of 2.0 never decides alone."""
SHORT, ONCE = 300, 1.4
"""A text of fewer characters says each thing once: one mention makes 1.4 of a weight (macro-F1 0.944 -> 0.965)."""
HINT = 1.2
"""What a source's hint makes of a score."""

# What a site puts between or after sentences to lead to other articles: "Read also: ...", "More from us: ...".
_TEASER = re.compile(
    r"(?:^|(?<=\n)|(?<=[.!?…\"”’)] ))(?:also (?:read|see|in|on)|(?:read|see)(?: also| more| next)|up next|"
    r"don['’]t miss|you (?:may|might)(?: also)? (?:like|enjoy)|more (?:from|on|in|stories|news)|"
    r"(?:related|popular|trending|recommended|latest|most (?:read|popular|viewed))"
    r"(?= ?(?:now|for you|stor|article|news|post|read|coverage|topic|on|in|:)))\b[^:.!?\n]{0,30}: [^.!?\n]*[.!?]?",
    re.IGNORECASE,
)


class Classifier:
    """Topic rules compiled once; each token of a text is looked up, so more phrases cost next to nothing."""

    def __init__(self, rules: Sequence[TopicRules]) -> None:
        self._floors = {topic.id: topic.floor for topic in rules}
        self._spellings: defaultdict[str, list[Spelling]] = defaultdict(list)
        for spelling in (spelling for topic in rules for spelling in spellings(topic)):
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
        opening = lead(text)
        titles, texts = Counter(self._find(title)), Counter(self._find(_TEASER.sub("\n", opening)))
        once = ONCE if len(opening) < SHORT else 1.0
        points: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
        for phrase in titles | texts:
            in_title, in_text = titles[phrase], texts[phrase]
            value = phrase.weight * min(max(1 + math.log(TITLE * in_title + in_text), once), REPEATS)
            points[phrase.topic].append((value, f'"{phrase.text}" {value:.1f} {_place(in_title, in_text)}'))
        scores = [_score(topic, found, hinted=topic in hints) for topic, found in points.items()]
        return tuple(sorted(scores, key=lambda found: (-found.score, found.topic)))

    def _find(self, text: str) -> Iterator[Phrase]:
        """The phrases in a text; where phrases of one topic overlap, only the first and longest."""
        found = tokens(text)
        folded = [token.casefold() for token in found]
        taken: dict[str, int] = {}
        for start, first in enumerate(folded):
            for spelling in self._spellings.get(first, ()):
                end = start + len(spelling.tokens)
                here = found if spelling.has_capital else folded
                topic = spelling.phrase.topic
                if taken.get(topic, 0) <= start and tuple(here[start:end]) == spelling.tokens:
                    taken[topic] = end
                    yield spelling.phrase


def lead(text: str) -> str:
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
