"""Text -> its words, and articles -> the one order in which every question is asked of them."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import groupby

from digest.core.model import Article

# \w leaves out combining marks, which would cut Arabic, Hebrew and Indic words in the middle.
WORD = r"[\w\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0900-\u0963\u0966-\u0eff]+"
_WORD = re.compile(WORD)
# Thai, Lao, Khmer, Burmese, kana and Han are written without spaces.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


def normal(text: str) -> str:
    """The text with compatibility forms (full width, ligatures, styled letters) as plain letters: NFKC."""
    return unicodedata.normalize("NFKC", text)


def words(text: str) -> list[str]:
    """The words of a text, normalised and case-folded, without punctuation.

    Where a script has no spaces, each pair of neighbouring characters stands for a word, as is usual in retrieval.
    """
    return _WORD.findall(spaced(normal(text).casefold()))


def spaced(text: str) -> str:
    """The text with spaces around each pair of neighbouring characters of a script that has none."""
    return text if text.isascii() or not _UNSPACED.search(text) else _UNSPACED.sub(_pairs, text)


def overlap(left: Collection[object], right: Collection[object]) -> float:
    """The Jaccard similarity of two collections: 0 when nothing is shared, 1 when they hold the same."""
    first, second = set(left), set(right)
    return len(first & second) / len(first | second) if first or second else 1.0


def body(article: Article) -> str:
    """The article's text; of one that came without, the publisher's summary."""
    return article.text or article.summary


def oldest_first(articles: Iterable[Article]) -> list[Article]:
    """Articles by date, then id; the rest of an article decides between equal ids, so that no input order matters."""
    ordered = sorted(articles, key=_moment)
    ties = (list(equal) for _, equal in groupby(ordered, key=_moment))
    # Spelling out an article is slow and large: only those that nothing else tells apart.
    return [article for equal in ties for article in (sorted(equal, key=repr) if len(equal) > 1 else equal)]


def _moment(article: Article) -> tuple[datetime, str]:
    return article.date, article.id


def _pairs(run: re.Match[str]) -> str:
    text = run[0]
    pairs = (text[start : start + 2] for start in range(max(1, len(text) - 1)))
    return f" {' '.join(pairs)} "
