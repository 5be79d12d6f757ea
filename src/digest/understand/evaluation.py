"""Topic rules and labelled examples -> precision, recall and F1 of each topic, and what came out wrong."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.core import text
from digest.core.errors import UsageError
from digest.core.settings import TopicRules
from digest.understand.topics import Classifier

OTHER = "other"
"""The label of an article that belongs to no topic."""
SAMPLE = '{"title": "...", "text": "...", "topics": ["ai"]}'
"""A line of a file of examples."""
_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled article."""

    title: str
    text: str
    topics: frozenset[str]
    """Empty when it belongs to no topic."""
    optional: frozenset[str] = frozenset()
    """Labels that count neither way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How well one label was given, each figure from 0 to 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """An example that got other labels than expected, both sorted."""

    title: str
    expected: tuple[str, ...]
    got: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What topic rules are worth on labelled examples."""

    articles: int
    macro_f1: float
    """The mean F1 of `topics`."""
    topics: Mapping[str, Measure]
    """The newsletter's topics and `other`; a label that no example expects is left out."""
    wrong: tuple[Wrong, ...]


def evaluate(rules: Sequence[TopicRules], examples: Iterable[Example]) -> Evaluation:
    """What the rules are worth; labels of topics that the newsletter has not are no topic to it."""
    classifier, topics = Classifier(rules), {topic.id for topic in rules}
    judged = [(example, *_labels(classifier, topics, example)) for example in examples]
    measures = {
        label: _measure(label, [(expected, got) for _, expected, got in judged])
        for label in [topic.id for topic in rules] + [OTHER]
        if any(label in expected for _, expected, _ in judged)
    }
    wrong = [
        Wrong(title=example.title, expected=tuple(sorted(expected)), got=tuple(sorted(got)))
        for example, expected, got in judged
        if expected != got
    ]
    mean = sum(measure.f1 for measure in measures.values()) / len(measures) if measures else 0.0
    return Evaluation(articles=len(judged), macro_f1=mean, topics=measures, wrong=tuple(wrong))


def strangers(rules: Sequence[TopicRules], examples: Iterable[Example]) -> dict[str, int]:
    """The labels that are no topic of the newsletter, perhaps misspelled, with how many examples have each."""
    known = {topic.id for topic in rules} | {OTHER}
    return dict(
        sorted(Counter(_shown(label) for each in examples for label in (each.topics | each.optional) - known).items())
    )


def read_examples(path: Path) -> tuple[Example, ...]:
    """The examples of a JSON Lines file; UsageError names file, line and what is wrong there."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: cannot be read: byte {error.start + 1} is not UTF-8") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    return tuple(_example(line, f"{path}, line {number}") for number, line in numbered)


def _labels(classifier: Classifier, topics: set[str], example: Example) -> tuple[frozenset[str], frozenset[str]]:
    """The labels expected and got, without the optional ones."""
    expected = (example.topics & topics) or {OTHER}
    got = frozenset(found.topic for found in classifier.passed(example.title, example.text)) - example.optional
    return frozenset(expected) - example.optional, (got or frozenset({OTHER})) - example.optional


def _measure(label: str, judged: Sequence[tuple[frozenset[str], frozenset[str]]]) -> Measure:
    right = sum(label in expected and label in got for expected, got in judged)
    expected_count = sum(label in expected for expected, _ in judged)
    got_count = sum(label in got for _, got in judged)
    return Measure(
        precision=right / got_count if got_count else 0.0,
        recall=right / expected_count if expected_count else 0.0,
        f1=2 * right / (expected_count + got_count) if right else 0.0,
    )


def _example(line: str, place: str) -> Example:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        where = (
            "it ends too early" if error.pos >= len(line.rstrip()) else f"it breaks off at character {error.pos + 1}"
        )
        raise UsageError(f"{place}: not JSON, {where}: found {_shown(line)}, needed {SAMPLE}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place}: not JSON that can be read: found {_shown(line)}, needed {SAMPLE}") from error
    if not isinstance(row, dict):
        raise UsageError(f"{place}: found {_shown(line)}, needed an object such as {SAMPLE}")
    return Example(
        title=text.line(_text(row, "title", place)),
        text=_text(row, "text", place),
        topics=_names(row, "topics", place) - {OTHER},
        optional=_names({"optional": [], **row}, "optional", place),
    )


def _text(row: Mapping[str, object], key: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise UsageError(f'{place}: "{key}" must be a text, found {_found(row, key)}')
    return value


def _names(row: Mapping[str, object], key: str, place: str) -> frozenset[str]:
    value = row.get(key)
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise UsageError(f'{place}: "{key}" must be a list of topic names, found {_found(row, key)}')
    return frozenset(value)


def _found(row: Mapping[str, object], key: str) -> str:
    return _shown(json.dumps(row[key], ensure_ascii=False)) if key in row else "nothing"


def _shown(value: str) -> str:
    return text.line(value, _SHOWN)
