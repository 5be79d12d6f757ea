"""Heads and rows -> a fitted table on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_NONE: Final = {"", "-"}
_GAP: Final = 2
_LEAST: Final = 30
"""Cells in which sentences still read well when they are broken into lines."""
_INDENT: Final = 4


def show(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Draw the table on stdout, without the columns that have nothing in any row.

    What does not fit beside the others stands below its row, for nothing is cut.
    """
    console = Console(markup=False, highlight=False, emoji=False)
    names = [head.replace("_", " ") for head in heads]
    cells = [[str(cell) for cell in row] for row in rows]
    kept = [place for place in range(len(names)) if {row[place] for row in cells} - _NONE]
    widths = {place: max(map(cell_len, (names[place], *(row[place] for row in cells)))) for place in kept}
    below = _below(widths, console.width)
    beside = {place: width for place, width in widths.items() if place not in below}
    if not below:
        _draw(console, names, beside, cells)
        return
    console.print(Text(_line(names, beside), style="bold"), soft_wrap=True)
    for row in cells:
        console.print(_line(row, beside), soft_wrap=True)
        for place in below:
            if row[place] not in _NONE:
                console.print(Padding(Text(f"{names[place]}: {row[place]}"), (0, 0, 0, _INDENT)))


def _below(widths: Mapping[int, int], room: int) -> list[int]:
    """The columns that leave no room for the others, the widest first; never the first, which commands are told."""
    beside, below = dict(widths), list[int]()
    while len(beside) > 1:
        widest = max([*beside][1:], key=beside.__getitem__)
        rest = room - sum(beside.values()) - _GAP * (len(beside) - 1) + beside[widest]
        if rest >= (beside[widest] if below else min(beside[widest], _LEAST)):
            break
        below.append(widest)
        del beside[widest]
    return sorted(below)


def _draw(console: Console, names: Sequence[str], widths: Mapping[int, int], cells: Sequence[Sequence[str]]) -> None:
    """A table of which at most the widest column is broken into lines."""
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    broken = max([*widths][1:], key=widths.__getitem__, default=None)
    for place in widths:
        drawn.add_column(names[place], no_wrap=place != broken, overflow="fold")
    for row in cells:
        drawn.add_row(*(Text(row[place]) for place in widths))
    console.print(drawn)


def _line(row: Sequence[str], widths: Mapping[int, int]) -> str:
    return (" " * _GAP).join(set_cell_size(row[place], width) for place, width in widths.items()).rstrip()
