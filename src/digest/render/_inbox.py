"""A view -> what an inbox shows of a mail before it is opened: subject and preheader."""

from functools import lru_cache

from jinja2 import Template

from digest.core.text import line, shorten
from digest.render._environment import explained, text_environment
from digest.render._phrases import phrases
from digest.render._quarantine import NO_BREAK
from digest.render._view import View
from digest.words import Words

SUBJECT_LIMIT = 120
PREHEADER_LEAST, PREHEADER_MOST = 40, 110


def subject(source: str, view: View, words: Words) -> str:
    """The job's subject template as one clean line of at most 120 characters; the job's title if it comes out empty."""
    with explained(f"jobs/{view.job.name}.toml, key subject"):
        text = _template(source).render(
            lead=view.lead,
            edition=view.edition,
            sections=view.sections,
            job=view.job,
            newsletter=view.newsletter,
            **phrases(words),
        )
    return line(text, SUBJECT_LIMIT) or view.job.title


def preheader(view: View, subject_line: str, words: Words) -> str:
    """Counted facts and the headlines the subject does not say, 40 to 110 characters, never the subject again."""
    edition = view.edition
    stories = words.counted("%(number)s story", "%(number)s stories", edition.story_count)
    time = edition.time.replace(NO_BREAK, " ")
    titles = [story.title for section in view.sections for story in section.stories]
    others = [title for title in titles if title and title not in subject_line]
    told = words.text("%(stories)s, %(time)s: %(headlines)s", stories=stories, time=time, headlines=" · ".join(others))
    headlines = shorten(told, PREHEADER_MOST)
    if others and len(headlines) >= PREHEADER_LEAST and headlines != subject_line:
        return headlines
    sources = words.counted("%(number)s source", "%(number)s sources", edition.source_count)
    counted = words.text("%(stories)s from %(sources)s", stories=stories, sources=sources)
    facts = words.text("%(facts)s, read in %(time)s, %(date)s", facts=counted, time=time, date=edition.date)
    return facts if facts != subject_line else f"{facts}."


@lru_cache(maxsize=64)
def _template(source: str) -> Template:
    """Only a job's own setting is ever compiled, never an article's text."""
    return text_environment(()).from_string(source)
