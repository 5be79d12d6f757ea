"""Language tags (BCP 47) as people and browsers write them -> which language to speak, and which way it runs."""

import re
from collections.abc import Sequence

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|[0-9]{3}))?(?:[-_][a-z0-9_-]*)?",
    re.ASCII | re.IGNORECASE,
)
_RANGE = re.compile(
    r"\s*(?P<tag>[a-z0-9-]{1,35}|\*)\s*(?:;\s*q=(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?",
    re.ASCII | re.IGNORECASE,
)
_HEADER_LIMIT, _RANGE_LIMIT = 1_000, 20
# CLDR 47, and those it has no dates for: Aramaic, Dhivehi, Hebrew's old code.
_RIGHT_TO_LEFT = frozenset(
    (
        *("apc", "ar", "arc", "bal", "bgn", "ckb", "dv", "fa", "he", "iw", "ks", "lrc", "mzn"),
        *("nqo", "ps", "rhg", "sd", "sdh", "skr", "syr", "trw", "ug", "ur", "yi"),
    )
)
_RIGHT_TO_LEFT_SCRIPTS = frozenset(["Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"])


def fallbacks(tag: str) -> tuple[str, ...]:
    """The tag in its usual spelling, then the wider ones: `de_at` -> `de-AT`, `de`; empty for what is no tag."""
    match = _TAG.fullmatch(tag)
    if match is None:
        return ()
    language, script, region = match.group("language", "script", "region")
    parts = [language.lower(), *([script.title()] if script else []), *([region.upper()] if region else [])]
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def direction(tag: str) -> str:
    """`rtl` or `ltr`, by the script of a tag or else its language."""
    *_, language = fallbacks(tag) or ("",)
    script = next((part for wide in fallbacks(tag) for part in wide.split("-") if part.istitle()), "")
    is_rtl = script in _RIGHT_TO_LEFT_SCRIPTS if script else language in _RIGHT_TO_LEFT
    return "rtl" if is_rtl else "ltr"


def preferred(accept_language: str, available: Sequence[str]) -> str:
    """The one of `available` that a reader likes best by his Accept-Language (RFC 9110 12.5.4, RFC 4647 3.4).

    The first of `available` where none fits; whatever is no language range, or stands behind the first 20, is ignored.
    """
    known = {wide: tag for tag in reversed(available) for wide in fallbacks(tag)}
    known |= {fallbacks(tag)[0]: tag for tag in available if fallbacks(tag)}
    parts = accept_language[:_HEADER_LIMIT].split(",")[:_RANGE_LIMIT]
    found = [(match["tag"], float(match["quality"] or 1)) for part in parts if (match := _RANGE.fullmatch(part))]
    refused = {known.get(next(iter(fallbacks(tag)), "")) for tag, quality in found if not quality}
    for tag, quality in sorted(found, key=lambda wish: -wish[1]):
        wanted = available if tag == "*" else [known[wide] for wide in fallbacks(tag) if wide in known]
        for choice in wanted:
            if quality and choice not in refused:
                return choice
    return available[0] if available else "en"
