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

THRESHOLD, MANY_THRESHOLD = 0.19, 0.22
"""The least average likeness within a story of 1,000 articles or fewer, and of 10,000: the more there are, the more are
alike by chance. Measured up to 4,000 articles: 0.17 to 0.20 and 0.18 to 0.22 do about as well.
"""
FEW, MANY = 1_000, 10_000
HIGHEST = 0.25
WINDOW = timedelta(hours=72)
"""Articles further apart are not compared: what happens every week reads alike every week."""
WORDS, NAMES, RECENT = 16, 8, 50
"""An article is found by its heaviest words and names; each of them finds the latest 50 articles that have it."""
SHARED, RARE = 3, 10
"""Compared are articles that share three of these; one that fewer than 10 others in the window have counts twice.

Measured: all pairs within the window make the same stories, on the labelled sets alone and among 3,800 others. No
article is compared with more than 400.
"""
FAINT = 0.07
"""Pairs less alike are taken for 0: most pairs are, and no labelled story changes."""

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
        since = profile.date - WINDOW
        having = [by_word[word] for word in islice(profile.words, WORDS)]
        having += [by_name[name] for name in islice(profile.names, NAMES)]
        latest = [numbers[-RECENT:] for numbers in having]
        rare = (found for found in latest if len(found) < RARE or compared[found[-RARE]].date < since)
        # Nearly all of the time would go here: the library counts, and only what shares enough is looked at.
        shared = Counter(chain.from_iterable(chain(latest, rare)))
        for numbers in having:
            numbers.append(number)
        for other, times in shared.items():
            if times >= SHARED and compared[other].date >= since:
                yield other, number
