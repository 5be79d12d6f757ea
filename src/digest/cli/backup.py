"""Copy the database into a file, verified, while senders go on."""

from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from digest.cli import _desk, _screen
from digest.core import text
from digest.store import safety


@click.command(name="backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Put the backup in place of a FILE that is there.")
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, file: Path, force: bool, as_json: bool) -> None:
    """Copy the database into FILE, checked and on disk when it is there, while senders go on.

    `digest restore FILE` takes it back. The key in digest.key is not in it: keep that too.
    """
    with _desk.desk(ctx.obj) as (_, store), _screen.progress() as progress:
        made = safety.backup(store, file, partial(progress, "backup"), force=force)
    if as_json:
        _screen.document(asdict(made))
    else:
        what = f"{text.counted(made.editions, 'edition')} and {text.counted(made.sends, 'mail')}"
        _screen.answer(f"{made.file}: {made.bytes / 1e6:,.1f} MB with {what}, verified")
