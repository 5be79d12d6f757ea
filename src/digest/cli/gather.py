"""Fetch and read sources, and keep what is new."""

from dataclasses import asdict

import click

from digest import pipeline
from digest.cli import _complete, _desk, _screen
from digest.core.errors import UsageError


@click.command(name="gather")
@click.option(
    "--source",
    "wanted",
    metavar="NAME",
    help="Only the sources of this name or group, or with this URL.",
    shell_complete=_complete.sources,
)
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, wanted: str | None, as_json: bool) -> None:
    """Check every source once; a line for each: new, known, or failed with why."""
    with _desk.desk(ctx.obj) as (news, store):
        chosen = news.sources if wanted is None else _desk.chosen_sources(news, wanted)
        if not chosen:
            raise UsageError("digest.toml: there is no source yet; `digest sources add URL` adds one")
        with _screen.progress() as progress:
            taken = pipeline.check_sources(news, store, chosen, _desk.now(), progress)
    if as_json:
        _screen.document([asdict(intake) for intake in taken])
    else:
        rows = [(t.source, t.kind, f"{t.new} new", f"{t.known} known", t.error) for t in taken]
        _screen.table(["source", "kind", "new", "known", "failed because"], rows)
    ctx.exit(0 if any(intake.answered for intake in taken) else 1)
