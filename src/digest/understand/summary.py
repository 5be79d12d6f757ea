"""The title and text of a story's lead -> its first good sentences, word by word as the text has them."""

import re
from collections.abc import Iterable, Iterator

from sentencesplit import Segmenter

from digest.core.text import shorten
from digest.understand._words import overlap, words

SENTENCES, WORDS = 2, 60
"""Two sentences of the lead; nothing tested beat the lead by more than noise (facts, 4)."""
SHORTEST, LONGEST = 6, 45
"""Words of a good sentence; below are headings, above are lists and what a scraper glued together."""
OPENING = 1_500
"""Characters that are split into sentences, because the splitter is slow (1,400 sentences a second)."""
FALLBACK = 300
"""Characters of the text that stand for it when it has no good sentence."""
SAME = 0.7
"""From this likeness on, a first sentence only repeats the title."""

_SPLITTER = Segmenter(language="en", clean=False)
# Where the splitter sees an end and mostly there is none (117 such cuts in 4,700 news texts, 3 of them right): after
# initials, hours, titles, companies and states.
_ABBREVIATION = re.compile(
    r"(?<!\w)(?:[A-ZÀ-Þ]|[ap]\.m|Inc|Corp|Co|Ltd|Bros|Jr|Sr|Hon|Rt|Wm|Ft|Mt|Atty|Supt|Pfc|Sgt|Assn|Dept|Univ|Intl|"
    r"Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ill|Ind|Kan|Mass|Md|Mich|Minn|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Va|"
    r"Wash|Wis)\.\s*$"
)
# Words that begin a sentence and no name: there the splitter is believed.
_OPENER = re.compile(
    r"[\"'“‘«(\[]*(?:An?|After|All|Also|Although|And|As|At|Before|Both|But|By|Despite|Each|For|From|He|Her|Here|His|How|"
    r"However|I|If|In|Instead|Its?|Many|Meanwhile|More|No|Nor|Now|Of|On|Or|Our|She|Since|So|Some|Still|Such|That|The|"
    r"Their|Then|There|These|They|This|Those|Though|To|Until|We|What|When|Where|Whether|Which|While|Who|Why|With|Without|"
    r"Yet|You|Your)\b(?!\.)"
)
_OTHER_STOPS = re.compile(r"(?<=[।॥۔؟])\s")
# What ends in an ellipsis was cut by its publisher.
_END = re.compile(r"(?<!\.)[.!?。！？।॥۔؟][\"'”’»)\]]*$")
_PLACE = r"(?:[A-Z][\w.'’]{0,20},? |\d{1,2},? )"
# "SPACE.com - TORONTO, Canada -- A", "LONDON, Nov 3 (Reuters) - A", "(CNN) -- A": capitals or an agency, then a dash.
_DATELINE = re.compile(
    rf"(?:(?:(?=[A-Z]{{2}}){_PLACE}{{1,6}}|{_PLACE}{{0,6}}(?=\())(?:\([\w. /]{{2,30}}\) ?)?[-–—]{{1,2}} ){{1,2}}"
    r"(?=[A-Z\"'“‘])"
)
_FURNITURE = re.compile(
    r"(?-i:By [A-Z][\w.'’-]+ (?:and )?[A-Z])|"
    r"(?:photo|photograph|image|picture|illustration|video|credit|source)s?(?: credit| courtesy)? ?(?::|by |via )|"
    r"(?:subscribe|sign up|log in|sign in|register (?:now|here|for)|click|tap (?:here|to)|follow us|share this|"
    r"read (?:more|also|next)|also read|watch (?:the|our|now|live)|listen to|download (?:the|our)|advertisement|"
    r"sponsored|welcome (?:back )?to|this (?:article|story|post) (?:was|is|has|first|originally|appeared)|"
    r"you (?:may|might) (?:also )?(?:like|enjoy)|more (?:from|stories)|popular now|editor['’]s note|updated?:|"
    r"correction:|disclaimer|all rights reserved|we use cookies|(?:please )?enable javascript)\b",
    re.IGNORECASE,
)
_CLUTTER = re.compile(
    r"[{}<>|\\]|https?://|Getty Images|AFP/|\bsubscri(?:be|bing) to|\bnewsletter\b|\byour (?:inbox|browser)\b"
)
_HANGING = re.compile(r"(?:He|She|It|They|But|And|So|Or)\b")


def lead(title: str, text: str) -> str:
    """At most two sentences and 60 words of the text, or its shortened beginning; empty only when the text is."""
    good = [sentence for sentence in _sentences(text) if _is_news(sentence)]
    while good and not _can_open(good[0], title):
        good.pop(0)
    chosen = good[:SENTENCES]
    if sum(len(sentence.split()) for sentence in chosen) > WORDS:
        chosen = chosen[:1]
    return " ".join(chosen) or shorten(" ".join(text[:OPENING].split()), FALLBACK)


def first_sentence(summary: str) -> str:
    """The first sentence of a summary, empty when the summary is."""
    return next(_split(summary), "")


def _sentences(text: str) -> Iterator[str]:
    """The sentences of the text's opening without datelines; the one that the cut may have hurt is left out."""
    opening = text if len(text) <= OPENING else text[:OPENING].rpartition(" ")[0]
    found = [sentence for paragraph in opening.split("\n\n") for sentence in _split(" ".join(paragraph.split()))]
    return (_without_dateline(sentence) for sentence in (found if opening == text else found[:-1]))


def _without_dateline(sentence: str) -> str:
    match = _DATELINE.match(sentence)
    return sentence[match.end() :] if match else sentence


def _split(text: str) -> Iterator[str]:
    spans = _joined(text[span.start : span.end] for span in _SPLITTER.segment_spans(text))
    # The splitter, which is made for English, does not know the full stops of Hindi and Urdu.
    return (sentence for span in spans for part in _OTHER_STOPS.split(span) if (sentence := part.strip()))


def _joined(spans: Iterable[str]) -> Iterator[str]:
    """The splitter's sentences, one that was cut after an abbreviation made whole again."""
    parts: list[str] = []
    for span in spans:
        if parts and (_OPENER.match(span) or not _ABBREVIATION.search(parts[-1])):
            yield "".join(parts)
            parts = []
        parts.append(span)
    yield "".join(parts)


def _is_news(sentence: str) -> bool:
    is_whole = _END.search(sentence) and (not sentence[0].islower() or sentence[1:2].isupper())
    fits = SHORTEST <= len(sentence.split()) <= LONGEST
    return bool(is_whole) and fits and not _FURNITURE.match(sentence) and not _CLUTTER.search(sentence)


def _can_open(sentence: str, title: str) -> bool:
    return not _HANGING.match(sentence) and overlap(words(sentence), words(title)) <= SAME
