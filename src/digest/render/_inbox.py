"""A view -> what an inbox shows of a mail before it is opened: subject and preheader."""

from functools import lru_cache

from jinja2 import Template

from digest.core.text import line, shorten
from digest.render._environment import explained, text_environment
from digest.render._view import View

SUBJECT_LIMIT = 120
PREHEADER_LEAST, PREHEADER_MOST = 40, 110


def subject(source: str, view: View) -> str:
    """The job's subject template as one clean line of at most 120 characters; the job's title if it comes out empty."""
    with explained(f"jobs/{view.job.name}.toml, key subject"):
        text = _template(source).render(
            lead=view.lead, edition=view.edition, sections=view.sections, job=view.job, newsletter=view.newsletter
        )
    return line(text, SUBJECT_LIMIT) or view.job.title


def preheader(view: View, subject_line: str) -> str:
    """Counted facts and the headlines the subject does not say, 40 to 110 characters, never the subject again."""
    edition = view.edition
    stories, minutes = _counted(edition.story_count, "story", "stories"), f"{edition.minutes} min"
    titles = [story.title for section in view.sections for story in section.stories]
    others = [title for title in titles if title and title not in subject_line]
    headlines = shorten(f"{stories}, {minutes}: {' · '.join(others)}", PREHEADER_MOST)
    if others and len(headlines) >= PREHEADER_LEAST and headlines != subject_line:
        return headlines
    sources = _counted(edition.source_count, "source", "sources")
    facts = f"{stories} from {sources}, read in {minutes}, {edition.date}"
    return facts if facts != subject_line else f"{facts}."


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


@lru_cache(maxsize=64)
def _template(source: str) -> Template:
    """Only a job's own setting is ever compiled, never an article's text."""
    return text_environment(()).from_string(source)
