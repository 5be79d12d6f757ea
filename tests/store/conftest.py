from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.store import Store, connect


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new database."""
    with connect(tmp_path / "digest.db") as opened:
        yield opened
