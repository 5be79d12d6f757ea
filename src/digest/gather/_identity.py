"""An article's link, or its cleaned text where it has none -> its id."""

from hashlib import sha256

from digest.core import text


def article_id(url: str | None, title: str, body: str) -> str:
    """16 hexadecimal digits, the same for every spelling of one link and for every copy of one unlinked text."""
    key = text.identity(url) if url else f"{title}\n{body}"
    return sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
