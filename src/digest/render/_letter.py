"""What a letter to one reader is about -> the mail as the reader sees it."""

from collections.abc import Sequence
from pathlib import Path

from digest.core.mail import Reader, Rendered
from digest.core.model import Paragraph
from digest.core.settings import Job, Newsletter
from digest.render._environment import HTML_SUFFIX, TEXT_SUFFIX, explained, html_environment, text_environment
from digest.render._phrases import phrases
from digest.render._quarantine import compiled, fill
from digest.words import words

_NAME = "_letter"


def letter(
    kind: str,
    *,
    job: Job,
    newsletter: Newsletter,
    language: str,
    reader: Reader,
    folders: Sequence[Path],
    paragraphs: Sequence[Paragraph] = (),
) -> Rendered:
    """A `confirm` or `welcome` letter in a language, the newsletter's where that has no words; TemplateError as render.

    `paragraphs` are what an editor wrote, for a welcome.
    """
    looks = tuple(folders)
    spoken = words(language or newsletter.language, tuple(folder.parent / "words" for folder in looks))
    subject = (
        spoken.text("Please confirm: %(title)s", title=job.title)
        if kind == "confirm"
        else spoken.text("Welcome to %(title)s", title=job.title)
    )
    data = {
        **phrases(spoken),
        "kind": kind,
        "job": job,
        "newsletter": newsletter,
        "words": spoken,
        "reader": reader,
        "subject": subject,
        "paragraphs": tuple(paragraphs),
    }
    with explained(_NAME):
        page = html_environment(looks).get_template(_NAME + HTML_SUFFIX)
        text = text_environment(looks).get_template(_NAME + TEXT_SUFFIX)
        filled, written = fill(page, data), text.render(data)
    html = compiled(filled, str(page.filename))
    return Rendered(subject=subject, preheader="", html=html, text=f"{written.strip()}\n")
