"""Articles -> what they are compared by: weighted words, and weighted names and numbers."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from operator import mul
from typing import TypeAlias

from digest.core.model import Article
from digest.understand._words import WORD, body, normal, spaced

WORD_SHARE, NAME_SHARE = 0.7, 0.3
"""On two labelled sets 0.5 and 0.6 of words find as much and merge more; embeddings were no better (facts, 3.1)."""
LEAD_WORDS, LEAD = 200, 1_500
LONGEST_WORD = 20
TITLE = 2
"""A word of the title counts as often as two in the text."""
STEM = 6
"""Words that begin alike are one word: 0.02 more BCubed F1 than whole words, alone or among 3,800 others."""
ONCE = 0.5
"""What a word counts that no other article has: it cannot be known as rare, and one text's own words drown the rest.

Measured on the labelled set: 0.04 more BCubed F1 in a small batch, 0.01 more among 3,800 others.
"""
HEAVIEST = 64
"""So many words and so many names are kept of an article: all of them find the same stories, 40 find 0.01 less."""
NAMES = 3
"""So many shared names and numbers count in full; one or two, perhaps the firm behind two events, count in part."""
LETTERS = 100
"""A text that has no small letter among so many characters is taken for a script without capitals."""

# A number is one word with its separators: 4.75 and 2,300 tell more than 4, 75, 2 and 300.
_TOKEN = re.compile(rf"\d[\d.,]*\d\b|{WORD}")
# A capital inside a sentence marks a name; where a sentence begins it marks nothing. The space in front is found fast.
_INSIDE = re.compile(r" (?<=[\w,;:'’“\"(] )(?![a-z])(\d[\d.,]*\d\b|\w+)")

_Vector: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an article is compared by, the heaviest first; before words are left out, a vector's length is 1."""

    date: datetime
    words: _Vector
    names: _Vector
    has_names: bool
    """Whether its script can mark names at all."""


def profiles(articles: Sequence[Article]) -> list[Profile]:
    """The profiles of articles, in their order; what weighs how much depends on all of them."""
    # Each different word is looked at once, and one string serves all articles that have it.
    stem: dict[str, str] = {}
    name: dict[str, str] = {}
    capital, small = Counter[str](), Counter[str]()
    stems, names = [], []
    for article in articles:
        title = _tokens(article.title)
        tokens = title + _tokens(body(article))
        inside = _inside(article)
        for token in inside.union(tokens).difference(stem):
            stem[token], name[token] = _stem(token), _name(token)
        plain = set(filter(str.islower, tokens))
        stems.append(tuple(map(stem.__getitem__, title * (TITLE - 1) + tokens)))
        names.append([found for found in filter(None, map(name.__getitem__, tokens)) if found not in plain])
        capital.update(set(filter(None, map(name.__getitem__, inside))))
        small.update(plain)
    # What sentences have small more often than inside with a capital is no name.
    known = [[word for word in found if capital[word] > small[word]] for found in names]
    vectors = zip(articles, _weigh(stems), _weigh(known), strict=True)
    return [
        Profile(date=article.date, words=word, names=name, has_names=_has_small_letters(article))
        for article, word, name in vectors
    ]


def likeness(first: Profile, second: Profile) -> float:
    """0 to 1: cosines of words and of names; where no script has capitals, of words alone."""
    by_word = _product(first.words, second.words, first.words.keys() & second.words.keys())
    if not (first.has_names or second.has_names):
        return by_word
    names = first.names.keys() & second.names.keys()
    return WORD_SHARE * by_word + NAME_SHARE * _product(first.names, second.names, names) * min(1, len(names) / NAMES)


def _product(first: _Vector, second: _Vector, terms: AbstractSet[str]) -> float:
    # Sets keep no order, and only this sum does not depend on one.
    return math.fsum(map(mul, map(first.__getitem__, terms), map(second.__getitem__, terms)))


def _tokens(text: str) -> list[str]:
    """The first words and numbers of a text as it writes them."""
    return _TOKEN.findall(spaced(normal(text[: LEAD_WORDS * LONGEST_WORD])))[:LEAD_WORDS]


def _inside(article: Article) -> set[str]:
    return set(_INSIDE.findall(normal(body(article)[:LEAD])))


def _stem(token: str) -> str:
    return token if token[0].isdigit() else token.casefold()[:STEM]


def _name(token: str) -> str:
    """The name or number that a word is, the same in each spelling; empty if it is none."""
    return token.casefold() if len(token) > 1 and (token[0].isupper() or token[0].isdigit()) else ""


def _has_small_letters(article: Article) -> bool:
    return any(map(str.islower, article.title[:LETTERS])) or any(map(str.islower, body(article)[:LETTERS]))


def _weigh(found: Sequence[Sequence[str]]) -> Iterator[_Vector]:
    """Weights (1 + ln tf) * ln((N + 1) / (df + 0.5)), divided by their length; what one article has leads nowhere."""
    frequency: Counter[str] = Counter()
    for terms in found:
        frequency.update(set(terms))
    rarity = {
        term: math.log((len(found) + 1) / (articles + 0.5)) * (ONCE if articles == 1 else 1)
        for term, articles in frequency.items()
    }
    # What is in nearly all articles weighs nothing, and in all of them less than that.
    leading = {term for term, articles in frequency.items() if articles > 1 and rarity[term] > 0}
    return (_heaviest(Counter(terms), rarity, leading) for terms in found)


def _heaviest(counts: Mapping[str, int], rarity: _Vector, leading: AbstractSet[str]) -> _Vector:
    weights = {
        term: rarity[term] if times == 1 else (1 + math.log(times)) * rarity[term] for term, times in counts.items()
    }
    length = math.hypot(*weights.values())
    kept = sorted([term for term in weights if term in leading], key=weights.__getitem__, reverse=True)
    return {term: weights[term] / length for term in kept[:HEAVIEST]}
