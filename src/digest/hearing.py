"""A mailbox -> what came back of our mails, and what it changed: who is mailed no more, who has left, what failed."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from digest import mailbox
from digest.core.log import Progress
from digest.core.settings import Settings
from digest.core.tokens import Key
from digest.evidence import Evidence
from digest.feedback import Kind, Notice, read
from digest.mailbox import LETTERS, Letter, Mailbox, MailboxError
from digest.mailroom import suppression_tag
from digest.store import Store, feedback
from digest.store.feedback import Effect, Recipient, Report

_BATCH = 100
"""Letters of one transaction."""
_READINGS = 20
"""Readings in a row while each is full: 20,000 letters at once."""
_MANY, _SHARE = 10, 0.05
"""So many mails of an edition, and such a share of them, are to worry about when they bounce."""
_TOLD = frozenset([Kind.HARD, Kind.SOFT, Kind.COMPLAINT, Kind.UNSUBSCRIBE])
UNPROVEN: Final = "asking to leave without proof"
NAMING: Final = "naming a mail of ours without proof"
_STRANGE: Final = "nothing of ours"
_COUNTED: Final = {
    Kind.HARD: "hard",
    Kind.SOFT: "soft",
    Kind.COMPLAINT: "complained",
    Kind.UNSUBSCRIBE: "left",
    Kind.AUTO: "automatic",
    Kind.OTHER: "not understood",
}
_WORDS: Final = (*_COUNTED.values(), UNPROVEN, NAMING, _STRANGE)
_POLICY_STATUS = re.compile(r"[45]\.7\.\d+")
# The mail or its sender was refused, whatever the code says.
_POLICY = re.compile(
    r"spam|unsolicited|bulk mail|virus|malware|phish|block(?:ed|[ -]?list)|black ?list|\brbl\b|dnsbl|banned|reputation|"
    r"polic(?:y|ies)|dmarc|dkim|\bspf\b|authenticat|relaying|relay (?:access )?denied|reverse dns|rate limit|throttl|"
    r"greylist|content (?:filter|reject)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A letter that was read, and what came of it."""

    letter: str
    notice: Notice
    about: Recipient | None
    """Whom it is proven to be about; None for what is not ours, or not proven."""
    is_named: bool
    """Whether it names a mail of ours at least, which proves nothing."""
    effect: Effect | None
    """What it changed; None in a dry run, and for what is no report."""

    @property
    def word(self) -> str:
        """What it is counted as, one of _WORDS."""
        kind = self.notice.kind
        if self.about is None:
            return UNPROVEN if kind is Kind.UNSUBSCRIBE else NAMING if self.is_named else _STRANGE
        return _COUNTED[kind]


@dataclass(slots=True)
class Tally:
    """How many letters of each kind were read."""

    counts: Counter[str] = field(default_factory=Counter)
    editions: dict[str, None] = field(default_factory=dict)
    """Those of which mails bounced, in the order in which that was read."""

    def add(self, heard: Heard) -> None:
        """Count a letter."""
        self.counts[heard.word] += 1
        if heard.about and heard.notice.kind in (Kind.HARD, Kind.SOFT):
            self.editions[heard.about.edition] = None

    def __str__(self) -> str:
        total = self.counts.total()
        parts = ", ".join(f"{self.counts[word]:,} {word}" for word in _WORDS if self.counts[word])
        return f"{total:,} {'letter' if total == 1 else 'letters'}{f': {parts}' if parts else ''}"

    def alarms(self, store: Store) -> Iterator[str]:
        """A line for each edition of which so many mails bounced that the mail, or the list, must be wrong."""
        for edition in self.editions:
            bounced, sent = feedback.share(store, edition)
            if bounced >= _MANY and bounced > _SHARE * sent:
                yield f"{edition}: {bounced:,} of {sent:,} mails bounced; `digest report {edition}` says why"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Who reads a mailbox, and how."""

    news: Settings
    store: Store
    key: Key
    now: datetime
    dry_run: bool = False
    stopping: Callable[[], bool] = lambda: False
    progress: Progress = lambda *_: None


def hear(hearing: Hearing, target: str) -> Iterator[Heard]:
    """Read the letters of a mailbox that were not read before, and do what they prove, a hundred in one transaction.

    ValueError when `target` names no mailbox. MailboxError when it cannot be read on; what was read is kept.
    """
    read_now: set[str] = set()
    evidence = Evidence(store=hearing.store, key=hearing.key)

    def is_known(letter: str) -> bool:
        return letter in read_now or feedback.is_known(hearing.store, letter)

    for _ in range(_READINGS):
        before = len(read_now)
        with mailbox.reading(target, hearing.news.home) as box:
            for batch in _batches(box.letters(is_known), hearing.stopping):
                read_now |= {letter.id for letter, _ in batch}
                yield from _taken(hearing, evidence, box, batch)
                hearing.progress("read letters", len(read_now), len(read_now) + 1)
        if len(read_now) - before < LETTERS or hearing.stopping():
            break
    hearing.progress("read letters", len(read_now), len(read_now))


def _batches(letters: Iterator[Letter], stopping: Callable[[], bool]) -> Iterator[Sequence[tuple[Letter, Notice]]]:
    """Letters with what they say, in batches; what was read before an error is handed out before it is raised."""
    batch: list[tuple[Letter, Notice]] = []
    try:
        for letter in letters:
            # Only what it says is kept: a hundred letters may be 100 MB.
            batch.append((replace(letter, data=b""), read(letter.data)))
            if stopping():
                break
            if len(batch) == _BATCH:
                yield batch
                batch = []
    except MailboxError:
        yield batch
        raise
    yield batch


def _taken(
    hearing: Hearing, evidence: Evidence, box: Mailbox, batch: Sequence[tuple[Letter, Notice]]
) -> Iterator[Heard]:
    """Keep a batch, do what it proves, and mark what is ours in the mailbox."""
    abouts = evidence.about([notice for _, notice in batch])
    found = [(letter, notice, about) for (letter, notice), about in zip(batch, abouts, strict=True)]
    effects: Mapping[str, Effect] = {}
    if batch and not hearing.dry_run:
        reports = [_report(letter, notice, about) for letter, notice, about in found if about and notice.kind in _TOLD]
        tag = suppression_tag(hearing.key)
        effects = feedback.keep(hearing.store, tag, [letter.id for letter, _ in batch], reports, hearing.now)
        for letter, notice, about in found:
            # What we do not understand stays as it is, for a person.
            if about and notice.kind is not Kind.OTHER:
                with suppress(MailboxError):  # a mark that cannot be set costs nothing: we know the letter
                    box.handled(letter)
    for letter, notice, about in found:
        named = about is not None or evidence.is_named(notice)
        yield Heard(letter=letter.id, notice=notice, about=about, is_named=named, effect=effects.get(letter.id))


def _report(letter: Letter, notice: Notice, about: Recipient) -> Report:
    return Report(
        letter=letter.id,
        kind=notice.kind,
        status=notice.status,
        reason=notice.reason,
        about=about,
        is_policy=notice.kind is Kind.SOFT and _is_policy(notice),
    )


def _is_policy(notice: Notice) -> bool:
    return bool(_POLICY_STATUS.fullmatch(notice.status) or _POLICY.search(notice.reason))
