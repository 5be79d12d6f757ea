#!/usr/bin/env python3
"""The settings with the texts under their options -> docs/configuration.md; `make docs` runs it."""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.core import settings

PAGE = Path(__file__).with_name("configuration.md")
_HEAD = """# Configuration

Made by `make docs` from the settings' own texts (`src/digest/core/settings.py`); edit those, not this page.

A newsletter is a folder: `digest.toml`, one file a recurring digest in `jobs/`, one file a topic in `topics/`
([how to add one](topics.md)), one look in `templates/` ([what a template sees](templates.md)). `digest check` names
every mistake with file, key, what was found and what is allowed, all at once, and touches nothing.
Durations are a number and `m`, `h`, `d` or `w`, such as `"36h"`. The secrets are no settings: `digest.key` or the
environment variable DIGEST_KEY signs, DIGEST_SMTP_PASSWORD is the relay's password, DIGEST_IMAP_PASSWORD the mailbox's;
DIGEST_HOME names the folder.
"""
_KEY = re.compile(r"Key `(\w+)`: ")
_NOTHING = {"window": "any", "rate": "unlimited"}
"""How a file says that there is no limit."""
_MANY_DAYS = 7
_NO_KEY = "not a key of the file"


def page() -> str:
    """The whole page."""
    tree = ast.parse(inspect.getsource(settings))
    tables = [node for node in tree.body if isinstance(node, ast.ClassDef) and (_text(node) or "").startswith("`")]
    return "\n".join([_HEAD, *(line for table in tables for line in _table(table))]).rstrip() + "\n"


def _table(node: ast.ClassDef) -> Iterator[str]:
    where, _, what = _text(node).partition(": ")
    yield f"## {where}\n\n{what[:1].upper()}{what[1:]}\n"
    yield "| key | default | what it says |\n|---|---|---|"
    options = {option.name: option for option in fields(getattr(settings, node.name))}
    for name, text in _texts(node).items():
        if _NO_KEY not in text:
            found = _KEY.match(text)
            told = (text[found.end() :] if found else text).replace("|", "\\|")
            default = "" if told.startswith("Default:") else _default(options[name])
            yield f"| `{found[1] if found else name}` | {default} | {told} |"
    yield ""


def _texts(node: ast.ClassDef) -> Mapping[str, str]:
    """Option -> the text under it."""
    found = {}
    for option, below in zip(node.body, node.body[1:], strict=False):
        if isinstance(option, ast.AnnAssign) and isinstance(option.target, ast.Name) and isinstance(below, ast.Expr):
            found[option.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return found


def _text(node: ast.ClassDef) -> str:
    return " ".join((ast.get_docstring(node) or "").split())


def _default(option: Field[object]) -> str:
    """The default as one would write it in the file."""
    if option.default is MISSING and option.default_factory is MISSING:
        return "needed"
    value = option.default_factory() if option.default_factory is not MISSING else option.default
    if value is None:
        return f'`"{_NOTHING[option.name]}"`'
    return f"`{_written(value)}`" if value not in ("", timedelta(0)) else ""


def _written(value: object) -> str:
    if isinstance(value, timedelta):
        hours = value // timedelta(hours=1)
        if value == timedelta(days=value.days) and value.days > _MANY_DAYS:
            return f'"{value.days}d"'
        return f'"{hours}h"' if value == timedelta(hours=hours) else f'"{value // timedelta(minutes=1)}m"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return f'"{value}"' if isinstance(value, (str, ZoneInfo)) else str(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
