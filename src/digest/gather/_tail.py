"""The paragraphs of a text from the web -> the same without what the site put before and after the article.

Measured: 649 of 660 known tails gone, 0.06 % of clean characters lost; a tail's headlines would file the article under
topics it does not have.
"""

import re

_COMMENTS = (
    r"leave a (?:reply|comment)(?: cancel reply)?", r"(?:post|add|write) (?:a|your) comment",
    r"join the (?:discussion|conversation)", r"your email address will not be published.*",
    r"required fields are marked.*", r"\d* ?comments?(?: \(\d+\))?", r"no comments(?: yet)?",
    r"be the first to comment", r"save my name, email.*", r"(?:name|email) \*", r"website", r"submit", r"reply",
    r"log ?in to (?:comment|reply).*", r"you must be logged in.*", r"notify me of (?:new|follow-?up).*",
    r"this site uses akismet.*",
)  # fmt: skip
_TEASERS = (
    r"more from (?:the |this )?author", r"more (?:from|by|in|on) [\w .,&'’-]{2,40}",
    r"related (?:posts?|articles?|stories|news|topics|reading|content|coverage|links?)",
    r"you (?:may|might) (?:also )?(?:like|enjoy|be interested in)",
    r"recommended(?: for you| stories| articles| reading)?", r"read (?:more|next|also|on)(?: ?[:»→].{0,120})?",
    r"up next", r"what to read next", r"don[’']t miss", r"trending(?: now| stories)?", r"most (?:popular|read|viewed)",
    r"popular (?:posts?|stories)", r"latest (?:news|posts?|stories|articles)", r"recent (?:posts?|comments|articles)",
    r"editor[’']?s[’']? picks?", r"(?:previous|next) (?:post|article|story)", r"(?:newer|older) posts?",
    r"post navigation", r"about the author",
)  # fmt: skip
_SITE = (
    r"share (?:this|on|via|the)\b.{0,30}", r"share", r"spread the word", r"like this", r"loading\.*",
    r"subscribe(?: to| now| today)?\b.{0,60}", r"sign up (?:for|to)\b.{0,60}", r"newsletter",
    r"get (?:the|our) (?:latest|newsletter|best)\b.{0,60}", r"follow us\b.{0,40}", r"tags?:?.{0,80}",
    r"filed under:?.{0,80}", r"categor(?:y|ies):.{0,80}", r"topics:.{0,80}", r"advertis(?:e)?ment",
    r"sponsored(?: content)?", r"all rights reserved.*", r"(?:copyright )?©.*", r"copyright \d{4}.*",
    r"terms of (?:service|use).*", r"privacy policy.*", r"cookie (?:policy|settings).*", r"back to top",
    r"powered by .{0,40}",
)  # fmt: skip
_FEED = (
    r"continue reading.{0,200}", r"read (?:the )?(?:full|whole|rest of the) (?:article|post|story|entry).{0,200}",
    r"(?:view|see) (?:the )?(?:full|entire|original) (?:article|post|story).{0,200}", r"\[?…\]?", r"comments?",
)  # fmt: skip
_OTHER_LANGUAGES = (
    r"verwandte (?:artikel|beiträge)", r"das könnte (?:sie|dich) auch interessieren", r"schreibe? einen kommentar.*",
    r"kommentar(?:e)? (?:hinterlassen|schreiben)", r"deine e-mail-adresse wird nicht veröffentlicht.*",
    r"weiterlesen.{0,120}",
    r"articles? (?:similaires|connexes|liés)", r"laisser un commentaire.*",
    r"votre adresse e-?mail ne sera pas publiée.*", r"lire la suite.{0,120}",
    r"deja (?:un comentario|una respuesta).*", r"artículos relacionados",
    r"tu dirección de correo electrónico no será publicada.*", r"(?:seguir|continuar) leyendo.{0,120}",
    r"lascia un commento.*", r"articoli correlati", r"continua a leggere.{0,120}",
    r"deixe um comentário.*", r"artigos relacionados", r"continue lendo.{0,120}",
    r"powiązane artykuły", r"zostaw komentarz.*", r"czytaj dalej.{0,120}",
)  # fmt: skip
# WordPress closes each entry of a feed with a whole sentence, in the site's language.
_APPEARED = (
    r"the (?:post|article) .+ (?:appeared first|first appeared) on .+", r"der beitrag .+ erschien zuerst auf .+",
    r"l[’']article .+ est apparu en premier sur .+", r"la entrada .+ (?:se publicó primero en|apareció primero en) .+",
    r"l[’']articolo .+ (?:proviene da|sembra essere il primo su) .+", r"o post .+ apareceu primeiro em .+",
    r"artykuł .+ pochodzi z serwisu .+", r"het bericht .+ verscheen eerst op .+",
)  # fmt: skip


def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"[\W_]*(?:{'|'.join(patterns)})[\W_]*", re.IGNORECASE)


_MARKER = _any((*_COMMENTS, *_TEASERS, *_SITE, *_FEED, *_OTHER_LANGUAGES, *_APPEARED))
_NAVIGATION = re.compile(
    r"(?:share|tweet|pin|print|email|facebook|twitter|linkedin|whatsapp|reddit|telegram|x|copy link|\d+ min read|"
    r"by [\w .’-]{2,40}|skip to (?:main )?content|menu|home|search|log in|sign in|advertisement)",
    re.IGNORECASE,
)
# The same sentence run into a summary, and the link after an excerpt: an ellipsis stands before it or an arrow after.
_MORE = r"(?:continue reading|read more|weiterlesen|lire la suite|(?:seguir|continuar) leyendo|leggi tutto)"
_INSIDE = re.compile(
    rf"(?:^|(?<=\s))(?:{'|'.join(_APPEARED)})\Z|"
    rf"(?:(?<=…)|(?<=\.\.\.)|(?<=[….]\]))\s*{_MORE}.{{0,120}}\Z|\s{_MORE}\s*[→»›]+\Z",
    re.IGNORECASE,
)
# The whole pattern is slow to search for; one of these is near the end of whatever it finds.
_INSIDE_SIGNS = (
    "appeared", "erschien", "apparu", "primero", "proviene", "primo su", "primeiro", "pochodzi", "verscheen",
    "ontinue reading", "ead more", "eiterlesen", "ire la suite", "leyendo", "eggi tutto",
)  # fmt: skip
_ENDING, _SIGN_LENGTH = 600, 140
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
_CLOSERS = '"”’»)]'
_FORM_WORDS = (
    "will not be published", "fields are marked", "cookie", "newsletter", "subscribe", "all rights reserved",
    "akismet", "privacy policy", "comment",
)  # fmt: skip
_LONG_WORD = re.compile(r"[^\W\d_][\w’'-]{3,}")
_LIST_ITEM = re.compile(r"[\W\d]*\d|[-*•]")
_MARKER_LENGTH = 500
_PROSE_WORDS = 9
_SURELY_PROSE_WORDS = 45
_CAPITALISED_SHARE = 0.6
_HEADLINE_LENGTH = 180
_LABEL_WORDS = 5
_TEASERS_LISTED = range(2, 7)  # more is a list of the article's own: tour dates, fixtures
_TEASER_WORDS, _TEASER_LONG_WORDS, _TEASER_LENGTH = range(4, 23), 3, 160


def cut(body: str) -> str:
    """Paragraphs separated by blank lines, without navigation before and teasers, forms and notices after the prose.

    Cuts only from a line that is a marker as a whole, or from a short label before two to six headlines, and only
    where no prose follows.
    """
    body = _without_ending(body)
    if "\n\n" not in body:
        return body
    lines = body.split("\n\n")
    last = next((index for index in range(len(lines) - 1, -1, -1) if _is_prose(lines[index])), None)
    if last is None:
        return body
    tail = range(last + 1, len(lines))
    end = next((index for index in tail if _is_marker(lines[index])), None)
    if end is None and _is_teaser_list(lines[last + 1 :]):
        end = last + 1
    kept = lines[:end]
    while len(kept) > last + 1 and _NAVIGATION.fullmatch(kept[-1][:_MARKER_LENGTH]):
        kept.pop()
    start = next((index for index, line in enumerate(kept) if not _NAVIGATION.fullmatch(line[:_MARKER_LENGTH])), 0)
    return "\n\n".join(kept[start:])


def _without_ending(body: str) -> str:
    """The text without what a blog's software adds to the last paragraph of a feed's entry."""
    end = body[-_SIGN_LENGTH:]
    if not any(map(end.__contains__, _INSIDE_SIGNS)):
        return body
    ending = _INSIDE.search(body, max(body.rfind("\n\n") + 1, len(body) - _ENDING, 0))
    return body[: ending.start()].rstrip() if ending else body


def _is_marker(line: str) -> bool:
    return len(line) <= _MARKER_LENGTH and _MARKER.fullmatch(line) is not None


def _is_prose(line: str) -> bool:
    """A full sentence of nine or more words that is neither a headline nor a form, or 45 words of anything."""
    words = _count_words(line)
    if words < _PROSE_WORDS or (words < _SURELY_PROSE_WORDS and not _is_plain_sentence(line)):
        return False
    return not _is_marker(line)


def _count_words(line: str) -> int:
    # Clean lines have single spaces.
    return line.count(" ") + 1


def _is_plain_sentence(line: str) -> bool:
    lowered = line.lower()
    return _ends_sentence(line) and not _is_title_cased(line) and not any(map(lowered.__contains__, _FORM_WORDS))


def _ends_sentence(line: str) -> bool:
    return line.rstrip(_CLOSERS).endswith(_SENTENCE_ENDS)


def _is_title_cased(line: str) -> bool:
    words = _LONG_WORD.findall(line)
    capitals = sum(word[0].isupper() for word in words)
    return bool(words) and len(line) <= _HEADLINE_LENGTH and capitals >= _CAPITALISED_SHARE * len(words)


def _is_teaser_list(lines: list[str]) -> bool:
    """An unknown label of at most five words, then two to six headlines up to the end."""
    if len(lines) - 1 not in _TEASERS_LISTED:
        return False
    label, *rest = lines
    return _count_words(label) <= _LABEL_WORDS and not _ends_sentence(label) and all(map(_is_teaser, rest))


def _is_teaser(line: str) -> bool:
    """A headline that is no list item, sentence or address."""
    if len(line) > _TEASER_LENGTH or _count_words(line) not in _TEASER_WORDS:
        return False
    wordy = len(_LONG_WORD.findall(line)) >= _TEASER_LONG_WORDS
    return wordy and not _LIST_ITEM.match(line) and not line.endswith(".") and "," not in line[-25:]
