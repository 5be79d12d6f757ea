"""Articles and stories that were told -> which of these an article tells of again."""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from digest.core.model import Article, Told
from digest.understand import _facts
from digest.understand._words import body, words

WORD_SHARE = 0.6
"""The rest is the names' (facts, 3.1)."""
TITLE, LEAD_WORDS, LEAD = 2, 200, 1_500
WINDOW = timedelta(hours=72)
SURE = 0.1
"""What a firm and its product, or a bridge and its town, add when they are named together again."""
WORD = 4
KEYS = 25
"""Compared is what shares two of so many heaviest words."""

_Vector = Mapping[str, float]


class Likeness:
    """How alike new articles and those that were told are, by the words, names and numbers they share."""

    def __init__(self, stories: Sequence[Sequence[Article]], told: Sequence[Told]) -> None:
        found = [article for story in stories for article in story]
        carried = [(story.id, article) for story in told for article in story.articles]
        everything = [*found, *(article for _, article in carried)]
        proper = _facts.names(everything, {article.source for article in everything})
        groups = [
            *(f"new {number}" for number, story in enumerate(stories) for _ in story),
            *(one for one, _ in carried),
        ]
        is_told = [*(False for _ in found), *(True for _ in carried)]
        worded = _weighed([Counter(_words(article)) for article in everything], groups, is_told)
        named = _weighed([Counter(_facts.proper_names(article, proper)) for article in everything], groups, is_told)
        vectors = list(zip(worded, named, strict=True))
        self._new = {article.id: vector for article, vector in zip(found, vectors, strict=False)}
        self._told = [(story, *vector) for (story, _), vector in zip(carried, vectors[len(found) :], strict=True)]
        self._tellers: defaultdict[str, set[str]] = defaultdict(set)
        for story, _, its_names in self._told:
            for name in its_names:
                self._tellers[name].add(story)
        self._newest = {story.id: max(a.date for a in story.articles) for story in told if story.articles}
        self._index: defaultdict[str, list[int]] = defaultdict(list)
        for number, (_, its_words, _) in enumerate(self._told):
            for key in _keys(its_words):
                self._index[key].append(number)

    def told(self, articles: Iterable[Article], near: float, far: float) -> str:
        """The id of the story most like any of the articles; empty when none is so much.

        `near` is asked of a story of which something came within 72 hours, `far` of any other.
        """
        best = max((self._nearest(article, near, far) for article in articles), default=(0.0, ""))
        return best[1]

    def _nearest(self, article: Article, near: float, far: float) -> tuple[float, str]:
        its_words, its_names = self._new[article.id]
        shared = Counter(number for key in _keys(its_words) for number in self._index.get(key, ()))
        found = [(0.0, "")]
        for number in sorted(number for number, keys in shared.items() if keys > 1):
            story, *other = self._told[number]
            alike = _alike(its_words, its_names, *other) + self._sure(its_names, other[1], story)
            if alike >= (near if article.date - self._newest[story] <= WINDOW else far):
                found.append((alike, story))
        return max(found)

    def _sure(self, names: _Vector, other: _Vector, story: str) -> float:
        """More for two names that together stand in no other story that was told."""
        own = [name for name in names if name in other and not name[0].isdigit() and self._tellers[name] == {story}]
        return SURE if len(own) > 1 else 0.0


def _words(article: Article) -> list[str]:
    title = [_facts.stem(word) for word in words(article.title) if len(word) >= WORD]
    return title * TITLE + [_facts.stem(word) for word in words(body(article))[:LEAD_WORDS] if len(word) >= WORD]


def _weighed(counts: Sequence[Counter[str]], groups: Sequence[str], is_told: Sequence[bool]) -> list[_Vector]:
    """Vectors of length 1: (1 + ln tf) * ln((N + 1) / (df + 0.5)), N and df in stories.

    That today's story and one that was told share a word makes the word no commoner.
    """
    before: defaultdict[str, set[str]] = defaultdict(set)
    today: defaultdict[str, set[str]] = defaultdict(set)
    for count, group, was_told in zip(counts, groups, is_told, strict=True):
        for term in count:
            (before if was_told else today)[term].add(group)
    number = len(set(groups))
    rarity = {
        term: math.log((number + 1) / (max(1, len(before[term]) + max(0, len(today[term]) - 1)) + 0.5))
        for term in sorted(before.keys() | today.keys())
    }
    return [_unit({term: (1 + math.log(times)) * rarity[term] for term, times in count.items()}) for count in counts]


def _unit(vector: _Vector) -> _Vector:
    length = math.sqrt(math.fsum(weight * weight for weight in vector.values()))
    return {term: weight / length for term, weight in vector.items()} if length else {}


def _keys(vector: _Vector) -> list[str]:
    return heapq.nlargest(KEYS, vector, key=lambda term: (vector[term], term))


def _alike(words_: _Vector, names: _Vector, other_words: _Vector, other_names: _Vector) -> float:
    """0 to 1; one shared name, which may be the firm behind two events, counts only half; without names, the words."""
    by_name = [weight * other_names[name] for name, weight in names.items() if name in other_names]
    by_word = math.fsum(weight * other_words[term] for term, weight in words_.items() if term in other_words)
    if not names or not other_names:
        return by_word
    return WORD_SHARE * by_word + (1 - WORD_SHARE) * math.fsum(by_name) * min(1, len(by_name) / 2)
