"""A topic's phrases -> every spelling under which they are looked up, as the tokens of a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest.core.settings import TopicRules
from digest.understand._words import WORD, normal

# Hyphens and apostrophes only separate: "self-driving" is "self driving", "Tesla's" has "Tesla" in it. Any other sign
# is a token of its own, so that no phrase reaches over a full stop.
_TOKEN = re.compile(rf"{WORD}|[^\s\w'’‘‐‑-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One line of a topic's file."""

    topic: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """One way to write a phrase: itself or its plural."""

    phrase: Phrase
    tokens: tuple[str, ...]
    has_capital: bool


def tokens(text: str) -> list[str]:
    """The words and signs of a text in its own case, normalised."""
    return _TOKEN.findall(normal(text))


def spellings(topic: TopicRules) -> Iterator[Spelling]:
    """Each phrase, then the plural of each that is not itself a phrase of the topic."""
    known: set[tuple[str, ...]] = set()
    phrases = [(phrase, tokens(phrase), weight) for phrase, weight in topic.phrases.items()]
    plurals = [(phrase, [*found[:-1], _plural(found[-1])], weight) for phrase, found, weight in phrases if found]
    for phrase, found, weight in phrases + plurals:
        has_capital = any(char.isupper() for char in phrase)
        spelled = tuple(found if has_capital else (token.casefold() for token in found))
        if spelled and spelled not in known:
            known.add(spelled)
            entry = Phrase(topic=topic.id, text=phrase, weight=weight)
            yield Spelling(phrase=entry, tokens=spelled, has_capital=has_capital)


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"
