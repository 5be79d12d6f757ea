"""Make room for when an edition is released, what editors wrote into it, and what they were told."""

STATEMENTS = """
ALTER TABLE editions ADD COLUMN release TEXT NOT NULL DEFAULT '';

CREATE TABLE edits (
  edition TEXT PRIMARY KEY REFERENCES editions(id), title TEXT, subject TEXT, intro TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE told (
  edition TEXT NOT NULL REFERENCES editions(id), reason TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (edition, reason)
) STRICT, WITHOUT ROWID;
"""
