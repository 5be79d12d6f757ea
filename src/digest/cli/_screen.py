"""Values -> a terminal: answers on stdout, progress and warnings on stderr, colour only where a person looks."""

import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import click

from digest.core import log, plug, values
from digest.core.log import Progress as Told

_log = logging.getLogger(log.SCREEN)
_DRAWN = "digest.cli._drawn"

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there.")


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


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under heads: a fitted table on a terminal, tab-separated lines in a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(str(cell) for cell in row))
        return
    plug.load(_DRAWN, "tables").show(heads, rows)


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
