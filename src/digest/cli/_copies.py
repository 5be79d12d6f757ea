"""Who was forgotten -> the files of the newsletter's folder that still name him, and those that nobody looked into."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from digest.core.settings import Settings
from digest.deliver import outbox

_PIECE: Final = 1 << 20
_ELSEWHERE: Final = "backups and lists that you keep elsewhere are not touched: let them expire"


def untouched(news: Settings, folded: str) -> Iterator[str]:
    """A line on each kind of copy that erasing somebody does not reach; `folded`: the address in lower case."""
    named = sorted(str(path.relative_to(news.home)) for path in _copies(news) if _holds(path, folded.encode()))
    if named:
        yield f"still named in {', '.join(named)}: delete what you need no more"
    if news.delivery.to.startswith("outbox:"):
        folder = outbox.folder(news.delivery, news.home)
        if any(path.is_file() for path in folder.glob("*/*")):
            yield f"the mails in {folder} are not touched"
    yield _ELSEWHERE


def _copies(news: Settings) -> Iterator[Path]:
    """Copies of the database, lists, and previews made as somebody gets them, in the newsletter's folder."""
    live = {news.database.name + suffix for suffix in ("", "-wal", "-shm")}
    for pattern in ("*.db", "*.db.*", "*.sqlite*", "*.csv", "*.bak", "preview/*/*"):
        for path in news.home.glob(pattern):
            if path.name not in live and path.is_file():
                yield path


def _holds(path: Path, folded: bytes) -> bool:
    """Whether the file has these bytes anywhere, in capitals too; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            before = b""
            while piece := file.read(_PIECE).lower():
                if folded in before + piece:
                    return True
                before = piece[-len(folded) :]
    except OSError:
        return False
    return False
