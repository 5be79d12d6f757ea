"""A job's slot -> an edition composed once, frozen and sent; whatever happens, nobody is mailed twice."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from digest import compose, illustrate, message, pipeline
from digest.core import address, slots
from digest.core.errors import TemplateError
from digest.core.mail import EditionState, Severity
from digest.core.model import Issue
from digest.core.settings import Job
from digest.deliver import backend
from digest.dispatch import DONE, FAILED, Report, Sender, deliver, recorded, standing
from digest.draft import Draft, draft, message_id, recipient, unsubscribe_address, variant_of
from digest.store import editions, ledger, subscribers

NO_SOURCE = "no source answered; nothing is lost, `digest send {job}` tries again"


def send(sender: Sender, asked: Sequence[str]) -> tuple[Report, ...]:
    """Send the current slot of the jobs asked for; when none is, finish what is open and send what is due."""
    lost = ledger.recover(sender.store, sender.now())
    if asked:
        reports = [send_job(sender, pipeline.job_named(sender.news, name)) for name in asked]
    else:
        reports = [deliver(sender, record) for record in editions.unfinished(sender.store)]
        reports += [send_job(sender, job) for job in _due(sender)]
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
    return _compose(sender, job, slot)


def exit_code(reports: Sequence[Report]) -> int:
    """1 when a job failed, else 3 when one was done in part, else 0."""
    codes = {report.exit_code for report in reports}
    return FAILED if FAILED in codes else max(codes, default=DONE)


def _compose(sender: Sender, job: Job, slot: str) -> Report:
    store = sender.store
    chosen = pipeline.job_sources(sender.news, job)
    backend(sender.news.delivery.to).check(sender.news.delivery, sender.news.home)
    issue = pipeline.next_issue(store, job, sender.now())
    if not sender.dry_run and not editions.begin(store, issue, sender.run):
        return Report(job=job.name, slot=slot, edition=issue.id, state="composing", reason="another run composes it")
    intake = pipeline.check_sources(sender.news, store, chosen, sender.now(), sender.progress)
    failures = tuple(f"{taken.source}: {taken.error}" for taken in intake if taken.error)
    if not any(taken.answered for taken in intake):
        return _ended(sender, issue, EditionState.HELD, "no-source", NO_SOURCE.format(job=job.name), failures)
    edition = pipeline.composed(sender.news, store, job, issue)
    stories = len(edition.stories)
    if stories < max(1, job.minimum):
        detail = f"{stories} new stories where the minimum is {max(1, job.minimum)}"
        return _ended(sender, issue, EditionState.SKIPPED, "", detail, failures)
    audience = _audience(sender, job)
    if not audience:
        detail = f"nobody subscribed; add somebody with `digest subscribers add EMAIL --job {job.name}`"
        return _ended(sender, issue, EditionState.SKIPPED, "", detail, failures)
    try:
        illustrate.fetch(sender.news, store, job, edition)
        made = draft(
            sender.news, job, edition, illustrate.kept(store, job, edition), {member.topics for member in audience}
        )
    except TemplateError as error:
        return _ended(sender, issue, EditionState.HELD, "error", str(error), failures)
    return _freeze(sender, job, made, audience, failures)


def _freeze(
    sender: Sender, job: Job, made: Draft, audience: Sequence[subscribers.Member], failures: tuple[str, ...]
) -> Report:
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
            recipients=len(audience),
            warnings=warnings,
            reason=held or "a dry run: no edition was recorded and nothing sent",
            exit_code=FAILED if held and not sender.force else DONE,
        )
    editions.freeze(sender.store, issue.id, _composition(sender, job, made, audience, held))
    frozen = recorded(sender.store, issue.id)
    report = standing(sender.store, frozen) if frozen.state == EditionState.HELD else deliver(sender, frozen)
    return replace(report, warnings=warnings + report.warnings)


def _composition(
    sender: Sender, job: Job, made: Draft, audience: Sequence[subscribers.Member], held: str
) -> editions.Composition:
    edition, leave = made.edition, unsubscribe_address(sender.news, job)
    templates = {name: message.Template(variant.mail) for name, variant in made.variants.items()}
    recipients = []
    for member in audience:
        variant = variant_of(edition, member.topics)
        identifier = message_id(job, sender.key, edition.issue.id, member.email)
        if variant is not None:
            # Made once before anything is recorded: a value that no mail can carry stops the edition here.
            templates[variant].mail(recipient(sender.key, job.name, leave, member.email, identifier))
        recipients.append(
            editions.Recipient(subscriber=member.number, email=member.email, variant=variant, message_id=identifier)
        )
    return editions.Composition(
        held=bool(held) and not sender.force,
        detail=f"sent all the same: {held}" if held and sender.force else held,
        subject=made.full.rendered.subject,
        content=json.dumps(made.content, ensure_ascii=False),
        unsubscribe=leave,
        return_path=sender.news.delivery.bounces or address.mailbox(job.sender)[1],
        bodies=[editions.Body(variant=n, mark=v.mail.mark, data=v.mail.data) for n, v in made.variants.items()],
        recipients=recipients,
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


def _audience(sender: Sender, job: Job) -> Sequence[subscribers.Member]:
    """Everybody who gets the job's mails; a dry run counts configured addresses that are not subscribers yet."""
    if not sender.dry_run:
        subscribers.add_configured(sender.store, job.name, job.to, sender.now())
    members = subscribers.active(sender.store, job.name)
    known = {address.folded(subscriber.email) for subscriber in subscribers.listed(sender.store, job.name)}
    unknown = [email for email in job.to if address.folded(email) not in known]
    new = [subscribers.Member(number=0, email=email, topics=()) for email in unknown]
    return (*members, *new)


def _due(sender: Sender) -> Iterator[Job]:
    """Jobs whose newest slot came since they were first read and is not done; a job without schedule never is due."""
    for job in sender.news.jobs.values():
        if not job.schedule:
            continue
        now = sender.now()
        moment = slots.current(job.schedule, job.timezone, now)
        known = editions.of_slot(sender.store, job.name, slots.name(moment, job.schedule))
        # What was tried once is tried again, also where only a named send reached back so far.
        since = editions.known_since(sender.store, job.name, now)
        if moment >= since if known is None else editions.is_open(sender.store, known):
            yield job
