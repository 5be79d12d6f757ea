from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.core import runfile
from digest.core.runfile import Run
from digest.store import Store, connect


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new database."""
    with connect(tmp_path / "digest.db") as opened:
        yield opened


@pytest.fixture
def run(store: Store) -> Iterator[Run]:
    """A living run of this process."""
    with runfile.begin(runfile.folder(store.path)) as begun:
        yield begun


@pytest.fixture
def other(store: Store) -> Iterator[Run]:
    """Another one."""
    with runfile.begin(runfile.folder(store.path)) as begun:
        yield begun
