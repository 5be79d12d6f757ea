"""Remove what is older than `[keep]` says; who got what stays for ever."""

from dataclasses import asdict

import click

from digest.cli import _desk, _screen
from digest.core import text
from digest.store import erasure, pruning


@click.command(name="prune")
@click.option("--dry-run", is_flag=True, help="Say what would go and remove nothing.")
@click.option(
    "--vacuum", is_flag=True, help="Write the whole database anew: needs its size twice, and nobody else may write."
)
@_screen.json_option
@click.pass_context
def command(ctx: click.Context, *, dry_run: bool, vacuum: bool, as_json: bool) -> None:
    """Remove articles, frozen mails, pictures and run files that are older than `[keep]` says, while senders go on.

    Sign-ups that nobody confirmed within seven days go too. Editions and who got them stay for ever.
    """
    with _desk.desk(ctx.obj) as (news, store):
        gone = pruning.prune(store, news.keep, _desk.now(), dry_run=dry_run, vacuum=vacuum)
        lapsed = 0 if dry_run else erasure.expire(store, _desk.now())
    if as_json:
        _screen.document(asdict(gone) | {"sign_ups": lapsed})
        return
    counts = (
        (lapsed, "sign-up that nobody confirmed", "sign-ups that nobody confirmed"),
        (gone.articles, "article", ""),
        (gone.emptied, "text of undated articles", "texts of undated articles"),
        (gone.bodies, "frozen mail", ""),
        (gone.images, "picture", ""),
        (gone.files, "left-over file", ""),
    )
    what = ", ".join(text.counted(*each) for each in counts if each[0]) or "nothing is old enough"
    size = f" ({gone.bytes / 1e6:,.1f} MB; the file is {gone.given_back / 1e6:,.1f} MB smaller)" if gone.bytes else ""
    if dry_run:
        size = f" ({gone.bytes / 1e6:,.1f} MB); a dry run: nothing was removed" if gone.bytes else "; a dry run"
    anew = "; the database was written anew" if vacuum and not dry_run else ""
    _screen.answer(f"{what}{size}{anew}")
