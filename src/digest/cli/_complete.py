"""What was typed so far -> what may follow it, for the shell; cheap, and silent whatever is wrong."""

import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import click
from click.shell_completion import CompletionItem

from digest.core.errors import DigestError
from digest.store import Store, articles, connect
from digest.store import editions as composed

T = TypeVar("T")
_NEWEST = 200


def jobs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The jobs, by their files' names."""
    del param
    return _matching(incomplete, (path.stem for path in sorted(_home(ctx).glob("jobs/*.toml"))))


def topics(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The topics, by their files' names."""
    del param
    return _matching(incomplete, (path.stem for path in sorted(_home(ctx).glob("topics/*.toml"))))


def sources(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of sources in digest.toml."""
    del param
    try:
        tables = tomllib.loads((_home(ctx) / "digest.toml").read_text(encoding="utf-8-sig")).get("sources", [])
    except (OSError, ValueError):
        return []
    named = [table.get("name") or table.get("url") or table.get("path") for table in tables if isinstance(table, dict)]
    return _matching(incomplete, (name for name in named if isinstance(name, str)))


def article_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The newest articles, each with its title."""
    del param
    newest = _remembered(ctx, lambda store: articles.newest(store, _NEWEST))
    return [CompletionItem(a.id, help=a.title) for a in newest if a.id.startswith(incomplete)]


def editions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The editions, newest first, each with its state."""
    del param
    known = _remembered(ctx, composed.listed)
    return [CompletionItem(e.id, help=e.state) for e in reversed(known) if e.id.startswith(incomplete)]


def reported(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The jobs, then the editions: what a report may be asked of."""
    return [*jobs(ctx, param, incomplete), *editions(ctx, param, incomplete)]


def _remembered(ctx: click.Context, ask: Callable[[Store], Sequence[T]]) -> Sequence[T]:
    """What the database answers, nothing where there is none or it cannot be used."""
    database = _home(ctx) / "digest.db"
    if not database.is_file():
        return ()
    try:
        with connect(database) as store:
            return ask(store)
    except DigestError:
        return ()


def _matching(incomplete: str, names: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _home(ctx: click.Context) -> Path:
    return Path(ctx.find_root().params.get("home") or ".")
