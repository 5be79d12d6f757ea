"""Articles -> groups of articles that tell of one event, by the words, names and numbers they share."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain, islice
from typing import TypeAlias

from digest.core.model import Article
from digest.understand._linking import Pair, link
from digest.understand._profiles import Profile, likeness, profiles
from digest.understand._words import oldest_first

THRESHOLD, MANY_THRESHOLD = 0.20, 0.25
"""The least average likeness within a story of 1,000 articles or fewer, and of 10,000: the more there are, the more are
alike by chance; both were measured (facts, 3.1 and 3.2)."""
FEW, MANY = 1_000, 10_000
HIGHEST = 0.28
WINDOW = timedelta(hours=72)
"""Articles further apart are not compared: what happens every week reads alike every week."""
WORDS, NAMES, RECENT, SHARED = 16, 8, 50, 2
"""An article is compared with those that share two of its 16 heaviest words and 8 heaviest names; each of these finds
the latest 50 articles that have it, so no article is compared with more than 600.

Measured: all pairs within the window make the same stories, on the labelled sets alone and among 3,800 others.
"""
FAINT = 0.05
"""Pairs less alike are taken for 0: ten in eleven of the pairs, and no labelled story changes."""

_Index: TypeAlias = defaultdict[str, list[int]]


def group(articles: Sequence[Article]) -> tuple[tuple[Article, ...], ...]:
    """Stories as groups, oldest first inside and among each other; every article is in exactly one.

    Two groups become one while the mean likeness of their articles is the highest there is and reaches the threshold;
    articles that share too little to be compared are not alike, so a chain of likenesses makes no story.
    """
    ordered = oldest_first(articles)
    found = link(len(ordered), _pairs(profiles(ordered)), threshold(len(ordered)))
    return tuple(tuple(ordered[number] for number in members) for members in found)


def threshold(count: int) -> float:
    """The least average likeness within a story when so many articles are compared."""
    share = math.log(max(count, FEW) / FEW) / math.log(MANY / FEW)
    return min(HIGHEST, THRESHOLD + (MANY_THRESHOLD - THRESHOLD) * share)


def _pairs(compared: Sequence[Profile]) -> list[Pair]:
    """How alike the pairs are that may be alike at all, the lower number first."""
    pairs = ((first, second, likeness(compared[first], compared[second])) for first, second in _candidates(compared))
    return [pair for pair in pairs if pair[2] >= FAINT]


def _candidates(compared: Sequence[Profile]) -> Iterator[tuple[int, int]]:
    """Pairs near in time that share key words; the index holds what came before, so each pair comes once."""
    by_word: _Index = defaultdict(list)
    by_name: _Index = defaultdict(list)
    for number, profile in enumerate(compared):
        having = [by_word[word] for word in islice(profile.words, WORDS)]
        having += [by_name[name] for name in islice(profile.names, NAMES)]
        # The place where most time would go: counted by the library, pair by pair only what shares enough.
        shared = Counter(chain.from_iterable(numbers[-RECENT:] for numbers in having))
        for numbers in having:
            numbers.append(number)
        for other, times in shared.items():
            if times >= SHARED and profile.date - compared[other].date <= WINDOW:
                yield other, number
