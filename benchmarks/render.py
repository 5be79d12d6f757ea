"""Times one edition of 30 stories and the mails made of it against the bare MJML compiler: a Markdown table."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time

from mjml import mjml2html

from digest.core.mail import Rendered
from digest.core.model import Article, Edition, Issue, Section, Story
from digest.core.settings import Job, Newsletter, TopicRules
from digest.message import Headers, Recipient, Template, freeze, reader
from digest.render import render
from digest.render._environment import html_environment
from digest.render._quarantine import compiled, fill
from digest.render._view import view

TEMPLATES = Path(__file__).parents[1] / "templates"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
MARK = "0f1e2d3c4b5a6978"
TOPICS = {"automotive": "#b4441b", "ai": "#5b4fe0", "crypto": "#0f7f73"}
SENTENCE = "The rivals will share one line & split its output evenly from spring 2028, said “both” on Friday. "
ROUNDS = 15


def story(number: int) -> Story:
    """A story with a summary of two sentences and two further outlets."""
    lead, *also = (
        Article(
            id=f"{number}-{outlet}",
            url=f"https://news.example.org/r/{'a-plant-opens-in-the-city-' * 2}{number}?e=214&s=digest",
            title=f"Makers number {number} pool their bets in one new plant by the sea",
            text="word " * 700,
            summary="",
            source=f"Outlet {(number + outlet) % 24}",
            author="",
            published=NOW,
            first_seen=NOW,
            image=None,
        )
        for outlet in range(3)
    )
    return Story(lead=lead, also=tuple(also), topics=(), score=1.0, reasons=(), summary=SENTENCE * 2)


def edition() -> Edition:
    """Three sections of ten stories."""
    sections = tuple(
        Section(topic=topic, title=topic.title(), brief=SENTENCE, stories=tuple(map(story, range(n * 10, n * 10 + 10))))
        for n, topic in enumerate(TOPICS)
    )
    issue = Issue(id="daily-2026-11-23", job="daily", slot="2026-11-23", revision=1, number=214, composed=NOW)
    return Edition(issue=issue, sections=sections, left_out=(), articles=90, sources=24)


def cpu_seconds(functions: Mapping[str, Callable[[], object]], calls: int) -> dict[str, float]:
    """Median CPU seconds of one call of each function, taken in turns so that a noisy moment hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(ROUNDS):
        for name, function in functions.items():
            start = process_time()
            for _ in range(calls):
                function()
            times[name].append((process_time() - start) / calls)
    return {name: median(taken) for name, taken in times.items()}


def data_of(made: Edition, job: Job, newsletter: Newsletter, topics: Mapping[str, TopicRules]) -> dict[str, object]:
    """What the template sees."""
    seen = view(made, job=job, newsletter=newsletter, topics=topics)
    data = {field.name: getattr(seen, field.name) for field in fields(seen)}
    return data | {"reader": reader(MARK), "subject": made.stories[0].lead.title, "preheader": SENTENCE}


def page(data: Mapping[str, object]) -> str:
    """The HTML part alone: Jinja, quarantine, MJML."""
    return compiled(fill(html_environment((TEMPLATES,)).get_template("brief.mjml.j2"), data), "brief")


def plain_mjml(data: Mapping[str, object]) -> str:
    """The MJML of the same edition with the texts in it: what the compiler alone would have to take."""
    filled = fill(html_environment((TEMPLATES,)).get_template("brief.mjml.j2"), data)
    mjml = filled.mjml
    for number, text in enumerate(filled.table.texts):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        mjml = mjml.replace(f"{filled.table.prefix}{number:05}", escaped)
    return mjml


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table; the first is its head."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join((head, f"|{' --- |' * len(rows[0])}", *body))


def main() -> None:
    """Prints the table."""
    made, folders = edition(), (TEMPLATES,)
    job = Job(name="daily", title="The Morning Brief", sender="Meridian <brief@news.example.org>")
    newsletter = Newsletter(name="Meridian", address="Example Street 1, Berlin")
    topics = {name: TopicRules(id=name, name=name, color=color) for name, color in TOPICS.items()}

    def whole() -> Rendered:
        return render(made, job=job, newsletter=newsletter, topics=topics, reader=reader(MARK), folders=folders)

    data = data_of(made, job, newsletter, topics)
    mjml, rendered = plain_mjml(data), whole()
    headers = Headers(
        edition=made.issue.id, sender=job.sender, date=made.issue.composed, list_id="<daily.news.example.org>"
    )
    template = Template(freeze(rendered, headers, MARK))
    to = Recipient(
        email="reader.1234@mail.example.com",
        message_id="<daily-2026-11-23.1234.8f3a09c2@news.example.org>",
        unsubscribe="mailto:leave+1234-8f3a09c28f3a09c2@news.example.org?subject=unsubscribe",
    )
    per_edition = cpu_seconds(
        {
            "bare": lambda: mjml2html(mjml, fonts={}, disable_comments=False, include_loader=None),
            "page": lambda: page(data),
            "render": whole,
            "freeze": lambda: freeze(rendered, headers, MARK),
        },
        calls=10,
    )
    per_mail = cpu_seconds({"mail": lambda: template.mail(to), "joined": lambda: b"".join(template.mail(to))}, 2_000)
    print(
        f"Python {sys.version.split()[0]}, 30 stories, {len(rendered.html.encode()):,} bytes of HTML; median CPU time"
    )
    print(table(rows(per_edition | per_mail)))


def rows(times: Mapping[str, float]) -> Sequence[Sequence[str]]:
    """The lines of the table, from CPU seconds by step."""
    bare, ours = times["bare"], times["page"]
    return (
        ("step", "time", "target"),
        ("bare `mjml2html`, texts in the MJML", f"{bare * 1e3:.2f} ms", "the yardstick"),
        ("Jinja, quarantine and MJML", f"{ours * 1e3:.2f} ms", "2 ms"),
        ("the same / bare `mjml2html`", f"{ours / bare:.1f}", "5"),
        ("`render`: view, subject, HTML and text", f"{times['render'] * 1e3:.2f} ms", ""),
        ("`freeze`, once a variant", f"{times['freeze'] * 1e3:.2f} ms", ""),
        ("`Template.mail`, chunks of one recipient", f"{times['mail'] * 1e6:.1f} us", "10 us"),
        ("the same, joined to one piece", f"{times['joined'] * 1e6:.1f} us", ""),
    )


if __name__ == "__main__":
    main()
