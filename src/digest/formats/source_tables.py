"""The text of digest.toml and new sources -> the same text, byte for byte, with a table for each at its end."""

import os
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from digest.core import text
from digest.core.errors import UsageError
from digest.core.settings import Source

_KEYS = ("url", "path", "name", "group")
_ESCAPED = {'"': '\\"', "\\": "\\\\"}


def known(sources: Sequence[Source], url: str) -> Source | None:
    """The source that has this URL already, in whatever spelling."""
    key = text.identity(url)
    return next((source for source in sources if source.url and text.identity(source.url) == key), None)


def appended(data: bytes, sources: Sequence[Source]) -> bytes:
    """The file with a `[[sources]]` table a source after all that is there; UsageError where none can follow."""
    newline = "\r\n" if b"\r\n" in data else "\n"
    lines = [line for source in sources for line in ("", "[[sources]]", *_options(source))]
    between = b"" if not data or data.endswith(b"\n") else newline.encode()
    made = data + between + "".join(line + newline for line in lines).encode()
    try:
        before, after = (tomllib.loads(each.decode("utf-8-sig")) for each in (data, made))
    except ValueError as error:
        raise UsageError(f"digest.toml: a [[sources]] table cannot follow at its end: {error}") from None
    tables = [dict(_said(source)) for source in sources]
    if after != before | {"sources": [*before.get("sources", []), *tables]}:
        raise UsageError("digest.toml: a [[sources]] table at its end would not be read as a source; write it by hand")
    return made


def append(path: Path, sources: Sequence[Source]) -> None:
    """Add sources to the file: whole or not at all, its mode kept, through a link to where it really lies."""
    target = path.resolve()
    made = appended(target.read_bytes(), sources)
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(number, "wb") as temporary:
            os.fchmod(number, target.stat().st_mode & 0o7777)
            temporary.write(made)
            temporary.flush()
            os.fsync(number)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink()
        raise


def table(source: Source) -> str:
    """The table of one source as it is added."""
    return "\n".join(("[[sources]]", *_options(source)))


def _options(source: Source) -> list[str]:
    return [f"{key} = {_quoted(value)}" for key, value in _said(source)]


def _said(source: Source) -> list[tuple[str, str]]:
    values = [(key, getattr(source, key)) for key in _KEYS]
    return [(key, value) for key, value in values if value]


def _quoted(value: str) -> str:
    """A TOML basic string; values are single lines without controls."""
    return '"' + "".join(_ESCAPED.get(char, char) for char in value) + '"'
