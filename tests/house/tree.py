"""The repository's files -> the parsed modules and texts that the rules of the house are asked about."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath

ROOT = Path(__file__).parents[2]

# What is made, not written: environments, caches, packages, mails.
_MADE = {"__pycache__", "build", "dist", "node_modules", "outbox", "preview", "venv"}
_HIDDEN_BUT_OURS = {".ci", ".pre-commit-config.yaml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One Python file."""

    path: PurePath
    """Relative to the repository's root."""
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Dotted name; that of a package for its `__init__`."""
        parts = self.path.with_suffix("").parts
        inside = parts[1:] if parts[0] == "src" else parts
        return ".".join(inside[:-1] if inside[-1] == "__init__" else inside)

    def at(self, node: ast.stmt | ast.expr) -> str:
        """Where a node stands, as an editor jumps to it."""
        return f"{self.path}:{node.lineno}"


def parse(text: str, path: str = "src/digest/gather/snippet.py") -> Module:
    """A module from its source; the path decides which room it would stand in."""
    return Module(path=PurePath(path), text=text, tree=ast.parse(text))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python file below the folders, sorted."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(parse(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))) for path in paths)


def texts(folder: Path = ROOT) -> Iterator[tuple[PurePath, str]]:
    """Every text file somebody wrote, with its path relative to the repository's root."""
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in _HIDDEN_BUT_OURS
        if hidden or path.is_symlink() or path.name in _MADE or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from texts(path)
        else:
            data = path.read_bytes()
            if b"\0" not in data:
                yield path.relative_to(ROOT), data.decode("utf-8", "replace")
