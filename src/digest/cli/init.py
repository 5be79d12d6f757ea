"""Make a new newsletter's folder, commented and ready to run."""

import shutil
import tempfile
from pathlib import Path

import click

from digest.cli import _screen
from digest.core import defaults, tokens
from digest.core.errors import UsageError

_IGNORED = "digest.db*\ndigest.key*\ndkim.pem\ndigest.env\noutbox/\npreview/\n"


@click.command(name="init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> None:
    """Make a new newsletter in DIR: settings, jobs, topics, templates, samples and a key to sign with."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: the folder is not empty; name a new or an empty one")
    try:
        fill(folder.resolve())
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made: {error.strerror}") from None
    _screen.answer(f"{folder}: made; now edit {folder / 'digest.toml'}, or look first:")
    _screen.answer(f"  digest --home {folder} send demo")


def fill(folder: Path) -> None:
    """Copy the shipped newsletter to a folder that is new or empty: whole, or not at all."""
    shipped = defaults.shipped()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        made = Path(temporary) / folder.name
        made.mkdir()
        for name in defaults.FOLDERS:
            shutil.copytree(shipped / name, made / name)
        for name in defaults.FILES:
            shutil.copy(shipped / name, made / name)
        (made / ".gitignore").write_text(_IGNORED, encoding="utf-8")
        tokens.make_key(made)
        made.replace(folder)
