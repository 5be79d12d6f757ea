"""The outcomes of a long run -> a table at its end."""

from collections.abc import Iterator, Mapping

import pytest

_HEAD = ("kills", "mails", "lost", "repeated", "unknown", "unanswered", "a kill", "most")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each cell of the matrix came to, and all of them together."""
    outcomes = dict(outcomes_of(terminalreporter))
    if not outcomes:
        return
    terminalreporter.section("kills")
    terminalreporter.write_line("".join(f"{name:>11}" for name in _HEAD))
    for cell, outcome in [*outcomes.items(), ("all together", added(outcomes))]:
        terminalreporter.write_line(f"{line(outcome)}  {cell}")


def outcomes_of(reporter: pytest.TerminalReporter) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Cell -> its figures, of tests that passed and of those that did not."""
    for report in [*reporter.getreports("passed"), *reporter.getreports("failed")]:
        properties = dict(report.user_properties)
        if report.when == "call" and "cell" in properties:
            yield str(properties.pop("cell")), {name: int(str(value)) for name, value in properties.items()}


def added(outcomes: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The sums of all figures, and the greatest of the greatest."""
    names = sorted({name for outcome in outcomes.values() for name in outcome})
    gathered = {name: [outcome[name] for outcome in outcomes.values()] for name in names}
    return {name: max(values) if name == "most" else sum(values) for name, values in gathered.items()}


def line(outcome: Mapping[str, int]) -> str:
    """A row of the table."""
    figures = {name: str(outcome.get(name, 0)) for name in _HEAD}
    figures["a kill"] = f"{outcome.get('in flight', 0) / max(1, outcome.get('kills', 0)):.1f}"
    return "".join(f"{figures[name]:>11}" for name in _HEAD)
