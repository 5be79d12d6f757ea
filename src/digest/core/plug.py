"""A package's public modules, loaded by name: a folder is an open set, a file without `_` is one of it."""

import ast
import pkgutil
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def names(package: str) -> tuple[str, ...]:
    """The public modules of a package, sorted."""
    paths = import_module(package).__path__
    return tuple(sorted(m.name for m in pkgutil.iter_modules(paths) if not m.name.startswith("_")))


def load(package: str, name: str) -> ModuleType:
    """The public module `name` of a package; LookupError names what there is."""
    if name.isidentifier() and not name.startswith("_") and (loaded := sys.modules.get(f"{package}.{name}")):
        return loaded  # some are asked for time and again, and to list a folder takes longer than their work
    known = names(package)
    if name not in known:
        msg = f"{name!r} is none of {', '.join(known)}"
        raise LookupError(msg)
    return import_module(f"{package}.{name}")


def summary(package: str, name: str) -> str:
    """The first line of a module's docstring, read without importing the module: a list must cost nothing."""
    spec = find_spec(f"{package}.{name}")
    source = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
