"""Text from outside -> text that is safe to show; URLs -> links for readers and keys that tell articles apart."""

import re
import unicodedata
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

TITLE_LIMIT = 300
TEXT_LIMIT = 200_000
URL_LIMIT = 2_000

# Controls, surrogates and non-characters stop MJML and SMTP; bidi overrides and isolates turn a neighbour's text round;
# zero-width spaces and BOMs only hide. Joiners (U+200C, U+200D) stay: Hindi and emoji need them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_TRACKING = re.compile(
    r"(?:utm_|mtm_|pk_|piwik_|hsa_|at_)\w+|(?:fb|g|d|ms|tw|yc|ttc|gb|wb|li_fat_|igsh)cl?id|igshid|_?hs(?:enc|mi)|mc_[ce]id|"
    r"mkt_tok|ref_src|ref_url|cmpid|ncid|smid|sref|s_cid|vero_id|oly_(?:anon|enc)_id|__twitter_impression|guccounter|"
    r"guce_referr\w*|ito|ns_\w+|xtor|wt_mc|trk|spm|_ga|_gl|srsltid|cvid|ocid|feature_share"
)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_DEFAULT_PORT = {"http": 80, "https": 443}


def line(text: str, limit: int = TITLE_LIMIT) -> str:
    """Text as one clean line of at most `limit` characters, cut at a word with an ellipsis."""
    return shorten(" ".join(_UNSAFE.sub("", _spaced(text[: limit * 20])).split()), limit)


def paragraphs(text: str, limit: int = TEXT_LIMIT) -> str:
    """Text as clean paragraphs separated by one blank line; each line break in the input begins one."""
    lines = _UNSAFE.sub("", text[:limit].replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n\n".join(kept for kept in (" ".join(raw.split()) for raw in lines) if kept)


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning up to a word's end and an ellipsis, never longer than `limit`."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    word = head.rsplit(None, 1)[0] if " " in head else head
    # One endless word is cut in the middle rather than dropped.
    return (word if len(word) > limit // 2 else head).rstrip(" ,;:-") + "…"


def link(url: str, base: str = "") -> str | None:
    """The absolute http(s) URL readers may follow, or None; credentials, spaces and controls never pass."""
    raw = re.sub(r"[\x00-\x20\x7f-\xa0\u2028\u2029]", lambda m: "%20" if m[0] == " " else "", url.strip())
    try:
        parts = urlsplit(urljoin(base, raw) if base else raw)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode() or None
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _DEFAULT_PORT or not host or "@" in parts.netloc or "\\" in raw:
        return None
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port in (None, _DEFAULT_PORT[parts.scheme]) else f"{host}:{port}"
    safe = "!$%&'()*+,/:;=?@[]~-._"
    path, query, fragment = (quote(part, safe=safe) for part in parts[2:])
    result = urlunsplit((parts.scheme, netloc, path or "/", query, fragment))
    return result if len(result) <= URL_LIMIT else None


def identity(url: str) -> str:
    """The key under which two links to one article are equal: never fetched, never shown.

    Scheme, `www.`, tracking parameters, the parameters' order, a trailing slash and the fragment (but `#!`) do not
    tell articles apart; any other parameter, `%2F` and `+` do.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port and parts.port != _DEFAULT_PORT.get(parts.scheme) else ""
    path = re.sub(r"/{2,}", "/", _INDEX.sub("/", parts.path)).rstrip("/")
    path = re.sub(r"%[0-9a-fA-F]{2}", _unquoted, path)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(p for p in pairs if not _TRACKING.fullmatch(p[0].lower())))
    fragment = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    return f"{host}{port}{path}{'?' if query else ''}{query}{fragment}"


def _spaced(text: str) -> str:
    return re.sub(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]+", " ", unicodedata.normalize("NFC", text))


def _unquoted(match: re.Match[str]) -> str:
    """An unreserved character needs no escape (RFC 3986 2.3); every other escape in one spelling."""
    char = chr(int(match[0][1:], 16))
    return char if char.isascii() and (char.isalnum() or char in "-._~") else match[0].upper()
