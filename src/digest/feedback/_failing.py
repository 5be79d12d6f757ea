"""A report's own words -> which addresses they say have failed, each with what is said about it."""

import re
from collections.abc import Iterable

from digest.feedback import _addresses, _mail, _original

_REASON = 1_500
_SAYING = 4
"""Characters that can be a reason."""
_LEAD = r"[\s>*•\-\"'<(\[]{0,40}"
_AFTER = r"(?=$|[\s>\"'`:,;()\[\]<]|\.\.\.|\.$)"
_LED = re.compile(rf"{_LEAD}({_addresses.ADDRESS}){_AFTER}")
_TRANSCRIPT = re.compile(rf"\s{{0,9}}[45]\d\d[ -](?:[45]\.\d\.\d{{1,3}} )?{_LEAD}({_addresses.ADDRESS}){_AFTER}")
_LABELLED = re.compile(
    r"(?:recipients?|address(?:es)?|mailbox|user|rcpt|mail|message|deliver(?:y|ed|ing)?|failed|sent|wasn't delivered"
    rf")(?: address| failed| message| mail| of your message)?(?: to)?[ :]{{1,4}}[\"'<(]{{0,2}}({_addresses.ADDRESS})",
    re.IGNORECASE,
)


def recipients(mail: _mail.Mail, seen: _original.Returned) -> tuple[tuple[str, str], ...]:
    """Address and reason of each recipient, by the surest way that finds any."""
    ours = {*_addresses.found(" ".join([mail.header("to"), mail.header("from"), mail.header("delivered-to")]))}
    ours.update(_original.senders(seen.original))
    lines = [line[:1_000] for line in seen.report.split("\n")[: _original.LINES]]
    ways = [_places(lines, pattern) for pattern in (_LED, _TRANSCRIPT, _LABELLED)]
    for places in ways:
        chosen = [place for place in places if place[1] not in ours and not _addresses.is_daemon(place[1])]
        if chosen:
            return _told(lines, chosen)
    for text in (mail.header("x-failed-recipients"), "\n".join(lines)):
        left = [each for each in _addresses.found(text) if each not in ours and not _addresses.is_daemon(each)]
        if left:
            return _named(left, lines)
    # Who writes to himself, or to a postmaster, is found last.
    some = next(filter(None, ways), [])
    return _told(lines, some) if some else _named(_addresses.found(seen.original.header("to")), lines)


def _named(emails: Iterable[str], lines: list[str]) -> tuple[tuple[str, str], ...]:
    everything = " ".join(" ".join(lines).split())[:_REASON]
    return tuple((email, everything) for email in emails)


def _places(lines: list[str], pattern: re.Pattern[str]) -> list[tuple[int, str]]:
    search = pattern.search if pattern is _LABELLED else pattern.match
    hits = ((at, search(line)) for at, line in enumerate(lines) if "@" in line)
    return [(at, email) for at, hit in hits if hit for email in _addresses.unique([hit[1]])]


def _told(lines: list[str], places: list[tuple[int, str]]) -> tuple[tuple[str, str], ...]:
    """Each address with the lines up to the next one's; where those say nothing, with all that is said."""
    told: dict[str, str] = {}
    ends = [at for at, _ in places[1:]] + [len(lines)]
    for (at, email), end in zip(places, ends, strict=True):
        words = " ".join(" ".join(lines[at : max(end, at + 1)]).split())
        told[email] = f"{told.get(email, '')} {words}".strip()[:_REASON]
    everything = " ".join(" ".join(lines).split())[:_REASON]
    for email, words in told.items():
        bare = words.lower().replace(email, "").strip(" <>\"':*()-")
        told[email] = words if len(bare) >= _SAYING or len(told) > 1 else everything
    return tuple(told.items())[: _addresses.MOST]
