import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from house.tree import ROOT, Module, modules, parse

# Library -> who alone may import it; "digest.store" stands for all that is in it.
OWNERS = {
    "apscheduler": ("digest.core.cron", "digest.schedule"),
    "click": ("digest.cli",),
    "cryptography": ("digest.message",),
    "email_validator": ("digest.core.validator",),
    "http.client": ("digest.fetch",),
    "imaplib": ("digest.mailbox",),
    "importlib.import_module": ("digest.core.plug",),
    "pycurl": ("digest.fetch",),
    "rich": ("digest.cli",),
    "smtplib": ("digest.deliver",),
    "babel": ("digest.words",),
    "uvicorn": ("digest.site",),
    "h11": ("digest.site",),
    "socket": ("digest.deliver", "digest.fetch", "digest.mailbox", "digest.schedule"),
    "sqlite3": ("digest.store",),
    "sqlite_utils": ("digest.store",),
    "ssl": ("digest.deliver", "digest.fetch", "digest.mailbox"),
    "starlette": ("digest.site",),
    "urllib.request": ("digest.fetch",),
}
# Other ways to open a connection; nobody needs them beside those above.
STRANGERS = ("aiohttp", "asyncio.open_connection", "ftplib", "httpx", "poplib", "requests", "socketserver", "urllib3")
MOCKS = ("mock", "pytest_mock", "unittest.mock")


def imported(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Each import with the full name of what it brings: `from a import b` brings `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def below(name: str, parent: str) -> bool:
    return name == parent or name.startswith(f"{parent}.")


def foreign(module: Module) -> list[str]:
    """Imports of a library that belongs to another room."""
    faults = []
    for node, name in imported(module.tree):
        for library, owners in OWNERS.items():
            if below(name, library) and not any(below(module.name, owner) for owner in owners):
                faults.append(f"{module.at(node)}: {library} belongs to {' and '.join(owners)}")
        faults += [f"{module.at(node)}: {stranger}" for stranger in STRANGERS if below(name, stranger)]
    return faults


def hidden(module: Module) -> list[str]:
    """Imports inside a function, and imports that only the type checker sees."""
    functions = [n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    faults = {f"{module.at(node)}: import inside a function" for f in functions for node, _ in imported(f)}
    faults |= {f"{module.at(node)}: {name}" for node, name in imported(module.tree) if name == "typing.TYPE_CHECKING"}
    attributes = [node for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)]
    faults |= {f"{module.at(node)}: TYPE_CHECKING" for node in attributes if node.attr == "TYPE_CHECKING"}
    return sorted(faults)


def mocks(module: Module) -> list[str]:
    faults = [
        f"{module.at(node)}: {name}" for node, name in imported(module.tree) if any(below(name, m) for m in MOCKS)
    ]
    arguments = [node for node in ast.walk(module.tree) if isinstance(node, ast.arg)]
    return faults + [f"{module.path}:{node.lineno}: mocker" for node in arguments if node.arg == "mocker"]


def drawers(module: Module) -> list[str]:
    """Files whose name says that they hold whatever found no place."""
    stem = module.path.stem.strip("_")
    return [f"{module.path}: say what it does"] if stem in {"util", "utils", "helper", "helpers", "misc"} else []


def cycle(found: Sequence[Module]) -> list[str]:
    """The names of modules that import one another in a ring, or none."""
    known = {module.name for module in found}
    graph: dict[str, set[str]] = {}
    for module in found:
        names = {name if name in known else name.rpartition(".")[0] for _, name in imported(module.tree)}
        graph[module.name] = names & known - {module.name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def broken_contracts(folder: Path) -> str:
    """What import-linter says of the contracts in a folder's pyproject.toml, empty when they are kept."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_each_library_is_known_to_its_room_alone() -> None:
    assert [fault for module in modules("src") for fault in foreign(module)] == []


def test_no_import_is_hidden() -> None:
    assert [fault for module in modules("src", "tests", "benchmarks") for fault in hidden(module)] == []


def test_nothing_is_mocked() -> None:
    assert [fault for module in modules("tests", "benchmarks") for fault in mocks(module)] == []


def test_no_file_is_a_drawer_for_everything() -> None:
    assert [fault for module in modules("src", "tests", "benchmarks") for fault in drawers(module)] == []


def test_no_modules_import_one_another() -> None:
    assert cycle(modules("src")) == []


def test_rooms_do_not_know_each_other() -> None:
    assert broken_contracts(ROOT) == ""


@pytest.mark.parametrize(
    "line",
    [
        "import sqlite3",
        "from sqlite_utils.db import Database",
        "import urllib.request as web",
        "from urllib import request",
        "from http.client import HTTPSConnection",
        "import click",
        "from rich.console import Console",
        "from apscheduler.triggers.cron import CronTrigger",
        "from importlib import import_module",
        "import requests",
        "import socket",
    ],
)
def test_another_rooms_library_is_a_fault(line: str) -> None:
    assert len(foreign(parse(line))) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/digest/store/ledger.py", "import sqlite3"),
        ("src/digest/fetch/_transfer.py", "import pycurl, socket"),
        ("src/digest/core/cron.py", "from apscheduler.triggers.cron import CronTrigger"),
        ("src/digest/cli/__init__.py", "import click"),
        ("src/digest/gather/feed.py", "from urllib.parse import urlsplit"),
    ],
)
def test_a_rooms_own_library_is_none(path: str, line: str) -> None:
    assert foreign(parse(line, path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "def read():\n    import json\n",
        "class Reader:\n    async def read(self):\n        if self:\n            from json import loads\n",
        "from typing import TYPE_CHECKING\n",
        "import typing\nif typing.TYPE_CHECKING:\n    import json\n",
    ],
)
def test_a_hidden_import_is_a_fault(source: str) -> None:
    assert len(hidden(parse(source))) == 1


@pytest.mark.parametrize(
    "source",
    ["from unittest import mock", "from unittest.mock import patch", "import mock", "def test_it(mocker): ..."],
)
def test_a_mock_is_a_fault(source: str) -> None:
    assert len(mocks(parse(source))) == 1


def test_a_drawer_is_a_fault() -> None:
    assert len(drawers(parse("", "src/digest/gather/_utils.py"))) == 1


def test_a_ring_of_imports_is_a_fault() -> None:
    one = parse("from digest.render import look", "src/digest/render/page.py")
    two = parse("from digest.render.page import draw", "src/digest/render/look.py")
    assert set(cycle([one, two])) == {"digest.render.page", "digest.render.look"}
    assert cycle([one, parse("", "src/digest/render/look.py")]) == []


def test_a_room_that_knows_another_breaks_the_contract(tmp_path: Path) -> None:
    house = tmp_path / "little_house"
    house.mkdir()
    for name, source in {"__init__": "", "attic": "", "cellar": "from little_house import attic"}.items():
        (house / f"{name}.py").write_text(source, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.importlinter]\nroot_package = "little_house"\n[[tool.importlinter.contracts]]\nname = "Up and down"\n'
        'type = "layers"\ncontainers = ["little_house"]\nlayers = ["attic", "cellar"]\n',
        encoding="utf-8",
    )
    assert "little_house.cellar" in broken_contracts(tmp_path)
    (house / "cellar.py").write_text("", encoding="utf-8")
    assert broken_contracts(tmp_path) == ""
