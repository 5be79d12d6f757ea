"""Articles that editors moved, and what else is stored -> the phrases that would have decided, for topics' files."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from digest.core.model import Article
from digest.core.settings import TopicRules
from digest.understand._phrases import spellings, tokens
from digest.understand._words import body
from digest.understand.topics import Classifier, lead

_Words: TypeAlias = tuple[str, ...]

LONGEST = 3
"""Words of a phrase that is offered."""
OFFERS = 8
"""The most phrases that are offered for one topic."""
STRONG, DECISIVE = 2.0, 3.0
"""2 passes a floor of 4.5 with another term only; 3 is for articles that say nothing else of the topic."""
_TITLE, _NAME = 1.5, 1.3
"""What a place in the title and being a name make of a phrase's worth."""
_SHORTEST = 3
_COMMON = frozenset(
    tokens(
        "a about after again all also am an and any are as at back be because been before being between both but "
        "by call called came can come comes could day days did do does done down during each even every few first "
        "for from get gets give given go goes going got had has have he her here him his how i if in into is it "
        "its just last late like made make makes many may me million month months more most much my near need "
        "needs never new next no not now of off often old on once one only or other our out over own part people "
        "per percent put said same say says see set she should show shows since so some still such take taken "
        "than that the their them then there these they this those three through time to today too two under "
        "until up us use used very was way we week weeks well were what when where which while who why will with "
        "would year years yesterday yet you your"
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A phrase to add to a topic's file."""

    topic: str
    phrase: str
    weight: float
    decides: int
    """Moved articles that the file would place right with this phrase and those above it."""
    changes: int
    """Other stored articles that would change their topics by this phrase alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Background:
    """In how many of the articles that were not moved each phrase stands."""

    inside: Counter[_Words]
    """Those that the topic has."""
    outside: Counter[_Words]


def suggest(
    rules: Sequence[TopicRules],
    moved: Mapping[str, Sequence[Article]],
    stored: Sequence[Article],
    hints: Mapping[str, Collection[str]],
) -> tuple[Suggestion, ...]:
    """What to add for each topic that articles were moved to and that their phrases do not give them.

    `hints` has the topics that each outlet is said to write about. An article moved out of a topic asks for nothing:
    only a person can tell which of its phrases is the wrong one.
    """
    by_id = {article.id: article for articles in moved.values() for article in articles}
    others = [article for article in stored if article.id not in by_id]
    wanted = {_folded(phrase) for article in by_id.values() for phrase, _ in _phrases(article)}
    firsts = {key[0] for key in wanted}
    keys = [_had(article, wanted, firsts) for article in others]
    return tuple(
        suggestion
        for topic in rules
        if topic.id in moved
        for suggestion in _for_topic(topic, moved[topic.id], list(zip(others, keys, strict=True)), hints)
    )


def _for_topic(
    topic: TopicRules,
    moved: Sequence[Article],
    others: Sequence[tuple[Article, set[_Words]]],
    hints: Mapping[str, Collection[str]],
) -> Iterator[Suggestion]:
    now = Classifier([topic])
    placed = [bool(now.classify(article, hints.get(article.source, ()))) for article, _ in others]
    inside, outside = (
        Counter(key for (_, keys), is_in in zip(others, placed, strict=True) if is_in == side for key in keys)
        for side in (True, False)
    )
    background = _Background(inside=inside, outside=outside)
    grown, missed = topic, [article for article in moved if not now.classify(article, hints.get(article.source, ()))]
    for _ in range(OFFERS):
        phrase = _best(missed, background, grown) if missed else None
        if phrase is None:
            return
        weight = _weight(phrase, grown, missed, hints)
        grown = _with(grown, phrase, weight)
        left = _missed(grown, missed, hints)
        alone = Classifier([_with(topic, phrase, weight)])
        key = _folded(tokens(phrase))
        changed = sum(
            key in keys and bool(alone.classify(article, hints.get(article.source, ()))) != was_in
            for (article, keys), was_in in zip(others, placed, strict=True)
        )
        yield Suggestion(topic=topic.id, phrase=phrase, weight=weight, decides=len(missed) - len(left), changes=changed)
        missed = left


def _best(missed: Iterable[Article], background: _Background, topic: TopicRules) -> str | None:
    """The phrase that most of the articles have, then others of the topic, and few else; none that the topic has."""
    known = {_folded(spelling.tokens) for spelling in spellings(topic)}
    had: Counter[_Words] = Counter()
    written: defaultdict[_Words, Counter[_Words]] = defaultdict(Counter)
    in_titles: set[_Words] = set()
    for article in missed:
        phrases = list(_phrases(article))
        had.update({_folded(phrase) for phrase, _ in phrases} - known)
        in_titles |= {_folded(phrase) for phrase, in_title in phrases if in_title}
        for phrase, _ in phrases:
            written[_folded(phrase)][phrase] += 1

    def worth(key: _Words) -> tuple[float, _Words]:
        of_topic, is_name = had[key] + background.inside[key], all(word[0].isupper() for word in shown(key))
        # Headlines pair words that no language pairs ("union settles"): two words need a second witness.
        if of_topic == 1 and len(key) > 1 and not is_name:
            return 0.0, key
        telling = math.log((of_topic + 0.5) / (background.outside[key] + 1))
        place = (_TITLE if key in in_titles else 1.0) * (_NAME if is_name else 1.0)
        return telling * math.log1p(of_topic + had[key]) * place, key

    def shown(key: _Words) -> _Words:
        return max(written[key], key=lambda way: (written[key][way], way))

    found = max(had, key=worth, default=None)
    return " ".join(shown(found)) if found and worth(found)[0] > 0 else None


def _weight(phrase: str, topic: TopicRules, missed: Sequence[Article], hints: Mapping[str, Collection[str]]) -> float:
    """2 where that decides as much as 3."""
    strong, decisive = (len(_missed(_with(topic, phrase, weight), missed, hints)) for weight in (STRONG, DECISIVE))
    return STRONG if strong <= decisive < len(missed) else DECISIVE


def _missed(topic: TopicRules, articles: Iterable[Article], hints: Mapping[str, Collection[str]]) -> list[Article]:
    classifier = Classifier([topic])
    return [article for article in articles if not classifier.classify(article, hints.get(article.source, ()))]


def _with(topic: TopicRules, phrase: str, weight: float) -> TopicRules:
    return replace(topic, phrases={**topic.phrases, phrase: weight})


def _phrases(article: Article) -> Iterator[tuple[_Words, bool]]:
    """Each run of one to three words that could be a phrase, and whether it is in the title."""
    title, text = tokens(article.title), tokens(lead(body(article)))
    names = _names(text) | (_names(title) if _is_sentence(title) else set())
    for in_title, found in ((True, title), (False, text)):
        words = [word if word in names or not word.istitle() else word.casefold() for word in found]
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
                if _could_be_phrase(words[start:end]):
                    yield tuple(words[start:end]), in_title


def _had(article: Article, wanted: set[_Words], firsts: set[str]) -> set[_Words]:
    """Which of the wanted phrases stand in an article; `firsts`, their first words, spare most of the work."""
    words = _folded([*tokens(article.title), ".", *tokens(lead(body(article)))])
    starts = [start for start, word in enumerate(words) if word in firsts]
    return {words[start:end] for start in starts for end in range(start + 1, start + LONGEST + 1)} & wanted


def _names(words: Sequence[str]) -> set[str]:
    """What has its capital in the middle of a sentence too."""
    return {word for before, word in pairwise(words) if word[0].isupper() and before[-1].isalnum()}


def _is_sentence(title: Sequence[str]) -> bool:
    """Whether a title has capitals only where a sentence would."""
    return 2 * sum(word.istitle() for word in title) < len(title)


def _folded(words: Iterable[str]) -> _Words:
    return tuple(word.casefold() for word in words)


def _could_be_phrase(words: Sequence[str]) -> bool:
    """Neither a common word nor a sign nor a mere number in it."""
    return all(word[0].isalpha() and len(word) >= _SHORTEST and word.casefold() not in _COMMON for word in words)
