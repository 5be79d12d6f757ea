"""Likenesses of pairs -> groups by average link, component by component, none of them without bounds."""

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

LARGEST, STEP = 20_000, 0.03
"""A component with more members is taken apart at a higher threshold: each step may change all of its means.

10,000 members with 120,000 pairs take half a second, and real news of 4,000 articles has a component of 2,300.
"""

Pair: TypeAlias = tuple[int, int, float]
"""Two numbers, the lower first, and how alike they are."""
_Near: TypeAlias = dict[int, dict[int, float]]


def link(count: int, pairs: Collection[Pair], threshold: float) -> list[list[int]]:
    """The groups of the numbers below `count`, each sorted, by their lowest number.

    Average link: two groups become one while the mean likeness of their members is the highest there is and reaches
    the threshold. Pairs that are not given count as 0.
    """
    groups: list[list[int]] = []
    waiting = [(threshold, list(range(count)), pairs)]
    while waiting:
        least, numbers, among = waiting.pop()
        for members, inside in _components(numbers, among, least):
            if len(members) > LARGEST:
                waiting.append((least + STEP, members, inside))
            else:
                groups += _average_link(members, inside, least)
    return sorted(groups)


def _components(
    numbers: Sequence[int], pairs: Collection[Pair], threshold: float
) -> Iterable[tuple[list[int], list[Pair]]]:
    """What is connected by pairs that reach the threshold, with all pairs inside."""
    parents = {number: number for number in numbers}
    for first, second, likeness in pairs:
        if likeness >= threshold:
            one, other = _root(parents, first), _root(parents, second)
            parents[max(one, other)] = min(one, other)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for number in numbers:
        members[_root(parents, number)].append(number)
    inside: defaultdict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        root = _root(parents, pair[0])
        if root == _root(parents, pair[1]):
            inside[root].append(pair)
    return ((found, inside[root]) for root, found in members.items())


def _root(parents: dict[int, int], number: int) -> int:
    while parents[number] != number:
        parents[number] = number = parents[parents[number]]
    return number


def _average_link(numbers: Sequence[int], pairs: Iterable[Pair], threshold: float) -> list[list[int]]:
    """The groups of one component; a group is known by its lowest number."""
    members = {number: [number] for number in numbers}
    near: _Near = {number: {} for number in numbers}
    heap = []
    for first, second, likeness in pairs:
        near[first][second] = near[second][first] = likeness
        if likeness >= threshold:
            heap.append((-likeness, first, second))
    heapq.heapify(heap)
    while heap:
        likeness, first, second = heapq.heappop(heap)
        # What was pushed before one of the two grew is out of date.
        if second in members and first in members and -likeness == _average(members, near, first, second):
            _merge(members, near, first, second)
            for other in near[first]:
                pair = min(first, other), max(first, other)
                average = _average(members, near, *pair)
                if average >= threshold:
                    heapq.heappush(heap, (-average, *pair))
    return [sorted(group) for group in members.values()]


def _merge(members: dict[int, list[int]], near: _Near, first: int, second: int) -> None:
    """The second group becomes part of the first; likenesses to others add up."""
    members[first] += members.pop(second)
    for other, total in near.pop(second).items():
        del near[other][second]
        if other != first:
            near[first][other] = near[other][first] = near[first].get(other, 0.0) + total


def _average(members: Mapping[int, Sequence[int]], near: _Near, first: int, second: int) -> float:
    return near[first].get(second, 0.0) / (len(members[first]) * len(members[second]))
