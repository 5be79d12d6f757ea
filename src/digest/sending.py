"""A job's slot -> an edition composed once, frozen and sent; whatever happens, nobody is mailed twice."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from digest import compose, illustrate, pipeline
from digest.core import address, slots
from digest.core.errors import TemplateError, UsageError
from digest.core.mail import EditionState, SendState, Severity
from digest.core.model import Issue
from digest.core.settings import Job
from digest.deliver import backend
from digest.dispatch import DONE, FAILED, Report, deliver, recorded, standing
from digest.draft import Draft, draft, message_id, unsubscribe_address, variant_of
from digest.mailroom import Sender
from digest.store import editions, recovery, subscribers
from digest.store.audience import Audience, Values, choices

_ELSEWHERE = "another run composes it"
NO_SOURCE = "no source answered; nothing is lost, `digest send {job}` tries again"


def send(sender: Sender, asked: Sequence[str]) -> tuple[Report, ...]:
    """Send the current slot of the jobs asked for; when none is, finish what is open and send what is due."""
    lost = _recovered(sender)
    if asked:
        reports = [send_job(sender, pipeline.job_named(sender.news, name)) for name in asked]
    else:
        reports = [deliver(sender, record) for record in editions.unfinished(sender.store)]
        reports += [send_job(sender, job) for job in due(sender)]
    return _warned(reports, lost)


def send_again(sender: Sender, name: str, to: Sequence[str]) -> tuple[Report, ...]:
    """Compose a slot that is done once more, for those who did not get it, or for the active subscribers in `to`."""
    lost, job = _recovered(sender), pipeline.job_named(sender.news, name)
    slot = pipeline.slot_of(job, sender.now())
    known = editions.of_slot(sender.store, job.name, slot)
    if known is None:
        raise UsageError(f"{job.name}: nothing was sent for {slot} yet; `digest send {job.name}` does")
    unfinished = (EditionState.SENDING, EditionState.COMPOSING, EditionState.READY, EditionState.HELD)
    if known.state in unfinished and not editions.is_open(sender.store, known):
        raise UsageError(f"{known.id}: {known.state}; finish it first, or `digest editions stop {known.id}`")
    issue = pipeline.next_issue(sender.store, job, sender.now(), again=True)
    return _warned([_compose(sender, job, issue, to)], lost)


def _recovered(sender: Sender) -> int:
    """Settle what dead runs left; how many mails are uncertain by that."""
    settled = recovery.recover(sender.store, sender.news.delivery.uncertain, sender.now())
    return settled.get(SendState.UNCERTAIN, 0)


def _warned(reports: list[Report], lost: int) -> tuple[Report, ...]:
    if lost and reports:
        warning = f"{lost} mails of a run that died are uncertain; `digest report` names them"
        reports[0] = replace(reports[0], warnings=(warning, *reports[0].warnings))
    return tuple(reports)


def send_job(sender: Sender, job: Job) -> Report:
    """Bring the job's current slot as far as it goes now."""
    slot = pipeline.slot_of(job, sender.now())
    known = editions.of_slot(sender.store, job.name, slot)
    if known and known.state == EditionState.HELD and known.reason == "check" and sender.force:
        editions.release(sender.store, known.id)
        return deliver(sender, known)
    if known and known.state == EditionState.SENDING:
        return deliver(sender, known)
    if known and not editions.is_open(sender.store, known):
        return standing(sender.store, known)
    if known and known.revision > 1:
        # Whom it was for is known only to whoever asked for it.
        interrupted = f"its composition was interrupted; `digest send {job.name} --again` begins anew"
        return replace(standing(sender.store, known), reason=known.detail or interrupted)
    return _compose(sender, job, pipeline.next_issue(sender.store, job, sender.now()))


def exit_code(reports: Sequence[Report]) -> int:
    """1 when a job failed, else 3 when one was done in part, else 0."""
    codes = {report.exit_code for report in reports}
    return FAILED if FAILED in codes else max(codes, default=DONE)


def _compose(sender: Sender, job: Job, issue: Issue, to: Sequence[str] = ()) -> Report:
    store = sender.store
    chosen = pipeline.job_sources(sender.news, job)
    backend(sender.news.delivery.to).check(sender.news.delivery, sender.news.home)
    if not sender.dry_run and not editions.begin(store, issue, sender.run.id):
        return Report(job=job.name, slot=issue.slot, edition=issue.id, state="composing", reason=_ELSEWHERE)
    intake = pipeline.check_sources(sender.news, store, chosen, sender.now(), sender.progress)
    failures = tuple(f"{taken.source}: {taken.error}" for taken in intake if taken.error)
    if not any(taken.answered for taken in intake):
        asked_for = job.name if issue.revision == 1 else f"{job.name} --again"
        return _ended(sender, issue, EditionState.HELD, "no-source", NO_SOURCE.format(job=asked_for), failures)
    edition = pipeline.composed(sender.news, store, job, issue)
    stories = len(edition.stories)
    if stories < max(1, job.minimum):
        detail = f"{stories} new stories where the minimum is {max(1, job.minimum)}"
        return _ended(sender, issue, EditionState.SKIPPED, "", detail, failures)
    audience = Audience(job=job.name, only=tuple(to), without=() if to else pipeline.earlier(store, issue))
    asked = _choices(sender, job, audience)
    if not asked:
        return _ended(sender, issue, EditionState.SKIPPED, "", _nobody(job, audience), failures)
    try:
        illustrate.fetch(sender.news, store, job, edition)
        made = draft(sender.news, job, edition, illustrate.kept(store, job, edition), asked)
    except TemplateError as error:
        return _ended(sender, issue, EditionState.HELD, "error", str(error), failures)
    return _freeze(sender, job, made, (audience, sum(asked.values())), failures)


def _nobody(job: Job, audience: Audience) -> str:
    if audience.only:
        return f"none of {', '.join(audience.only)} gets mails of {job.name}; `digest subscribers list` names who does"
    if audience.without:
        return "everybody got it already; `--to EMAIL` sends it again to somebody"
    return f"nobody subscribed; add somebody with `digest subscribers add EMAIL --job {job.name}`"


def _freeze(sender: Sender, job: Job, made: Draft, audience: tuple[Audience, int], failures: tuple[str, ...]) -> Report:
    issue = made.edition.issue
    held = "; ".join(f"{f.check}: {f.message}" for f in made.findings if f.severity == Severity.HOLD)
    warnings = failures + tuple(f"{f.check}: {f.message}" for f in made.findings if f.severity == Severity.WARN)
    if held and sender.force:
        warnings += (f"sent all the same: {held}",)
    if sender.dry_run:
        return Report(
            job=job.name,
            slot=issue.slot,
            edition=issue.id,
            state="held" if held and not sender.force else "ready",
            recipients=audience[1],
            warnings=warnings,
            reason=held or "a dry run: no edition was recorded and nothing sent",
            exit_code=FAILED if held and not sender.force else DONE,
        )
    # What was stopped meanwhile stays stopped.
    editions.freeze(sender.store, issue.id, _composition(sender, job, made, audience[0], held))
    frozen = recorded(sender.store, issue.id)
    report = deliver(sender, frozen) if frozen.state == EditionState.SENDING else standing(sender.store, frozen)
    return replace(report, warnings=warnings + report.warnings)


def _composition(sender: Sender, job: Job, made: Draft, audience: Audience, held: str) -> editions.Composition:
    edition, delivery = made.edition, sender.news.delivery
    return editions.Composition(
        held=bool(held) and not sender.force,
        detail=f"sent all the same: {held}" if held and sender.force else held,
        subject=made.full.rendered.subject,
        content=json.dumps(made.content, ensure_ascii=False),
        unsubscribe=unsubscribe_address(sender.news, job),
        return_path=delivery.bounces or address.mailbox(job.sender)[1],
        bodies=[editions.Body(variant=n, mark=v.mail.mark, data=v.mail.data) for n, v in made.variants.items()],
        audience=audience,
        values=Values(
            variant=lambda topics: variant_of(edition, topics),
            message_id=lambda email: message_id(job, sender.key, edition.issue.id, email),
        ),
        carried=[article.id for story in edition.stories for article in compose.coverage(story)],
    )


def _ended(
    sender: Sender, issue: Issue, state: EditionState, reason: str, detail: str, warnings: tuple[str, ...]
) -> Report:
    """An edition that goes to nobody: recorded, and open for another try until the next slot."""
    if not sender.dry_run:
        editions.close(sender.store, issue.id, state, reason, detail)
    return Report(
        job=issue.job,
        slot=issue.slot,
        edition=issue.id,
        state=state,
        warnings=warnings,
        reason=detail,
        exit_code=FAILED if state == EditionState.HELD else DONE,
    )


def _choices(sender: Sender, job: Job, audience: Audience) -> Mapping[tuple[str, ...], int]:
    """What readers chose and how many did; a dry run counts configured addresses that are not subscribers yet."""
    if not sender.dry_run:
        subscribers.add_configured(sender.store, job.name, job.to, sender.now())
    asked = Counter(choices(sender.store, audience))
    new = [email for email in job.to if subscribers.find(sender.store, job.name, email) is None]
    if new and not (audience.only or audience.without):
        asked[()] += len(new)
    return asked


def due(sender: Sender) -> Iterator[Job]:
    """Jobs whose newest slot came since they were first read and is not done; a job without schedule never is due."""
    for job in sender.news.jobs.values():
        if job.schedule and _is_due(sender, job, sender.now()):
            yield job


def _is_due(sender: Sender, job: Job, now: datetime) -> bool:
    moment = slots.current(job.schedule, job.timezone, now)
    known = editions.of_slot(sender.store, job.name, slots.name(moment, job.schedule))
    since = editions.known_since(sender.store, job.name, now)
    if known is not None:
        # What was tried once is tried again, also where only a named send reached back so far.
        return known.revision == 1 and editions.is_open(sender.store, known)
    if job.catch_up == "none" and now - moment > slots.LATE:
        return False
    last = editions.last_sent(sender.store, job.name)
    # An earlier time put into the schedule after the day's edition went makes no second one. What was written in the
    # future comes of a clock that has been set back since, and says nothing.
    return not any(moment < earlier <= now for earlier in (since, last) if earlier)
