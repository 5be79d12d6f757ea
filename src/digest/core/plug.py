"""A package's public modules, loaded by name: a folder is an open set, a file without `_` is one of it."""

import pkgutil
from importlib import import_module
from types import ModuleType


def names(package: str) -> tuple[str, ...]:
    """The public modules of a package, sorted."""
    paths = import_module(package).__path__
    return tuple(sorted(m.name for m in pkgutil.iter_modules(paths) if not m.name.startswith("_")))


def load(package: str, name: str) -> ModuleType:
    """The public module `name` of a package; LookupError names what there is."""
    known = names(package)
    if name not in known:
        msg = f"{name!r} is none of {', '.join(known)}"
        raise LookupError(msg)
    return import_module(f"{package}.{name}")
