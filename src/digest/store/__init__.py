"""The only room that knows SQLite: one file answers one question about what was gathered, composed and sent."""

from digest.store._database import Store, connect

__all__ = ["Store", "connect"]
