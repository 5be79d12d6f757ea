"""What a run did -> the editors' mail, the metrics' file, the ping of a healthcheck, and lines of the log."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from digest import figures, issues
from digest.core import log, text
from digest.core.errors import DigestError, UsageError
from digest.core.mail import EditionState, SendState
from digest.core.settings import Settings
from digest.core.web import Fetch, Request
from digest.dispatch import DONE, FAILED, Report
from digest.post import attempt, letter
from digest.sending import exit_code
from digest.store import Store, editions, report, told

_log = logging.getLogger("digest.telling")
_runs = logging.getLogger(log.RUNS)
_LISTED = 20
_BY_PEOPLE = ("review", "person")
"""Who holds an edition so knows of it."""
_FINISHED = (EditionState.SENT, EditionState.PARTIAL, EditionState.EXPIRED)
_ROWS = (SendState.FAILED, SendState.EXPIRED, SendState.UNCERTAIN, SendState.DEFERRED)

_Steps = tuple[tuple[str, str], ...]
_REPORT = ("digest report {edition}", "who, and why")
_WORDS: Mapping[str, tuple[str, _Steps]] = {
    "no-source": (
        "no source answered",
        (
            ("digest sources list", "which sources fail, and why"),
            ("digest send {job}", "tries again now; every run does by itself until the next slot"),
        ),
    ),
    "error": (
        "it cannot be composed",
        (
            ("digest check {job}", "what is wrong"),
            ("digest render {job}", "shows the edition once that is mended"),
            ("digest send {job}", "composes it anew; every run does by itself until the next slot"),
        ),
    ),
    "check": (
        "a check holds it",
        (
            ("digest render {job}", "shows it with what the checks say"),
            ("digest send {job} --force", "sends it all the same"),
            ("digest editions stop {edition}", "gives it up"),
        ),
    ),
    "unseen": (
        "its editors could not be told of it in time",
        (
            ("digest editions show {edition}", "what it says, and its code"),
            ("digest editions approve {edition}", "sends it; the next edition has its stories too"),
            ("digest editions stop {edition}", "gives it up"),
        ),
    ),
    "skipped": (
        "no edition",
        (
            ("digest articles list", "what was gathered"),
            ("digest send {job}", "tries again now; every run does by itself until the next slot"),
        ),
    ),
    "undelivered": (
        "mails cannot leave",
        (
            ("digest check", "tries the destination"),
            ("digest send", "goes on with what is queued; every run does by itself for 48 hours"),
        ),
    ),
    "interrupted": ("the run was stopped", (("digest send", "goes on with what is queued"),)),
    "failed": ("", (_REPORT, ("digest sends retry {edition}", "once the cause is mended"))),
    "expired": ("", (_REPORT, ("digest sends retry {edition}", "sends it all the same"))),
    "uncertain": ("", (_REPORT, ("digest sends resolve --log FILE", "settles them by the relay's log"))),
    "deferred": ("", (_REPORT, ("digest send", "nothing to do: every run tries again, for 48 hours"))),
    "finished": ("", (_REPORT,)),
}
_OTHER: tuple[str, _Steps] = ("it is held", (("digest editions show {edition}", "what it says"),))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An edition, and why editors are told of it."""

    record: editions.Record
    reasons: tuple[str, ...]
    counts: Mapping[str, int]
    why: str
    warnings: tuple[str, ...]


def tell(
    news: Settings,
    store: Store,
    reports: Sequence[Report],
    now: datetime,
    fetch: Fetch,
    *,
    is_by_hand: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Tell editors and machines of a run that was no dry run; what cannot be told is a warning.

    `is_by_hand`: somebody named the jobs, which says nothing of the schedule: no healthcheck is pinged.
    """
    code = exit_code(reports)
    try:
        if news.editors.metrics:
            figures.write(news, store, now, code)
    except OSError as error:
        _log.warning("metrics not written", extra={"error": f"{news.editors.metrics}: {error.strerror}"})
    if not is_by_hand:
        ping(news, fetch, is_failure=code == FAILED)
    if news.editors.to and news.editors.report != "never":
        for case in _cases(news, store, reports):
            try:
                _mail(news, store, case, now, stopping)
            except DigestError as error:
                _log.warning("editors not told", extra={"edition": case.record.id, "error": str(error)})


def ping(news: Settings, fetch: Fetch, *, is_failure: bool) -> None:
    """Fetch the healthcheck's address, if there is one; also for a run that failed before it could open anything."""
    if not news.editors.healthcheck:
        return
    address, mark, query = news.editors.healthcheck.partition("#")[0].partition("?")
    url = f"{address.rstrip('/')}/fail{mark}{query}" if is_failure else f"{address}{mark}{query}"
    for response in fetch([Request(url=url)]):
        if response.error:
            _log.warning("healthcheck not pinged", extra={"error": response.error})


def record(told_of: Report) -> None:
    """What became of an edition as a line of the log."""
    level = {DONE: logging.INFO, FAILED: logging.ERROR}.get(told_of.exit_code, logging.WARNING)
    _runs.log(level, "edition %s", told_of.state, extra=asdict(told_of))


def _cases(news: Settings, store: Store, reports: Sequence[Report]) -> Iterator[_Case]:
    """Editions of which there is something new to tell: of this run, and what could not be told before."""
    owed = told.owed(store)
    of_run = {each.edition: each for each in reports}
    for edition in dict.fromkeys([*of_run, *owed]):
        known = editions.get(store, edition)
        # Anybody may sign up with any address: that a letter could not be delivered is no trouble of ours.
        if known is None or known.is_letter:
            continue
        counts, now, before = report.counts(store, edition), of_run.get(edition), told.reasons(store, edition)
        found = (*(_reasons(known, counts, now, news.editors.report) if now else ()), *owed.get(edition, ()))
        reasons = tuple(reason for reason in dict.fromkeys(found) if reason not in before)
        if reasons:
            why, warnings = (now.reason, now.warnings) if now else (known.detail, ())
            yield _Case(record=known, reasons=reasons, counts=counts, why=why, warnings=warnings)


def _reasons(known: editions.Record, counts: Mapping[str, int], now: Report, wanted: str) -> Iterator[str]:
    """Why editors are to know of an edition; keys of _WORDS, or what else it is held for."""
    if known.state == EditionState.HELD and known.reason not in _BY_PEOPLE:
        yield known.reason or "held"
    elif known.state == EditionState.SKIPPED:
        yield "skipped"
    elif known.state != EditionState.HELD and now.exit_code == FAILED:
        yield "undelivered"
    troubled = [state.value for state in _ROWS if counts.get(state)]
    yield from troubled
    if now.exit_code not in (DONE, FAILED) and not troubled:
        yield "interrupted"
    if wanted == "always" and known.state in _FINISHED:
        yield "finished"


def _mail(news: Settings, store: Store, case: _Case, now: datetime, stopping: Callable[[], bool]) -> None:
    subject = f"[{news.newsletter.name}] {case.record.id}: {case.record.state} - {_short(case)}"
    body = "\n".join(_body(news, store, case))
    letters = [(to, letter(news, to, log.anonymous(subject), log.anonymous(body))) for to in news.editors.to]
    posted = attempt(news, letters, stopping)
    # One who cannot be reached must not have the others told again and again.
    if posted.gone:
        told.mark(store, case.record.id, case.reasons, now)
    else:
        told.owe(store, case.record.id, case.reasons)
    if posted.trouble:
        _log.warning("editors not told", extra={"edition": case.record.id, "error": posted.trouble})


def _short(case: _Case) -> str:
    """The reasons in a few words."""
    if case.reasons == ("skipped",):
        return case.record.detail
    words = [f"{case.counts.get(r, 0):,} {r}" if r in set(_ROWS) else _WORDS.get(r, _OTHER)[0] for r in case.reasons]
    return (
        ", ".join(filter(None, words)) or f"{case.counts.get(SendState.SENT, 0):,} of {case.record.recipients:,} sent"
    )


def _body(news: Settings, store: Store, case: _Case) -> Iterator[str]:
    known = case.record
    yield f"{known.id} of {news.newsletter.name} is {known.state}: {_short(case)}."
    if case.why:
        yield f"\nWhy: {text.paragraphs(case.why, 2_000)}"
    yield f"\nRecipients: {known.recipients:,}"
    yield from (f"  {state}: {number:,}" for state, number in sorted(case.counts.items()))
    yield f"\nWhat to type, in {news.home}:"
    steps = dict(step for reason in case.reasons for step in _WORDS.get(reason, _OTHER)[1])
    yield from (f"  {command.format(job=known.job, edition=known.id)}\n      {what}" for command, what in steps.items())
    failing = dict(_failing(news, store, known.job))
    yield from _section("Sources that failed", [f"{name}: {why}" for name, why in failing.items()])
    others = [text.line(each) for each in case.warnings if each.partition(": ")[0] not in failing]
    yield from _section("Warnings", others)
    groups = [f"{g.count:,} {g.state} {g.code}".rstrip() + f" at {g.domain}" for g in report.groups(store, known.id)]
    yield from _section("Mails that did not simply arrive", groups)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"\n{title}:"
        yield from (f"  {each}" for each in lines[:_LISTED])
    if len(lines) > _LISTED:
        yield f"  and {len(lines) - _LISTED:,} more"


def _failing(news: Settings, store: Store, name: str) -> Iterator[tuple[str, str]]:
    """The sources of a job whose last check failed, each with why."""
    checks = told.checks(store)
    with suppress(UsageError):
        for source in issues.job_sources(news, issues.job_named(news, name)):
            found = checks.get(source.key)
            if found and found.failures:
                yield (
                    source.name or source.key,
                    f"{text.line(found.error)} ({text.counted(found.failures, 'time')} in a row)",
                )
