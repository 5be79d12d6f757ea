"""Text -> its words, and articles -> the one order in which every question is asked of them."""

import re
import unicodedata
from collections.abc import Collection, Iterable

from digest.core.model import Article

# \w leaves out combining marks, which would cut Arabic, Hebrew and Indic words in the middle.
WORD = r"[\w\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0900-\u0963\u0966-\u0eff]+"
_WORD = re.compile(WORD)


def normal(text: str) -> str:
    """The text with compatibility forms (full width, ligatures, styled letters) as plain letters: NFKC."""
    return unicodedata.normalize("NFKC", text)


def words(text: str) -> list[str]:
    """The words of a text, normalised and case-folded, without punctuation."""
    return _WORD.findall(normal(text).casefold())


def overlap(left: Collection[object], right: Collection[object]) -> float:
    """The Jaccard similarity of two collections: 0 when nothing is shared, 1 when they hold the same."""
    first, second = set(left), set(right)
    return len(first & second) / len(first | second) if first or second else 1.0


def body(article: Article) -> str:
    """The article's text; of one that came without, the publisher's summary."""
    return article.text or article.summary


def oldest_first(articles: Iterable[Article]) -> list[Article]:
    """Articles by date, then id; the rest of an article decides between equal ids, so that no input order matters."""
    return sorted(articles, key=lambda article: (article.date, article.id, repr(article)))
