"""Groups and gold events -> BCubed precision, recall and F1 over the articles that belong to an event."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean


def bcubed(groups: Sequence[Sequence[str]], events: Mapping[str, str]) -> tuple[float, float, float]:
    """Articles by id; those without an event are not counted, but spoil the groups they are in."""
    group_of = {name: members for members in groups for name in members}
    sizes = Counter(events.values())
    labelled = [name for name, event in events.items() if event]
    alike = {name: sum(events.get(other) == events[name] for other in group_of[name]) for name in labelled}
    precision = fmean(alike[name] / len(group_of[name]) for name in labelled)
    recall = fmean(alike[name] / sizes[events[name]] for name in labelled)
    return precision, recall, 2 * precision * recall / (precision + recall)
