"""Look for trouble before readers do: configuration, templates, database, delivery, the next edition."""

from collections.abc import Collection, Iterator
from pathlib import Path

import click

from digest import illustrate, issues, pipeline, words
from digest.cli import _complete, _desk, _screen
from digest.core import defaults, text
from digest.core.errors import DeliveryError, DigestError
from digest.core.mail import Severity
from digest.core.settings import Job, Settings
from digest.deliver import backend
from digest.draft import draft
from digest.formats import markdown
from digest.render import lint
from digest.store import Store, safety
from digest.store.audience import Audience, choices


@click.command(name="check")
@click.argument("job", metavar="[JOB]", required=False, shell_complete=_complete.jobs)
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, job: str | None, as_json: bool) -> None:
    """Check configuration, topics, templates, database, delivery and the next edition of JOB, or of every job.

    Nothing is fetched: the edition is made of what was gathered before. Exit code 1 when a check would hold it.
    """
    with _desk.signing_desk(ctx.obj) as (news, store, _):
        jobs = [issues.job_named(news, name) for name in ([job] if job else news.jobs)]
        parts = ((len(news.jobs), "job"), (len(news.topics), "topic"), (len(news.sources), "source"))
        figures = ", ".join(text.counted(number, one) for number, one in parts)
        rows = [_row("configuration", "ok", figures)]
        faults = safety.faults(store)
        rows.append(_row("database", Severity.HOLD if faults else "ok", "; ".join(faults) or str(store.path)))
        rows.append(_delivery(news))
        rows += _templates(news, {chosen.template for chosen in jobs})
        rows += [_row("words", Severity.WARN, fault) for fault in _unspoken(news)]
        for chosen in jobs:
            try:
                rows += _edition(news, store, chosen)
            except DigestError as error:  # the other jobs are looked at all the same
                rows.append(_row(f"job {chosen.name}", Severity.HOLD, str(error)))
    if as_json:
        _screen.document(rows)
    else:
        _screen.table(["what", "verdict", "detail"], [tuple(row.values()) for row in rows])
    ctx.exit(1 if any(row["verdict"] == Severity.HOLD for row in rows) else 0)


def _delivery(news: Settings) -> dict[str, str]:
    """Whether mails could leave now."""
    try:
        backend(news.delivery.to).check(news.delivery, news.home)
    except DeliveryError as error:
        return _row("delivery", Severity.HOLD, str(error))
    return _row("delivery", "ok", news.delivery.to)


def _edition(news: Settings, store: Store, job: Job) -> Iterator[dict[str, str]]:
    """What would be in the job's next edition, and what the checks say of it."""
    edition = pipeline.composed(news, store, job, issues.next_issue(store, job, _desk.now()))
    thin = issues.too_thin(job, len(edition.stories))
    yield _row(
        f"job {job.name}",
        Severity.WARN if thin else "ok",
        f"{thin}: nothing would be sent" if thin else _new(len(edition.stories)),
    )
    if job.welcome:
        try:
            markdown.read(news.home, job.welcome)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            yield _row(f"job {job.name}", Severity.WARN, f"welcome: {job.welcome}: {why}; new readers get no welcome")
    if not job.to and not choices(store, Audience(job=job.name)):
        yield _row(f"job {job.name}", Severity.WARN, f"has no readers: `digest subscribers add EMAIL --job {job.name}`")
    if edition.stories:
        for found in draft(news, job, edition, illustrate.kept(store, job, edition)).findings:
            yield _row(f"{job.name}: {found.check}", found.severity, found.message)


def _new(stories: int) -> str:
    return f"{text.counted(stories, 'new story', 'new stories')} of those gathered"


def _unspoken(news: Settings) -> Iterator[str]:
    """What is wrong with the words of mails and pages."""
    folders, language = (news.home / "words",), news.newsletter.language
    yield from words.faults(folders)
    if words.words(language, folders) is words.ENGLISH and not language.lower().startswith("en"):
        yield f"there are none for language {language!r}: mails and pages speak English; words/{language}.po adds them"


def _templates(news: Settings, looks: Collection[str]) -> Iterator[dict[str, str]]:
    """What the linter says of the templates of these looks and of the parts beside them."""
    found: dict[str, Path] = {}
    for folder in defaults.template_folders(news.home):
        paths = [folder / f"{look}.mjml.j2" for look in sorted(looks)] + sorted(folder.glob("_*.mjml.j2"))
        for path in paths:
            if path.is_file():
                found.setdefault(path.name, path)
    for name, path in sorted(found.items()):
        faults = lint(path)
        yield from (_row(f"template {name}", Severity.WARN, str(fault)) for fault in faults)
        if not faults:
            yield _row(f"template {name}", "ok", str(path))


def _row(what: str, verdict: str, detail: str) -> dict[str, str]:
    return {"what": what, "verdict": verdict, "detail": detail}
