"""A folder with .po files as a translator writes them."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

Write: TypeAlias = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Put a .po file into the folder that is returned; each translation as its id and its forms."""

    def of(name: str, *entries: tuple[str | tuple[str, str], str | tuple[str, ...]], plural: str = "") -> Path:
        blocks = ['msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"']
        if plural:
            blocks[0] += f'\n"Plural-Forms: {plural};\\n"'
        for message, forms in entries:
            if isinstance(message, str):
                blocks.append(f'msgid "{message}"\nmsgstr "{forms}"')
            else:
                lines = [f'msgid "{message[0]}"', f'msgid_plural "{message[1]}"']
                blocks.append("\n".join([*lines, *(f'msgstr[{n}] "{form}"' for n, form in enumerate(forms))]))
        (tmp_path / f"{name}.po").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
        return tmp_path

    return of
