"""Where articles come from: health, a look at one, and more of them."""

from collections.abc import Sequence
from datetime import tzinfo
from glob import escape
from pathlib import Path
from typing import Any

import click

from digest import config, pipeline
from digest.cli import _complete, _desk, _screen
from digest.core import text
from digest.core.errors import DigestError, UsageError
from digest.core.settings import Settings, Source
from digest.formats import outline, source_tables
from digest.gather import Checked
from digest.store import articles, sources

_ITEM = ("id", "title", "url", "author", "published", "summary", "text", "image", "enclosures")
_group_option = click.option("--group", default="", help="A group that jobs may choose; without one: every job's.")
_dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be added and add nothing.")


@click.group(name="sources", cls=_screen.Commands)
def command() -> None:
    """Where articles come from: health, a look at one, and more of them."""


@command.command(name="list")
@_screen.json_option
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List sources with their last success, failures in a row, items known and items a day over 14 days."""
    with _desk.desk(ctx.obj) as (news, store):
        known = sources.health(store, _desk.now())
        seen = {key: name for name, key in articles.outlets(store).items()}
    rows = [_health(source, known.get(source.key), seen.get(source.key, "")) for source in news.sources]
    if as_json:
        _screen.document(rows)
        return
    heads = ("name", "group", "kind", "last_success", "failures", "items", "per_day", "url", "path", "error")
    shown = [row | {"last_success": _screen.moment(row["last_success"], news.newsletter.timezone)} for row in rows]
    none = "digest.toml: there is no source yet; `digest sources add URL` adds one"
    _screen.table(heads, [[row[head] for head in heads] for row in shown], none)


@command.command(name="check")
@click.argument("wanted", metavar="X", shell_complete=_complete.sources)
@_screen.json_option
@click.pass_context
def check(ctx: click.Context, *, wanted: str, as_json: bool) -> None:
    """Fetch or read X (a source's name, a URL or a file) now and show what is in it; nothing is stored."""
    news = config.load(ctx.obj)
    checked = pipeline.look_at(news, _meant(news, wanted), _desk.now())
    if as_json:
        _screen.document(_document(checked, wanted))
    else:
        _show(checked, wanted, news.newsletter.timezone)
    ctx.exit(1 if checked.error and not checked.articles else 0)


@command.command(name="add")
@click.argument("url")
@click.option("--name", default="", help="The outlet's name; default: the feed's title.")
@_group_option
@_dry_run_option
@click.pass_context
def add(ctx: click.Context, *, url: str, name: str, group: str, dry_run: bool) -> None:
    """Check URL and add it to digest.toml, at the end; the rest of the file stays as it is."""
    news = config.load(ctx.obj)
    source = Source(url=_link(url), name=text.line(name), group=text.line(group))
    if double := source_tables.known(news.sources, source.url):
        raise UsageError(f"{url}: is a source already{f', {double.name}' if double.name else ''}")
    checked = pipeline.look_at(news, source, _desk.now())
    if not checked.articles:
        raise DigestError(f"{url}: not added: {checked.error or 'there is no article in it'}")
    _append(news, [source], dry_run=dry_run)
    told = f"{text.counted(len(checked.articles), 'article')}, the first: {checked.articles[0].title}"
    _screen.answer(f"{checked.articles[0].source}: {'would be added' if dry_run else 'added'}; {told}")


@command.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_group_option
@_dry_run_option
@click.pass_context
def import_(ctx: click.Context, *, file: Path, group: str, dry_run: bool) -> None:
    """Add the feeds of an OPML file to digest.toml, unchecked; a folder becomes their group unless --group is given."""
    news = config.load(ctx.obj)
    try:
        with file.open("rb") as opened:
            found = outline.read(opened.read(outline.LIMIT + 1))
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from None
    new: list[Source] = []
    for each in found:
        if isinstance(each, outline.Rejected):
            _screen.warn(f"line {each.line}: {each.why}")
        elif source_tables.known((*news.sources, *new), each.source.url):
            _screen.warn(f"line {each.line}: {each.source.url} is a source already")
        else:
            new.append(Source(url=each.source.url, name=each.source.name, group=text.line(group) or each.source.group))
    if new:
        _append(news, new, dry_run=dry_run)
    _screen.answer(f"{len(new)} of {text.counted(len(found), 'feed')} {'would be added' if dry_run else 'added'}")


@command.command(name="export")
@click.pass_context
def export(ctx: click.Context) -> None:
    """Write the sources that have a URL as OPML 2.0 to stdout."""
    news = config.load(ctx.obj)
    click.echo(outline.write(news.newsletter.name, news.sources), nl=False)
    if local := [source for source in news.sources if not source.url]:
        left = text.counted(len(local), "source is local files", "sources are local files")
        _screen.warn(f"{left}, which OPML cannot name")


def _append(news: Settings, new: Sequence[Source], *, dry_run: bool) -> None:
    path = news.home / "digest.toml"
    if dry_run:
        source_tables.appended(path.read_bytes(), new)
        for source in new:
            _screen.answer(f"{source_tables.table(source)}\n")
    else:
        source_tables.append(path, new)


def _meant(news: Settings, wanted: str) -> Source:
    """The source of that name, URL or path; else one made of a URL, or of files here or in the newsletter's folder."""
    if "://" in wanted and not any(wanted == source.key for source in news.sources):
        return Source(url=_link(wanted))
    here = Path(wanted).absolute()
    if here.exists():
        return Source(path=escape(str(here)))
    is_path = bool(set("/*?[") & set(wanted)) or (news.home / wanted).exists()
    return Source(path=wanted) if is_path else _desk.chosen_sources(news, wanted)[0]


def _link(url: str) -> str:
    link = text.link(url)
    if link is None:
        raise UsageError(f"{url}: allowed is an http or https address without a password")
    return link


def _health(source: Source, known: sources.Health | None, seen: str) -> dict[str, Any]:
    """One source; the name is as set, else as its articles were seen with."""
    again = known.checked + source.check_every if known and source.check_every else None
    return {
        "name": source.name or seen,
        "kind": source.kind,
        "url": source.url,
        "path": source.path,
        "group": source.group,
        "last_success": known.succeeded.isoformat() if known and known.succeeded else None,
        "next_check": again.isoformat() if again else None,
        "failures": known.failures if known else 0,
        "items": known.items if known else 0,
        "per_day": known.per_day if known else 0.0,
        "error": known.error if known else "",
    }


def _document(checked: Checked, wanted: str) -> dict[str, Any]:
    """The answer as `sources check --json` says it (design 4)."""
    items = []
    for article in checked.articles:
        published = article.published.isoformat() if article.published else None
        changed = {"published": published, "enclosures": list(article.enclosures)}
        items.append({name: getattr(article, name) for name in _ITEM} | changed)
    return {"url": checked.source.url or wanted, "kind": checked.kind, "error": checked.error, "items": items}


def _show(checked: Checked, wanted: str, zone: tzinfo) -> None:
    for article in checked.articles:
        published = _screen.moment(article.published, zone) if article.published else "undated"
        _screen.answer(f"{published}  {article.title}  {article.url or 'no link'}")
    if checked.error:
        _screen.warn(f"{wanted}: {checked.error}")
    _screen.answer(f"{checked.kind or 'nothing read'}: {text.counted(len(checked.articles), 'article')}")
