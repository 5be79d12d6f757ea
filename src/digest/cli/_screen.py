"""Values -> a terminal: answers on stdout, progress and warnings on stderr, colour only where a person looks."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from digest.pipeline import Progress as Told

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there.")


def answer(text: str) -> None:
    """One line on stdout."""
    click.echo(text)


def warn(text: str) -> None:
    """One line on stderr."""
    click.secho(text, err=True, fg="yellow")


def document(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under heads: a fitted table on a terminal, tab-separated lines in a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(str(cell) for cell in row))
        return
    drawn = Table(*heads, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    Console(markup=False, highlight=False).print(drawn)


@contextmanager
def progress() -> Iterator[Told]:
    """A bar for each kind of work on a terminal, one line when it is done elsewhere."""
    if not sys.stderr.isatty():
        yield _line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield tell


def _line(what: str, done: int, total: int) -> None:
    if total and done == total:
        click.echo(f"{what}: {done} of {total}", err=True)
