"""Values -> a terminal: answers on stdout, progress and warnings on stderr, colour only where a person looks."""

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from itertools import chain
from typing import Any

import click

from digest.core import log, plug, values
from digest.core.errors import DigestError
from digest.core.log import Progress as Told

_log = logging.getLogger(log.SCREEN)
_DRAWN = "digest.cli._drawn"
_SENTENCE = 1_000
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there.")


class Commands(click.Group):
    """Subcommands, each listed with its whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands."""
        rows = [(name, self.commands[name].get_short_help_str(_SENTENCE)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def duration(ctx: click.Context, option: click.Parameter, text: str) -> timedelta:
    """The duration of an option, written as in the files."""
    del ctx, option
    try:
        return values.duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def answer(text: str) -> None:
    """One line on stdout."""
    click.echo(text)


def warn(text: str) -> None:
    """One line on stderr."""
    _log.warning("%s", text)


def note(text: str) -> None:
    """One line on stderr that is no warning: something beside the answer."""
    _log.info("%s", text)


def ask(question: str, otherwise: str) -> None:
    """Return after a yes; after anything else DigestError with what was not done."""
    try:
        if click.confirm(question, err=True):
            return
    except click.Abort:  # Ctrl-C, or there is nobody to answer: the question's line is not ended
        click.echo(err=True)
    raise DigestError(otherwise)


def moment(when: datetime | str | None, zone: tzinfo) -> str:
    """A moment as people read it everywhere, `2026-11-22 07:00` in their zone; `-` for none. Text is ISO 8601."""
    known = datetime.fromisoformat(when) if isinstance(when, str) and when else when
    return f"{known.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(known, datetime) else "-"


def local(told: str, zone: tzinfo) -> str:
    """A sentence of the ledger with its moments (UTC, ISO 8601) as people read them."""
    return _STAMP.sub(lambda found: moment(found[0], zone), told)


def document(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def documents(rows: Iterable[Mapping[str, Any]], head: Mapping[str, Any] | None = None, name: str = "") -> None:
    """One JSON list on stdout, or an object that ends with it under `name`, written piece by piece."""
    opening = f"{json.dumps(head, ensure_ascii=False)[:-1]}, {json.dumps(name)}: " if head else ""
    click.echo(f"{opening}[", nl=False)
    for number, row in enumerate(rows):
        click.echo((",\n" if number else "\n") + json.dumps(row, ensure_ascii=False), nl=False)
    click.echo("\n]}" if head else "\n]")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], nothing: str = "") -> None:
    """Rows under heads: a fitted table on a terminal, tab-separated lines in a pipe; a note of `nothing` for none."""
    left = iter(rows)
    first = next(left, None)
    if first is None:
        if nothing:
            note(nothing)
        return
    every = chain([first], left)
    if sys.stdout.isatty():
        plug.load(_DRAWN, "tables").show(heads, every)
        return
    for row in every:
        click.echo("\t".join(str(cell) for cell in row))


@contextmanager
def progress() -> Iterator[Told]:
    """A bar for each kind of work on a terminal, one line when it is done elsewhere."""
    if not sys.stderr.isatty():
        yield _line
        return
    with plug.load(_DRAWN, "bars").drawn() as tell:
        yield tell


def _line(what: str, done: int, total: int) -> None:
    if total and done == total:
        _log.info("%s: %d of %d", what, done, total, extra={"event": what, "done": done, "total": total})
