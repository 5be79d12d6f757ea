"""Texts -> the facts that an article adds to what was told: numbers, names and turns, comparable between outlets."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from digest.core.model import Article
from digest.understand._words import body, normal

LEAD = 1_500
LEAD_WORDS = 60
"""A text says its news first; further down stands background."""
ROUNDED, NEAR, LARGE = 0.01, 0.1, 1_000
"""A large number that differs by so little, or a small one that is "about" so near, is the same number."""
SMALL = 10
"""Smaller numbers are facts only in a title: "two people said"."""
STEM = 6
MUCH, MOST = 0.5, 0.6
"""Of the words of a lead: so many that were not told count as a fact, or as two.

Measured on three written fortnights: up to 0.56 where another said the same, from 0.46 where something happened.
"""
NOUNS = 0.22
"""More capitals inside sentences than that mark nouns: 0.08 to 0.13 in four English fortnights, 0.4 in German news."""
WORD = 4
"""Shorter words bind others together."""

_CLOCK = re.compile(r"\b\d{1,2}:\d\d\b")
_TOKEN = re.compile(r"(?P<number>\d[\d.,]*\d|\d)(?P<scale>(?:k|m|mn|bn|tn)\b)?|(?P<word>[^\W\d_]+)", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
# A capital marks a name where no sentence begins.
_INSIDE = re.compile(r"(?<=[\w,;'’“\"(] )[^\W\d_]+")
_CAPITAL = r"[A-Z\u00c0-\u00de\u0370-\u042f][^\W\d_]+"
_NAMED = re.compile(rf"{_CAPITAL}(?:[ -]{_CAPITAL})*|\d[\d.,]*\d")
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9, "tn": 1e12}
_JOINTS = (" ", "-", "\u2010", "\u2011")
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SPELLED = {word: number for number, word in enumerate(_UNITS) if number > 1} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
_ABOUT = frozenset(["about", "almost", "approximately", "around", "nearly", "roughly", "some"])
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
)
_TURNS = frozenset(
    re.findall(
        r"\w+",
        """
        abandon accept acquit admit agree apolog appeal approv arrest ban bankru begin block cancel captur
        charge clear close collap comple confir convic dead deal death defeat delay denies deny die dies dismis
        drop elect end ends escape evacua expel fail find fine fined fire fired found freed give guilty halt
        indict insolv jail kill lift lose loses lost merge offer oust overtu pass pause pay plead postpo quit
        reach recall recove reject releas reopen replac rescue resign restar restor resume return revers rule
        ruled scrap seize senten settle sign sink start step steps stop strike sue sued suspen toll trial upheld
        uphold verdic veto vote walk warn win wins withdr won
        """,
    )
)
"""What words begin with that say how things turned out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an article adds, in its own words, each once."""

    title: tuple[str, ...]
    lead: tuple[str, ...]
    weight: int
    """How many facts it counts as: a changed count in the title is two, and so is a lead that says mostly new words."""
    title_weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What readers were told of a story."""

    numbers: frozenset[float]
    stems: frozenset[str]
    has_counts: bool
    """Whether a title gave a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    text: str
    number: float | None
    is_about: bool
    follows: bool
    """Nothing but a space or a hyphen stands before it."""


def known(articles: Collection[Article]) -> Known:
    """All that the articles say, to their last word."""
    tokens = [token for a in articles for text in (a.title, a.summary, a.text) for token in _tokens(text)]
    return Known(
        numbers=frozenset(token.number for token in tokens if token.number is not None),
        stems=frozenset(stem(token.text) for token in tokens),
        has_counts=any(token.number is not None for a in articles for token in _tokens(a.title)),
    )


def names(articles: Iterable[Article], outlets: Iterable[str]) -> frozenset[str]:
    """Words that always have a capital, also inside sentences; not the names of days, months and outlets.

    None where a capital marks every noun, as in German: nothing tells names from other words there.
    """
    texts = [normal(text) for a in articles for text in (a.summary, a.text)]
    inside = [word for text in texts for word in _INSIDE.findall(text)]
    capital = {word.casefold() for word in inside if word[0].isupper() and len(word) > 1}
    if sum(word[0].isupper() for word in inside) > NOUNS * len(inside):
        return frozenset()
    small = {word for text in texts for word in re.findall(r"[^\W\d_]+", text) if word.islower()}
    ours = {token.text.casefold() for outlet in outlets for token in _tokens(outlet)}
    return frozenset(capital - small - ours - {*_DAYS, *_MONTHS})


def proper_names(article: Article, proper: Collection[str]) -> list[str]:
    """The names in an article, words that follow each other as one; and its numbers but for the small ones."""
    found: list[str] = []
    for match in _NAMED.finditer(f"{normal(article.title)}\n{normal(body(article)[:LEAD])}"):
        words = match[0].casefold().split()
        found += [name for name in (" ".join(word for word in words if word in proper),) if name]
        found += words if match[0][0].isdigit() else []
    return found


def added(article: Article, before: Known, proper: Collection[str]) -> Facts:
    """The facts of an article that were not told before; `proper` are the names that any article has."""
    year = float(article.date.year)
    title_tokens = list(_tokens(article.title))
    lead_tokens = list(_tokens(body(article)))[:LEAD_WORDS]
    counts = [token.text for token in title_tokens if _is_new_number(token, before, year)]
    turns = [t.text for t in title_tokens if stem(t.text) in _TURNS and stem(t.text) not in before.stems]
    title = dict.fromkeys([*counts, *_new_names(title_tokens, before, proper), *turns])
    lead = [
        token.text
        for token in lead_tokens
        if _is_new_number(token, before, year) and (token.number or 0) >= SMALL and token.text not in title
    ]
    said = {stem(word) for fact in title for word in fact.split()}
    lead += [name for name in _new_names(lead_tokens, before, proper) if not {stem(w) for w in name.split()} & said]
    title_weight = len(title) + (len(counts) if before.has_counts else 0)
    unheard = _unheard(lead_tokens, before)
    return Facts(
        title=tuple(title),
        lead=tuple(dict.fromkeys(lead)),
        weight=title_weight + len(set(lead)) + (unheard >= MUCH) + (unheard >= MOST),
        title_weight=title_weight,
    )


def _unheard(tokens: Iterable[_Token], before: Known) -> float:
    """The share of a text's words that were not told."""
    stems = {stem(token.text) for token in tokens if token.number is None and len(token.text) >= WORD}
    return len(stems - before.stems) / len(stems) if stems else 0.0


def _tokens(text: str) -> Iterator[_Token]:
    """Words and numbers, without dates and times of day."""
    text = _CLOCK.sub(" ", normal(text))
    found = list(_TOKEN.finditer(text))
    words = [match[0].casefold() for match in found]
    for place, match in enumerate(found):
        before = words[max(0, place - 2) : place]
        after = words[place + 1] if place + 1 < len(words) else ""
        number = _number(match, words, place)
        if number is not None and (after in _MONTHS or (before and before[-1] in _MONTHS)):
            continue
        gap = text[found[place - 1].end() : match.start()] if place else ""
        yield _Token(text=match[0], number=number, is_about=bool(_ABOUT & set(before)), follows=gap in _JOINTS)


def _number(match: re.Match[str], words: list[str], place: int) -> float | None:
    after = words[place + 1] if place + 1 < len(words) else ""
    if match["word"]:
        number = _SPELLED.get(words[place])
        if number is None or (place and words[place - 1] in _TENS):
            return None
        return float(number + (_SPELLED.get(after, 0) if words[place] in _TENS and after in _UNITS else 0))
    digits = match["number"]
    plain = re.sub(r"[.,]", "", digits) if _GROUPED.fullmatch(digits) else digits.replace(",", ".")
    if plain.count(".") > 1:
        return None
    scale = match["scale"].casefold() if match["scale"] else after
    return float(plain) * _SCALES.get(scale, 1)


def _is_new_number(token: _Token, before: Known, year: float) -> bool:
    number = token.number
    if number is None or number == year:
        return False
    slack = NEAR if token.is_about else ROUNDED if number >= LARGE else 0.0
    return not any(abs(number - other) <= slack * max(number, other) for other in before.numbers)


def _new_names(tokens: Iterable[_Token], before: Known, proper: Collection[str]) -> Iterator[str]:
    """Names that were not told."""
    return _runs(tokens, [name for name in proper if stem(name) not in before.stems])


def _runs(tokens: Iterable[_Token], proper: Collection[str]) -> Iterator[str]:
    """Names, words that follow each other as one."""
    run: list[str] = []
    for token in tokens:
        is_name = token.text[0].isupper() and token.text.casefold() in proper
        if run and not (is_name and token.follows):
            yield " ".join(run)
            run = []
        if is_name:
            run.append(token.text)
    if run:
        yield " ".join(run)


def stem(word: str) -> str:
    """What the forms of a word begin with."""
    return word.casefold()[:STEM]
