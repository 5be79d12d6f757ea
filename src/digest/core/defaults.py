"""Where the shipped newsletter lies: the copy inside the wheel, else the repository's own folders."""

from pathlib import Path

FOLDERS = ("jobs", "samples", "templates", "topics")
FILES = ("digest.toml",)


def shipped() -> Path:
    """The folder that holds the shipped digest.toml, jobs, samples, templates and topics."""
    package = Path(__file__).parents[1]
    packed = package / "shipped"
    return packed if packed.is_dir() else package.parents[1]


def template_folders(home: Path) -> tuple[Path, ...]:
    """Where templates are looked up: the newsletter's own folder, then the shipped one."""
    return (home / "templates", shipped() / "templates")
