"""What was gathered, why it stands where it does, and corrections."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from digest import composing, explain, review
from digest.cli import _complete, _desk, _offers, _screen
from digest.core import text
from digest.core.errors import UsageError
from digest.core.model import Article
from digest.store import Store, articles, corrections, editions

_NAMED = 60
"""Characters of a title that tell an article from others."""

_article_argument = click.argument("article", metavar="ID", shell_complete=_complete.article_ids)
_undo_option = click.option("--undo", is_flag=True, help="Take this correction back.")


@click.group(name="articles", cls=_screen.Commands)
def command() -> None:
    """What was gathered, why it stands where it does, and corrections."""


@command.command(name="list")
@click.option(
    "--limit", type=click.IntRange(min=1), default=200, show_default=True, help="At most so many, the newest."
)
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, limit: int, as_json: bool) -> None:
    """List articles, newest first, with topics, story and copies; what an editor corrected stands in the reasons."""
    with _desk.desk(ctx.obj) as (news, store):
        found = articles.newest(store, limit)
        rows = explain.described(news, store, found, _desk.now())
        corrected = corrections.listed(store)
    if as_json:
        _screen.document(rows)
        return
    notes = {article: ", ".join(correction.reasons) for article, correction in corrected.items()}
    days = [_screen.moment(article.date, news.newsletter.timezone) for article in found]
    shown = [
        (row["id"], day, _topics(row), row["source"], row["title"], notes.get(row["id"], ""))
        for row, day in zip(rows, days, strict=True)
    ]
    none = "nothing was gathered yet; `digest gather` fetches what the sources have"
    _screen.table(["id", "date", "topics", "source", "title", "corrected"], shown, none)
    if len(found) == limit:
        _screen.note(f"the newest {limit:,}; --limit asks for more")


@command.command(name="show")
@_article_argument
@_screen.json_option
@click.pass_context
def show(ctx: click.Context, *, article: str, as_json: bool) -> None:
    """Show one article whole; the beginning of its id is enough."""
    with _desk.desk(ctx.obj) as (news, store):
        found = _one(store, article)
        row = explain.described(news, store, explain.among(store, found), _desk.now())[0]
    if as_json:
        _screen.document(row | {"text": found.text, "summary": found.summary, "author": found.author})
        return
    published = _screen.moment(found.published, news.newsletter.timezone) if found.published else "undated"
    _screen.answer(f"{row['title']}\n{row['source']}  {published}  {row['url'] or 'no link'}")
    for topic in row["topics"]:
        _screen.answer(f"{topic['name']} {topic['score']}: {', '.join(topic['reasons'])}")
    _screen.answer(f"\n{found.text}")


@command.command(name="why")
@_article_argument
@_screen.json_option
@click.pass_context
def why(ctx: click.Context, *, article: str, as_json: bool) -> None:
    """Say why an article is where it is: topics, story, copies, corrections, each job's newest and next edition."""
    with _desk.desk(ctx.obj) as (news, store):
        told = explain.why(news, store, _one(store, article), _desk.now())
    if as_json:
        _screen.document(told)
        return
    _screen.answer(f"{told['id']}  {told['title']}  {told['source']}")
    for fired in told["fired"]:
        verdict = "yes" if fired["passed"] else f"no, below its floor of {fired['floor']}"
        _screen.answer(f"topic {fired['name']} {fired['score']}: {verdict} ({', '.join(fired['reasons'])})")
    if not told["fired"]:
        _screen.answer("topics: no phrase of any topic is in it")
    _screen.answer(f"story {told['story']}" + "".join(f"\n  also {o['id']}  {o['title']}" for o in told["also"]))
    if told["duplicate_of"]:
        _screen.answer(f"a copy of {told['duplicate_of']}")
    _tell_corrections(told["corrections"])
    for place in told["editions"]:
        verdict = "in it" if place["included"] else "not in it"
        _screen.answer(f"{place['job']}: {place['edition']} ({place['state']}): {verdict}: {place['reason']}")
    for place in told["next"]:
        verdict = "would be in it" if place["included"] else "would not be in it"
        _screen.answer(f"{place['job']}: the next edition: {verdict}: {place['reason']}")


@command.command(name="move")
@_article_argument
@click.argument("topic", metavar="TOPIC", required=False, shell_complete=_complete.topics)
@_undo_option
@click.pass_context
def move(ctx: click.Context, *, article: str, topic: str | None, undo: bool) -> None:
    """Put an article, its copies and its story into TOPIC, whatever the phrases say."""
    with _desk.desk(ctx.obj) as (news, store):
        if not undo and topic not in news.topics:
            raise UsageError(f"{topic or 'TOPIC'}: no such topic; allowed are {', '.join(news.topics)}")
        found = _one(store, article)
        if undo:
            _undo(store, found, "moved")
        corrections.change(store, found.id, _desk.now(), topic="" if undo else topic)
        offers = _offers.offers(news, store, {topic: [found]} if topic and not undo else {})
    _screen.answer(f"{found.id}: {'belongs where its phrases say' if undo else f'moved to {topic}'}: {found.title}")
    for line in _offers.told(offers):
        _screen.answer(f"so that the next one comes there by itself, add to {line}")
    _renew(ctx.obj)


@command.command(name="drop")
@_article_argument
@_undo_option
@click.pass_context
def drop(ctx: click.Context, *, article: str, undo: bool) -> None:
    """Leave an article, its copies and its story out of every edition to come."""
    found = _decide(ctx.obj, article, "dropped", undo=undo, now=_desk.now())
    _screen.answer(f"{found.id}: {'no longer dropped' if undo else 'dropped'}: {found.title}")
    _renew(ctx.obj)


@command.command(name="pin")
@_article_argument
@_undo_option
@click.pass_context
def pin(ctx: click.Context, *, article: str, undo: bool) -> None:
    """Put the story of an article first in its section; what was dropped has to be taken back first."""
    found = _decide(ctx.obj, article, "pinned", undo=undo, now=_desk.now())
    _screen.answer(f"{found.id}: {'no longer pinned' if undo else 'pinned'}: {found.title}")
    _renew(ctx.obj)


def _decide(home: Path, article: str, what: str, *, undo: bool, now: datetime) -> Article:
    with _desk.desk(home) as (news, store):
        found = _one(store, article)
        if undo:
            _undo(store, found, what)
        elif what == "pinned" and (gone := explain.dropped(news, store, found, now)):
            raise UsageError(f"{found.id}: dropped by an editor; `digest articles drop {gone.id} --undo` comes first")
        pinned, dropped = (not undo if what == each else None for each in ("pinned", "dropped"))
        corrections.change(store, found.id, now, pinned=pinned, dropped=dropped)
    return found


def _renew(home: Path) -> None:
    """Compose anew what waits for editors, now that something was corrected."""
    with _desk.desk(home) as (_, store):
        waiting = editions.under_review(store)
    if not waiting:
        return
    with _desk.sender(home) as sender:
        for record in waiting:
            before = review.code(sender.store, record.id)
            try:
                made = composing.recompose(sender, record)
            except UsageError as error:
                _screen.warn(f"not composed anew: {error}")
                continue
            changed = review.code(sender.store, record.id) != before
            said = "composed anew" if changed else "composed anew, nothing in it changed"
            for warning in made.report.warnings if changed else ():
                _screen.warn(warning)
            reason = _screen.local(made.report.reason, sender.news.newsletter.timezone)
            _screen.answer(f"{record.id}: {said} - {made.report.state}, {reason}")


def _undo(store: Store, found: Article, what: str) -> None:
    """Refuse to take back what was never done; the editor may have meant another article of the story."""
    own = corrections.listed(store).get(found.id)
    if own is None or f"{what} by an editor" not in own.reasons:
        raise UsageError(f"{found.id}: was not {what}; `digest articles why {found.id}` names its story")


def _one(store: Store, prefix: str) -> Article:
    """The one article whose id begins so."""
    found = articles.matching(store, prefix)
    if not found:
        raise UsageError(f"{prefix}: no article begins with this id")
    if len(found) > 1:
        named = ", ".join(f"{article.id} ({text.shorten(article.title, _NAMED)})" for article in found)
        raise UsageError(f"{prefix}: several articles begin with this id, among them {named}")
    return found[0]


def _tell_corrections(decided: dict[str, Any]) -> None:
    done = [f"moved to {decided['topic']}"] * bool(decided["topic"])
    done += [what for what in ("pinned", "dropped") if decided[what]]
    if done:
        where = "" if decided["own"] else ", by way of another article of its story"
        _screen.answer(f"corrected: {', '.join(done)} by an editor{where}")


def _topics(row: dict[str, Any]) -> str:
    return ", ".join(topic["name"] for topic in row["topics"]) or "-"
