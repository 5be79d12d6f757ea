"""The title and text of a story's lead -> its first good sentences, word by word as the text has them."""

import re
from collections.abc import Iterable, Iterator

from sentencesplit import Segmenter

from digest.understand._words import overlap, words

SENTENCES, WORDS = 2, 60
"""Two sentences of the lead; nothing tested beat the lead by more than noise (facts, 4)."""
SHORTEST, LONGEST = 6, 45
"""Words of a good sentence; below are headings, above are lists and what a scraper glued together."""
OPENING = 1_500
"""Characters that are split into sentences, because the splitter is slow (1,400 sentences a second)."""
SAME = 0.7
"""Above this likeness a sentence only repeats the title or the sentence before."""

_HEADING = 4
"""Words from which on a title within a sentence is no chance."""

_SPLITTER = Segmenter(language="en", clean=False)
# Where the splitter sees an end and mostly there is none (117 such cuts in 4,700 news texts, 3 of them right): after
# initials, hours, titles, companies and states.
_ABBREVIATION = re.compile(
    r"(?<!\w)(?:[A-ZÀ-Þ]|[ap]\.m|[bcd]|ca|approx|Inc|Corp|Co|Ltd|Bros|Jr|Sr|Hon|Rt|Wm|Ft|Mt|Atty|Supt|Pfc|Sgt|Assn|Dept|Univ|Intl|"
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
# What begins with a comma or a full stop lost its beginning.
_BEGINNING = re.compile(r"[\w\"'“‘«„‚(\[$€£¥₹¿¡#@…]")
_END = re.compile(r"(?<!\.)[.!?。！？।॥۔؟][\"'”’»)\]]*$")
_PLACE = r"(?:[A-Z][\w.'’]{0,20},? |\d{1,2},? )"
# "SPACE.com - TORONTO, Canada -- A", "LONDON, Nov 3 (Reuters) - A", "(CNN) -- A": capitals or an agency, then a dash.
_DATELINE = re.compile(
    rf"(?:(?:(?=[A-Z]{{2}}){_PLACE}{{1,6}}|{_PLACE}{{0,6}}(?=\())(?:\([\w. /]{{2,30}}\) ?)?[-–—]{{1,2}} ){{1,2}}"
    r"(?=[A-Z\"'“‘])"
)
# "Nairobi -- The", and where a feed's summary runs into the text: "... and oil NAGOYA, Japan -- Toyota".
_WIRE = re.compile(
    r"(?:[A-Z][\w.’']{1,20} ?){1,3}(?:, [A-Z][\w.]{1,20})? -- (?=[A-Z\"“‘])|"
    r".{20,250}? [A-Z]{4,20}(?:, [A-Z][\w.]{1,20})?(?: \([A-Z]\w{1,20}\))? (?:--|—) (?=[A-Z])"
)
_FURNITURE = re.compile(
    r"(?-i:By [A-Z][\w.'’-]+ (?:and )?[A-Z])|"
    r"(?:photo|photograph|image|picture|illustration|video|credit|source)s?(?: credit| courtesy)? ?(?::|by |via )|"
    r"(?:subscribe|sign up|log in|sign in|register (?:now|here|for)|click|tap (?:here|to)|follow us|share this|"
    r"read (?:more|also|next)|also read|watch (?:the|our|now|live)|listen to|download (?:the|our)|advertisement|"
    r"sponsored|welcome (?:back )?to|this (?:article|story|post) (?:was|is|has|first|originally|appeared)|"
    r"you (?:may|might) (?:also )?(?:like|enjoy)|more (?:from|stories)|popular now|editor['’]s note|updated?:|"
    r"correction:|disclaimer|all rights reserved|we use cookies|(?:please )?enable javascript|skip to|save this story|"
    r"enlarge ?/|here['’]s (?:how|what|why|everything)|(?:keep|continue|scroll) (?:reading|down|on))\b",
    re.IGNORECASE,
)
_CLUTTER = re.compile(
    r"[{}<>|\\]|\[/?[a-z_-]+[ =\]]|https?://|Getty Images|AFP/|\bsubscri(?:be|bing) to|\bnewsletter\b|"
    r"\byour (?:inbox|browser)\b|Save this story|\barchive page\b|\d min read\b|(?:…|\.\.\.) [A-ZÀ-Þ]"
)
# What a list, a feed or a scraper puts before a sentence: bullets, "[Premium Times]", "By" without its name.
_BEFORE = re.compile(
    r"[*•·▪►»>#_–—-]+ *(?=\w)|[”’»)\]]+ +|\[[A-Z][^\]]{1,40}\] ?|"
    r"By (?=(?:The|An?|In|On|At|When|While|What|How|Why|We|It|If|Over|After|Before|Since|As|For|With|There|Most|Many|"
    r"Some|Every|Last|One|Two|Three|Four|Five|Ten|Fifty) )"
)
_HANGING = re.compile(
    r"[\"'“‘«(\[]*(?:(?:(?:First|Then|Later|Now|Today|Next|Finally|Earlier|Afterwards?|Once|Soon|Again|Still|Yet|Also|"
    r"Here|Perhaps|Maybe|Indeed),? )?(?:(?i:he|she|they|it|his|her|their|its)\b(?! (?:Majesty|Holiness|Highness)\b))|"
    r"(?:But|And|So|Or|Nor|Yet|However|This|These|Those|Therefore|Thus|Hence|Moreover|Furthermore|Besides|Meanwhile|"
    r"Nevertheless|Nonetheless|Instead|Otherwise|Likewise|Similarly|Consequently|Accordingly|Additionally|Also|Such|"
    r"Both|Neither|Either|Then|Still|That|"
    r"In (?:addition|contrast|turn|other words|response|particular)|"
    r"As (?:a result|such|well)|For (?:example|instance|that|this)|On the (?:other hand|contrary)|After (?:that|this)|"
    r"By (?:contrast|comparison)|At the same time|Of course|Among them|One of them|(?:The )?(?:former|latter))\b)"
)
# The same, or a pronoun among the first six words.
_REFERRING = re.compile(rf"{_HANGING.pattern}|(?:\S+ ){{0,5}}(?:he|she|they|it|his|her|their|its)\b")
_SENTENCE_INSIDE = re.compile(r"[.!?…][\"'”’»)]* ")
_SUFFIX = re.compile(r" [-–—|] [^-–—|]{2,40}$")


def lead(title: str, text: str, own: str = "") -> str:
    """At most two sentences and 60 words of the text, else of `own`, the feed's summary; empty when nothing is usable.

    A text or summary of one short paragraph without a full stop counts as one sentence.
    """
    return next((found for part in (text, own) for found in (_picked(title, part), _whole(title, part)) if found), "")


def _picked(title: str, text: str) -> str:
    """The first usable sentence and the next one, where both fit."""
    sentences = list(_sentences(text))
    usable = [
        number for number, sentence in enumerate(sentences) if _is_news(sentence) and not _repeats(sentence, title)
    ]
    opening = [number for number in usable if not _HANGING.match(sentences[number])]
    if not opening:
        return ""
    # What a text begins with explains its pronouns; a later sentence had better have none.
    first = min(opening, key=lambda number: (number > 0 and bool(_REFERRING.match(sentences[number])), number))
    chosen = sentences[first]
    for number in usable:
        if number > first and not _repeats(sentences[number], chosen):
            # "He" of a sentence that does not follow the first one may be anybody.
            follows = number == first + 1 or not _REFERRING.match(sentences[number])
            both = f"{chosen} {sentences[number]}"
            return both if follows and len(both.split()) <= WORDS else chosen
    return chosen


def _whole(title: str, text: str) -> str:
    """What a feed gives as its summary without a full stop, as it stands."""
    plain = _opened(" ".join(text.split()))
    is_one = "\n" not in text.strip() and SHORTEST <= len(plain.split()) <= LONGEST and plain[-1].isalnum()
    fits = is_one and not _SENTENCE_INSIDE.search(plain) and not _HANGING.match(plain) and not _repeats(plain, title)
    return plain if fits and not _is_furniture(plain) and not plain[0].islower() else ""


def first_sentence(summary: str) -> str:
    """The first sentence of a summary, empty when the summary is."""
    return next(_split(summary), "")


def _sentences(text: str) -> Iterator[str]:
    """The sentences of the text's opening without datelines; the one that the cut may have hurt is left out."""
    opening = text if len(text) <= OPENING else text[:OPENING].rpartition(" ")[0]
    found = [sentence for paragraph in opening.split("\n\n") for sentence in _split(" ".join(paragraph.split()))]
    return (_opened(sentence) for sentence in (found if opening == text else found[:-1]))


def _opened(sentence: str) -> str:
    """The sentence without what stands before it."""
    for pattern in (_BEFORE, _DATELINE, _WIRE):
        match = pattern.match(sentence)
        sentence = sentence[match.end() :] if match else sentence
    return sentence


def _split(text: str) -> Iterator[str]:
    spans = _joined(text[span.start : span.end] for span in _SPLITTER.segment_spans(text))
    # The splitter, which is made for English, does not know the full stops of Hindi and Urdu.
    return (sentence for span in spans for part in _OTHER_STOPS.split(span) if (sentence := part.strip()))


def _joined(spans: Iterable[str]) -> Iterator[str]:
    """The splitter's sentences, one that was cut after an abbreviation made whole again."""
    parts: list[str] = []
    for span in spans:
        if parts and not _goes_on(span) and (_OPENER.match(span) or not _ABBREVIATION.search(parts[-1])):
            yield "".join(parts)
            parts = []
        parts.append(span)
    yield "".join(parts)


def _goes_on(span: str) -> bool:
    """Whether what the splitter takes for a sentence begins as none does; "iPhone" may."""
    return span[:1].islower() and not span[1:2].isupper()


def _is_news(sentence: str) -> bool:
    is_whole = (
        _END.search(sentence) and _BEGINNING.match(sentence) and (not sentence[0].islower() or sentence[1:2].isupper())
    )
    fits = SHORTEST <= len(sentence.split()) <= LONGEST
    return bool(is_whole) and fits and not sentence.isupper() and not _is_furniture(sentence)


def _is_furniture(sentence: str) -> bool:
    return bool(_FURNITURE.match(sentence) or _CLUTTER.search(sentence))


def _repeats(sentence: str, other: str) -> bool:
    """Whether a sentence says what a title or another sentence says; a title may end in its outlet's name."""
    said = words(sentence)
    likest = max(overlap(said, words(each)) for each in (other, _SUFFIX.sub("", other)))
    # A scraper glues menus, title and first sentence together.
    return likest > SAME or (other.strip() in sentence[1:] and len(other.split()) >= _HEADING)
