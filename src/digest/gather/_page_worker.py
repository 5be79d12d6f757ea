"""A page's HTML and URL as JSON -> its text and what it says of itself as JSON; only the limited child runs this."""

import json
import re

import turbohtml
from trafilatura import bare_extraction
from trafilatura.settings import Document

from digest.core import child

_FEEDS = 'link[rel~="alternate"][type="application/rss+xml"], link[rel~="alternate"][type="application/atom+xml"]'
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_WORD = re.compile(r"\w+")
_AGREED = 0.8
_TRUSTED = 0.6


def main() -> None:
    """Answer until the input ends."""
    child.serve(_answer)


def _answer(question: bytes) -> bytes:
    asked = json.loads(question)
    return json.dumps(extracted(asked["html"], asked["url"])).encode()


def extracted(markup: str, url: str) -> dict[str, str]:
    """The page's fields as the page has them, not yet cleaned; those it does not have are left out."""
    # The text is decoded already: a declaration of another encoding would only mislead.
    html = _DECLARATION.sub("", markup, count=1)
    tree = turbohtml.parse(html)
    about = tree.article()
    found = _document(html, url, precise=True)
    feed = tree.select_one(_FEEDS)
    fields = {
        "text": _text(html, url, found.text or "", about.text),
        # Each from the library that is more often right (shared facts on gathering, 2c).
        "title": _title(about.title or "", tree.opengraph().get("title", ""), found.title or ""),
        "author": found.author,
        "day": found.date,
        "moment": about.date,
        "summary": about.description or found.description,
        "site": about.site_name,
        "image": about.image or found.image,
        "canonical": about.canonical,
        "feed": feed.attrs.get("href") if feed else None,
    }
    return {name: value for name, value in fields.items() if isinstance(value, str) and value}


def _document(html: str, url: str, *, precise: bool) -> Document:
    found = bare_extraction(
        html,
        url=url or None,
        include_comments=False,
        favor_precision=precise,
        with_metadata=precise,
        # An extensive search is wrong where it is slow: 29 right dates of 728 less, 10 wrong ones less.
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    return found if isinstance(found, Document) else Document()


def _text(html: str, url: str, precise: str, scored: str) -> str:
    """The extraction of median length, without the lines that only one of the two libraries takes for the article's.

    Where the first two agree in length a third could change nothing. Measured: `benchmarks/pages.py`.
    """
    chosen = precise
    if min(len(precise), len(scored)) < _AGREED * max(len(precise), len(scored)):
        generous = _document(html, url, precise=False).text or ""
        chosen = sorted((precise, scored, generous), key=len)[1]
    seen = f" {_words(scored)} "
    kept = [line for line in chosen.split("\n") if f" {_words(line)} " in seen]
    # Where the second library found another text it is no judge of this one.
    return "\n".join(kept) if sum(map(len, kept)) >= _TRUSTED * len(chosen) else chosen


def _title(heading: str, shared: str, named: str) -> str:
    """The heading, unless what the page says to other sites repeats less than half of it: then it is a neighbour's."""
    words = set(_words(heading).split())
    repeated = words & set(_words(f"{shared} {named}").split())
    return heading if words and 2 * len(repeated) >= len(words) else shared or named or heading


def _words(line: str) -> str:
    return " ".join(_WORD.findall(line.lower()))


if __name__ == "__main__":
    main()
