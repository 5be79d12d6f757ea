"""An open database -> a copy of it that nobody else writes to."""

from pathlib import Path

from digest.store._database import Store


def copy(store: Store, path: Path) -> None:
    """Write all that is committed to a new file; StoreError of `connect` when there is no room for it."""
    store.connection.execute("VACUUM INTO ?", (str(path),))
