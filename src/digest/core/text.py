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
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
# C1 controls are Windows' punctuation under a wrong label (WHATWG HTML 13.2.5.80 reads them so too).
_WINDOWS = {chr(code): bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_TRACKING = re.compile(
    r"(?:utm_|mtm_|pk_|piwik_|hsa_|at_)\w+|(?:fb|g|d|y|ms|tw|tt|sc)clk?id|li_fat_id|[gw]braid|igsh(?:id)?|_?hs(?:enc|mi)|"
    r"mc_[ce]id|mkt_tok|ref_src|ref_url|cmpid|ncid|smid|sref|s_cid|vero_id|oly_(?:anon|enc)_id|__twitter_impression|"
    r"guccounter|guce_referr\w*|ito|ns_\w+|xtor|wt_mc|trk|spm|_ga|_gl|srsltid|cvid|ocid|feature_share"
)
# A URL that `link` would give back as it is; most are, and this is far quicker than taking them apart.
_CANONICAL = re.compile(
    r"https?://(?P<host>[a-z0-9-]++(?:\.[a-z0-9-]++)++)(?P<path>/[\w!$%&'()*+,/:=@~.-]*+)"
    r"(?:\?(?P<query>[\w!$%&'()*+,/:=?@~.-]++))?(?:\#(?P<fragment>[\w!$%&'()*+,/:=?@~.-]++))?",
    re.ASCII,
)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|[0-9a-f:.]*:[0-9a-f:.]*")
_INDEX = re.compile(r"(?:index|default)\.(?:html?|php|aspx?|jsp)", re.IGNORECASE)
_SLASHES = re.compile(r"/{2,}")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_DEFAULT_PORT = {"http": 80, "https": 443}


def line(text: str, limit: int = TITLE_LIMIT) -> str:
    """Text as one clean line of at most `limit` characters, cut at a word with an ellipsis."""
    head = " ".join(unicodedata.normalize("NFC", text[: limit * 20]).split())
    if not head.isprintable():
        head = " ".join(_safe(head).split())
    return shorten(head, limit)


def paragraphs(text: str, limit: int = TEXT_LIMIT) -> str:
    """Text as clean paragraphs separated by one blank line; each line break in the input begins one."""
    lines = text[:limit].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    # Printable means nothing unsafe and no white space but spaces: asking is quicker than cleaning.
    cleaned = [raw.strip() if raw.isprintable() and "  " not in raw else " ".join(_safe(raw).split()) for raw in lines]
    return "\n\n".join(filter(None, cleaned))


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning up to a word's end and an ellipsis, never longer than `limit`."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    word = head.rpartition(" ")[0] or head
    # One endless word is cut in the middle rather than dropped.
    return (word if len(word) > limit // 2 else head).rstrip(" ,;:-") + "…"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, such as `1 mail` or `1,200 mails`; `many` where an s does not make it."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def link(url: str, base: str = "") -> str | None:
    """The absolute http(s) URL readers may follow, or None; credentials, spaces and controls never pass."""
    if len(url) <= URL_LIMIT and _CANONICAL.fullmatch(url):
        return url
    raw = re.sub(r"[\x00-\x20\x7f-\xa0\u2028\u2029]", lambda m: "%20" if m[0] == " " else "", url.strip())
    try:
        parts = urlsplit(raw if not base or _SCHEME.match(raw) else urljoin(base, raw))
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
        path, query, fragment = (quote(part, safe="!$%&'()*+,/:;=?@[]~-._") for part in parts[2:])
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _DEFAULT_PORT or not _HOST.fullmatch(host) or "@" in parts.netloc or "\\" in raw:
        return None
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port in (None, _DEFAULT_PORT[parts.scheme]) else f"{host}:{port}"
    result = urlunsplit((parts.scheme, netloc, path or "/", query, fragment))
    return result if len(result) <= URL_LIMIT else None


def untracked(url: str) -> str:
    """The URL without the parameters that only say where a reader came from; the others stay as they are."""
    front, mark, rest = url.partition("?")
    if not mark:
        return url
    query, anchor, fragment = rest.partition("#")
    kept = "&".join(pair for pair in query.split("&") if not _tracks(pair.partition("=")[0]))
    return f"{front}{'?' if kept else ''}{kept}{anchor}{fragment}"


def identity(url: str) -> str:
    """The key under which two links to one article are equal: never fetched, never shown.

    Scheme, `www.`, tracking parameters, the parameters' order, a trailing slash and the fragment (but `#!`) do not
    tell articles apart; any other parameter, `%2F` and `+` do.
    """
    simple = _CANONICAL.fullmatch(url)
    if simple:
        host, path, query, fragment = simple.groups(default="")
    else:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port and parts.port != _DEFAULT_PORT.get(parts.scheme) else ""
        host = f"[{parts.hostname}]" if "[" in parts.netloc else parts.hostname or ""
        host, path, query, fragment = f"{host}{port}", parts.path, parts.query, parts.fragment
    path = _ESCAPE.sub(_unquoted, path) if "%" in path else path
    path = (_SLASHES.sub("/", path) if "//" in path else path).rstrip("/")
    while _INDEX.fullmatch(path.rpartition("/")[2]):
        path = path.rpartition("/")[0]
    if query:
        # Most queries are nothing but tracking: those are not worth decoding.
        kept = [pair for pair in query.split("&") if not _tracks(pair.partition("=")[0])]
        pairs = parse_qsl("&".join(kept), keep_blank_values=True) if kept else []
        query = urlencode(sorted(pair for pair in pairs if not _tracks(pair[0])))
    route = f"#{fragment}" if fragment.startswith("!") else ""
    return f"{host.removeprefix('www.')}{path}{'?' if query else ''}{query}{route}"


def _tracks(parameter: str) -> bool:
    return _TRACKING.fullmatch(parameter.lower()) is not None


def _safe(text: str) -> str:
    return _UNSAFE.sub(lambda match: _WINDOWS.get(match[0], ""), text)


def _unquoted(match: re.Match[str]) -> str:
    """An unreserved character needs no escape (RFC 3986 2.3); every other escape in one spelling."""
    char = chr(int(match[0][1:], 16))
    return char if char.isascii() and (char.isalnum() or char in "-._~") else match[0].upper()
