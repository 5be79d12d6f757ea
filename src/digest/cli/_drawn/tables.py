"""Heads and rows -> a fitted table on a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table


def show(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Draw the table on stdout."""
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    for number, head in enumerate(heads):
        # The first column is what other commands are told, so it is never cut.
        drawn.add_column(head.replace("_", " "), no_wrap=not number, overflow="fold")
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    Console(markup=False, highlight=False).print(drawn)
