"""How many mails the rate allows now: one bucket a relay, in the claim's transaction, so that all runs share it."""

import sqlite3
from datetime import datetime


def allowed(connection: sqlite3.Connection, target: str, rate: float, now: datetime) -> tuple[int, float]:
    """So many mails now, at most a second's worth, and the seconds until the first when there is none."""
    tokens = _tokens(connection, target, rate, now)
    # Or a clock that was set back would give nothing until it is as late again.
    connection.execute(
        "UPDATE pace SET at = :now WHERE target = :target AND at > :now", {"now": now.timestamp(), "target": target}
    )
    return int(tokens), 0.0 if tokens >= 1 else (1 - tokens) / rate


def spend(connection: sqlite3.Connection, target: str, rate: float, count: int, now: datetime) -> None:
    """Take so many out of the bucket."""
    left = _tokens(connection, target, rate, now) - count
    connection.execute("INSERT OR REPLACE INTO pace VALUES (?, ?, ?)", (target, left, now.timestamp()))


def _tokens(connection: sqlite3.Connection, target: str, rate: float, now: datetime) -> float:
    most = max(1.0, rate)
    row = connection.execute("SELECT tokens, at FROM pace WHERE target = ?", (target,)).fetchone()
    if row is None:
        return most
    # A clock that was set back gives nothing, one that jumped ahead no more than a full bucket.
    return float(min(most, row[0] + max(0.0, now.timestamp() - row[1]) * rate))
