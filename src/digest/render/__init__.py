"""An edition and the templates of its look -> the mail as a reader sees it: subject, preheader, HTML and text."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, Template, TemplateNotFound

from digest.core.errors import TemplateError
from digest.core.mail import Picture, Reader, Rendered
from digest.core.model import Edition
from digest.core.settings import Job, Newsletter, TopicRules
from digest.render._environment import (
    HTML_SUFFIX,
    LOOK_FILE,
    TEXT_SUFFIX,
    FolderLoader,
    explained,
    html_environment,
    text_environment,
)
from digest.render._inbox import preheader, subject
from digest.render._letter import letter
from digest.render._lint import Fault, lint
from digest.render._phrases import phrases
from digest.render._pictures import placed
from digest.render._quarantine import compiled, fill
from digest.render._view import view
from digest.words import words

__all__ = ["Fault", "letter", "lint", "render"]


def render(  # noqa: PLR0913  all by name
    edition: Edition,
    *,
    job: Job,
    newsletter: Newsletter,
    topics: Mapping[str, TopicRules],
    reader: Reader,
    folders: Sequence[Path],
    pictures: Mapping[str, Picture] = MappingProxyType({}),
    host: str = "",
) -> Rendered:
    """The edition as `reader` gets it; a template is looked up in `folders` in order, a picture by its article's id.

    Pictures travel in the mail, or are loaded from the site `host`.
    TemplateError names file, line and cause. 30 stories take 3 ms (benchmarks/render.py), the first time 60.
    """
    looks, places = tuple(folders), placed(edition, pictures, host)
    spoken = words(newsletter.language, _translations(looks))
    seen = view(edition, job=job, newsletter=newsletter, topics=topics, places=places, words=spoken)
    subject_line = subject(job.subject, seen, spoken)
    preview = preheader(seen, subject_line, spoken)
    data = {
        **{field.name: getattr(seen, field.name) for field in fields(seen)},
        **phrases(spoken),
        "reader": reader,
        "subject": subject_line,
        "preheader": preview,
    }
    html, written = _parts(looks, job.template, data)
    return Rendered(
        subject=subject_line,
        preheader=preview,
        html=html,
        text=f"{written.strip()}\n",
        pictures=() if host else tuple(place.image for place in places.values() if place.view.src in html),
        host=host,
    )


def _parts(looks: tuple[Path, ...], look: str, data: Mapping[str, object]) -> tuple[str, str]:
    """The HTML and the text of a look."""
    page = _template(html_environment(looks), looks, look + HTML_SUFFIX)
    text = _template(text_environment(looks), looks, look + TEXT_SUFFIX)
    with explained(str(page.filename)):
        filled = fill(page, data)
    with explained(str(text.filename)):
        written = text.render(data)
    return compiled(filled, str(page.filename)), written


@lru_cache(maxsize=16)
def _translations(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """Where a newsletter's own words lie: in `words`, beside its `templates`."""
    return tuple(folder.parent / "words" for folder in folders)


def _template(environment: Environment, folders: tuple[Path, ...], file: str) -> Template:
    """The compiled template; TemplateError when there is none, naming the looks there are."""
    if LOOK_FILE.fullmatch(file):
        with explained(file), suppress(TemplateNotFound):
            return environment.get_template(file)
    known = ", ".join(FolderLoader(folders).list_templates()) or "none"
    raise TemplateError(f"there is no template {file!r}; looks with both parts: {known}")
