"""A job's slot -> an edition composed once and frozen: to be sent, or kept back with the reason."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from digest import compose as stories_of
from digest import illustrate, issues, pipeline, review
from digest.core import address
from digest.core.errors import TemplateError, UsageError
from digest.core.mail import EditionState, Severity
from digest.core.model import Issue
from digest.core.settings import Job
from digest.deliver import backend
from digest.dispatch import DONE, FAILED, Composed, Report, recorded, standing
from digest.draft import Draft, draft, variant_of
from digest.editors import announce
from digest.mailroom import Sender, suppression_tag
from digest.recipients import message_id, unsubscribe_address
from digest.store import corrections, decisions, editions, edits, subscribers
from digest.store.audience import Audience, Values, choices

NO_SOURCE = "no source answered; nothing is lost, `digest send {job}` tries again"
_ELSEWHERE = "another run composes it"


def compose(sender: Sender, job: Job, issue: Issue, to: Sequence[str] = ()) -> Composed:
    """Gather, compose and freeze an issue; `to` names the only subscribers who get it."""
    store = sender.store
    chosen = issues.job_sources(sender.news, job)
    backend(sender.news.delivery.to).check(sender.news.delivery, sender.news.home, sender.stopping)
    if not sender.dry_run and not editions.begin(store, issue, sender.run.id):
        return Composed(
            report=Report(job=job.name, slot=issue.slot, edition=issue.id, state="composing", reason=_ELSEWHERE)
        )
    intake = pipeline.check_sources(sender.news, store, chosen, sender.now(), sender.progress)
    failures = tuple(f"{taken.source}: {taken.error}" for taken in intake if taken.error)
    if not any(taken.answered for taken in intake):
        asked_for = job.name if issue.revision == 1 else f"{job.name} --again"
        return _ended(sender, issue, EditionState.HELD, ("no-source", NO_SOURCE.format(job=asked_for)), failures)
    audience = _audience(sender, job, issue, to)
    back = review.waiting(job, sender.now(), editions.get(store, issue.id))
    return _announced(sender, job, _written(sender, job, issue, (audience, back), failures))


def compose_again(sender: Sender, job: Job, issue: Issue, to: Sequence[str]) -> Composed:
    """`compose` for a slot that is done once more; UsageError when nobody would get it."""
    audience = _audience(sender, job, issue, to)
    if not sender.dry_run:
        subscribers.add_configured(sender.store, job.name, job.to, sender.now(), suppression_tag(sender.key))
    if not choices(sender.store, audience):
        raise UsageError(_nobody(job, audience))
    return compose(sender, job, issue, to)


def recompose(sender: Sender, record: editions.Record, written: edits.Edits | None = None) -> Composed:
    """Compose an edition that waits for editors anew, without gathering; UsageError when it cannot be changed.

    `written`: what an editor writes into it.
    """
    store, job = sender.store, issues.job_named(sender.news, record.job)
    before, known = review.code(store, record.id), corrections.listed(store)
    composed = _anew(sender, job, record, written or edits.Edits())
    # Whoever corrects an article meanwhile finds no edition that waits.
    while composed.record and (latest := corrections.listed(store)) != known:
        known = latest
        with suppress(UsageError):
            composed = _anew(sender, job, record, edits.Edits())
    return composed if review.code(store, record.id) == before else _announced(sender, job, composed)


def _audience(sender: Sender, job: Job, issue: Issue, to: Sequence[str] = ()) -> Audience:
    """Whom an issue goes to: those in `to`, else all who did not get the editions that it revises."""
    without = () if to else issues.earlier(sender.store, issue)
    return Audience(job=job.name, only=tuple(to), without=without, at=sender.now())


def _anew(sender: Sender, job: Job, record: editions.Record, written: edits.Edits) -> Composed:
    if record.revision > 1:
        # Whom it is for is known only to whoever asked for it.
        raise UsageError(f"{record.id}: a revision is not changed; stop it, then `digest send {job.name} --again`")
    if not decisions.reopen(sender.store, record.id, sender.run.id):
        raise UsageError(f"{record.id}: {_refusal(recorded(sender.store, record.id))}")
    issue = issues.issue_of(record, job)
    edits.put(sender.store, record.id, written)
    # Read again: it may have been held since.
    back = review.waiting(job, sender.now(), recorded(sender.store, record.id))
    return _written(sender, job, issue, (_audience(sender, job, issue), back), ())


def _refusal(record: editions.Record) -> str:
    """Why an edition is not composed anew."""
    if record.state == EditionState.COMPOSING:
        return _ELSEWHERE
    if record.state == EditionState.HELD and record.reason in editions.REPEATED:
        return f"{record.detail}; `digest send {record.job}` composes it anew"
    if record.state in (EditionState.READY, EditionState.HELD):
        return "mails of it have left; only what no reader has can be changed"
    return f"{record.state}; only what waits for editors can be changed"


def _written(
    sender: Sender,
    job: Job,
    issue: Issue,
    plan: tuple[Audience, editions.Waiting],
    failures: tuple[str, ...],
) -> Composed:
    """The issue composed of what was gathered, drafted and frozen."""
    store, changed = sender.store, edits.get(sender.store, issue.id)
    try:
        job = pipeline.edited(job, changed.title, changed.subject)
        edition = pipeline.composed(sender.news, store, job, issue, changed.intro)
        asked = _choices(sender, job, plan[0])
        why = issues.too_thin(job, len(edition.stories)) or ("" if asked else _nobody(job, plan[0]))
        if why:
            return _ended(sender, issue, EditionState.SKIPPED, ("", why), failures)
        illustrate.fetch(sender.news, store, job, edition)
        made = draft(sender.news, job, edition, illustrate.kept(store, job, edition), asked)
    except TemplateError as error:
        return _ended(sender, issue, EditionState.HELD, ("error", str(error)), failures)
    if sender.dry_run:
        return Composed(report=_rehearsed(sender, job, made, sum(asked.values()), failures))
    return _frozen(sender, job, made, plan, failures)


def _nobody(job: Job, audience: Audience) -> str:
    """Why an audience is empty, and what next."""
    if audience.only:
        return f"none of {', '.join(audience.only)} gets mails of {job.name}; `digest subscribers list` names who does"
    if audience.without:
        again = f"`digest send {job.name} --again --to EMAIL` names somebody"
        return f"everybody on the list got {audience.without[0]} or a revision of it already; {again}"
    return f"nobody subscribed; add somebody with `digest subscribers add EMAIL --job {job.name}`"


def _rehearsed(sender: Sender, job: Job, made: Draft, recipients: int, failures: tuple[str, ...]) -> Report:
    """What a dry run says of the edition."""
    held, warnings = _objections(made)
    issue = made.edition.issue
    return Report(
        job=job.name,
        slot=issue.slot,
        edition=issue.id,
        state="held" if held and not sender.force else "ready",
        recipients=recipients,
        warnings=failures + warnings,
        reason=held or "a dry run: no edition was recorded and nothing sent",
        exit_code=FAILED if held and not sender.force else DONE,
    )


def _frozen(
    sender: Sender, job: Job, made: Draft, plan: tuple[Audience, editions.Waiting], failures: tuple[str, ...]
) -> Composed:
    (held, warnings), (audience, waiting) = _objections(made), plan
    if held and sender.force:
        warnings += (f"sent all the same: {held}",)
    elif held:
        waiting = editions.Waiting(state=EditionState.HELD, reason="check")
    detail = f"sent all the same: {held}" if held and sender.force else held
    # What was stopped meanwhile stays stopped.
    editions.freeze(sender.store, made.edition.issue.id, _composition(sender, job, made, audience, waiting, detail))
    record = recorded(sender.store, made.edition.issue.id)
    report = replace(standing(sender.store, record), warnings=failures + warnings)
    return Composed(report=report, record=record)


def _announced(sender: Sender, job: Job, composed: Composed) -> Composed:
    """The same, after the editors were told of what waits for them."""
    if composed.record is None or not review.is_under_review(composed.record):
        return composed
    told, known = announce(sender, job, composed.record), composed.report
    record = recorded(sender.store, composed.record.id)
    report = replace(review.standing(sender.news, sender.store, record), warnings=known.warnings + told)
    return replace(composed, report=report, record=record)


def _objections(made: Draft) -> tuple[str, tuple[str, ...]]:
    """What checks hold the edition for, and what they only warn of."""
    held = "; ".join(f"{f.check}: {f.message}" for f in made.findings if f.severity == Severity.HOLD)
    return held, tuple(f"{f.check}: {f.message}" for f in made.findings if f.severity == Severity.WARN)


def _composition(
    sender: Sender, job: Job, made: Draft, audience: Audience, waiting: editions.Waiting, detail: str
) -> editions.Composition:
    edition, delivery = made.edition, sender.news.delivery
    return editions.Composition(
        waiting=waiting,
        detail=detail,
        subject=made.full.rendered.subject,
        content=json.dumps(made.content, ensure_ascii=False),
        unsubscribe=unsubscribe_address(sender.news, job),
        return_path=delivery.bounces or address.mailbox(job.sender)[1],
        site=sender.news.site.url,
        bodies=[editions.Body(variant=n, mark=v.mail.mark, data=v.mail.data) for n, v in made.variants.items()],
        audience=audience,
        values=Values(
            variant=lambda topics: variant_of(edition, topics),
            message_id=lambda email: message_id(job, sender.key, edition.issue.id, email),
        ),
        carried=[article.id for story in edition.stories for article in stories_of.coverage(story)],
    )


def _ended(
    sender: Sender, issue: Issue, state: EditionState, why: tuple[str, str], warnings: tuple[str, ...]
) -> Composed:
    """An edition that goes to nobody: recorded with reason and detail, and open until the next slot.

    What a person held stays held.
    """
    if not sender.dry_run:
        if recorded(sender.store, issue.id).reason == "person":
            state, why = EditionState.HELD, ("person", why[1])
        editions.close(sender.store, issue.id, state, *why)
    report = Report(
        job=issue.job,
        slot=issue.slot,
        edition=issue.id,
        state=state,
        warnings=warnings,
        reason=why[1],
        exit_code=FAILED if state == EditionState.HELD else DONE,
    )
    return Composed(report=report)


def _choices(sender: Sender, job: Job, audience: Audience) -> Mapping[tuple[str, ...], int]:
    """What readers chose and how many did; a dry run counts configured addresses that are not subscribers yet."""
    if not sender.dry_run:
        subscribers.add_configured(sender.store, job.name, job.to, sender.now(), suppression_tag(sender.key))
    asked = Counter(choices(sender.store, audience))
    new = [email for email in job.to if subscribers.find(sender.store, job.name, email) is None]
    if new and not (audience.only or audience.without):
        asked[()] += len(new)
    return asked
