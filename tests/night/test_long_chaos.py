"""The whole matrix of `system/test_chaos.py`, greylisting with it, with more kills: `make night`."""

from collections.abc import Callable

import pytest

from support import Make
from system.killer import Cell
from system.test_chaos import cells, check, endure


@pytest.mark.timeout(600)
@pytest.mark.parametrize("cell", list(cells(recipients=2_000, kills=8, greylisting=[False, True], seed=1000)), ids=str)
def test_many_kills_lose_nothing_and_repeat_nothing_unsaid(
    newsletter: Make, cell: Cell, record_property: Callable[[str, object], None]
) -> None:
    outcome = endure(newsletter(recipients=cell.recipients), cell)
    figures = {
        "cell": str(cell),
        "kills": outcome.kills,
        "mails": outcome.mails,
        "lost": outcome.lost,
        "repeated": outcome.repeated,
        "unknown": outcome.unknown,
        "unanswered": outcome.silent,
        "in flight": sum(outcome.in_flight),
        "most": max(outcome.in_flight, default=0),
    }
    for name, figure in figures.items():
        record_property(name, figure)
    check(outcome, cell)
