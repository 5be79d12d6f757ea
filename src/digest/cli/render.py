"""Look at a job's next edition without touching it."""

import email
import email.policy
import json
from email.message import EmailMessage
from pathlib import Path

import click

from digest import pipeline
from digest.cli import _desk, _screen
from digest.core import tokens
from digest.core.errors import DigestError
from digest.draft import FULL, draft, mail_to

_SAMPLE_READER = "reader@example.org"


@click.command(name="render")
@click.argument("job", metavar="JOB")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to [preview/JOB].")
@click.option("--text", "as_text", is_flag=True, help="Print the text part and write nothing.")
@click.option("--offline", is_flag=True, help="Use what was gathered before; fetch nothing.")
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, job: str, out: Path | None, as_text: bool, offline: bool, as_json: bool) -> None:
    """Write the edition of JOB as it would be sent now: index.html, message.txt, message.eml, edition.json."""
    key = tokens.load_key(ctx.obj)
    with _desk.desk(ctx.obj) as (news, store):
        chosen = _desk.job_named(news, job)
        if not offline:
            with _screen.progress() as progress:
                sources = pipeline.job_sources(news, chosen)
                taken = pipeline.check_sources(news, store, sources, _desk.now(), progress)
            for intake in taken:
                if intake.error:
                    _screen.warn(f"{intake.source}: {intake.error}")
        edition = pipeline.composed(news, store, chosen, pipeline.next_issue(store, chosen, _desk.now()))
        pictures = pipeline.pictures_of(store, chosen, edition)
    if not edition.stories:
        raise DigestError(f"{job}: nothing new to show; `digest articles list` shows what was gathered")
    made = draft(news, chosen, edition, pictures)
    for finding in made.findings:
        _screen.warn(f"{finding.severity}: {finding.message}")
    mail = mail_to(news, chosen, key, made, _SAMPLE_READER, FULL)
    if as_text:
        _screen.answer(_part(mail, "plain"))
        return
    folder = out or news.home / "preview" / job
    _write(folder, mail, json.dumps(made.content, ensure_ascii=False, indent=2))
    if as_json:
        _screen.document(made.content)
        return
    _screen.answer(f"{made.full.rendered.subject}: {len(made.edition.stories)} stories")
    _screen.answer(f"written to {folder / 'index.html'}")


def _write(folder: Path, mail: bytes, content: str) -> None:
    """The mail and its parts, decoded from the very bytes that would be sent."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "message.eml": mail,
        "index.html": _part(mail, "html").encode(),
        "message.txt": _part(mail, "plain").encode(),
        "edition.json": content.encode(),
    }
    for name, data in files.items():
        temporary = folder / f".{name}"
        temporary.write_bytes(data)
        temporary.rename(folder / name)


def _part(mail: bytes, subtype: str) -> str:
    parsed = email.message_from_bytes(mail, policy=email.policy.default)
    parts = [part for part in parsed.walk() if part.get_content_type() == f"text/{subtype}"]
    text = parts[0].get_content() if isinstance(parts[0], EmailMessage) else ""
    return str(text).replace("\r\n", "\n")
