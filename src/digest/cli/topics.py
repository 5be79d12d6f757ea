"""What topics there are, what fires in a text, how well they tell articles apart, and which phrases they lack."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from digest import config
from digest.cli import _desk, _offers, _screen
from digest.core import text
from digest.core.errors import UsageError
from digest.understand import evaluation
from digest.understand.topics import Classifier

_DIGITS = 4


@click.group(name="topics", cls=_screen.Commands)
def command() -> None:
    """What topics there are, what fires in a text, how well they work, and which phrases they lack."""


@command.command(name="list")
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List the topics of the newsletter."""
    topics = config.load(ctx.obj).topics.values()
    rows = [{"id": t.id, "name": t.name, "color": t.color, "floor": t.floor, "phrases": len(t.phrases)} for t in topics]
    if as_json:
        described = zip(rows, topics, strict=True)
        _screen.document([row | {"description": topic.description} for row, topic in described])
    else:
        _screen.table(["id", "name", "color", "floor", "phrases"], [tuple(row.values()) for row in rows])


@command.command(name="test")
@click.argument("text")
@click.option("--title", default="", help="A title, which counts more than the text.")
@_screen.json_option
@click.pass_context
def test(ctx: click.Context, *, text: str, title: str, as_json: bool) -> None:
    """Say which topics TEXT belongs to, and which phrases fired; with - the text comes from stdin."""
    text = sys.stdin.read() if text == "-" else text
    rules = config.load(ctx.obj).topics
    fired = Classifier(tuple(rules.values())).fired(title, text)
    rows = [asdict(found) | {"floor": rules[found.topic].floor} for found in fired]
    if as_json:
        _screen.document(rows)
        return
    if not fired:
        _screen.answer("no phrase of any topic is in this text")
    for found in fired:
        floor = rules[found.topic].floor
        verdict = "yes" if found.score >= floor else f"no, {floor - found.score:.1f} below its floor of {floor}"
        _screen.answer(f"{found.topic} {found.score}: {verdict}")
        for reason in found.reasons:
            _screen.answer(f"  {reason}")


@command.command(name="evaluate")
@click.argument("file", type=click.Path(path_type=Path))
@_screen.json_option
@click.pass_context
def evaluate(ctx: click.Context, *, file: Path, as_json: bool) -> None:
    """Measure the topics on labelled JSON Lines: {"title", "text", "topics", "optional"}."""
    rules = tuple(config.load(ctx.obj).topics.values())
    examples = evaluation.read_examples(file)
    if not examples:
        raise UsageError(f"{file}: no article in it; needed is one a line, such as {evaluation.SAMPLE}")
    measured = evaluation.evaluate(rules, examples)
    for label, count in evaluation.strangers(rules, examples).items():
        _screen.warn(f"{label}: the label of {count}, no topic of this newsletter; it counts as other")
    if as_json:
        _screen.document(asdict(measured))
        return
    _screen.answer(f"{text.counted(measured.articles, 'article')}, macro F1 {measured.macro_f1:.{_DIGITS}f}")
    rows = [
        (name, *(f"{value:.{_DIGITS}f}" for value in (m.precision, m.recall, m.f1)))
        for name, m in measured.topics.items()
    ]
    _screen.table(["topic", "precision", "recall", "F1"], rows)
    for wrong in measured.wrong:
        _screen.answer(f"expected {', '.join(wrong.expected)}, got {', '.join(wrong.got)}: {wrong.title}")


@command.command(name="suggest")
@_screen.json_option
@click.pass_context
def suggest(ctx: click.Context, *, as_json: bool) -> None:
    """List phrases that would have placed the articles editors moved, with the line to paste into each topic's file."""
    with _desk.desk(ctx.obj) as (news, store):
        moved = _offers.moved(store)
        rows = _offers.offers(news, store, moved)
    if as_json:
        _screen.document(rows)
        return
    for line in _offers.told(rows):
        _screen.answer(line)
    if not rows:
        count = sum(map(len, moved.values()))
        told = f" for {text.counted(count, 'moved article')}" if count else ": no article was moved"
        _screen.answer(f"nothing to add{told}")
