"""Make room for what readers choose and editors correct."""

STATEMENTS = """
ALTER TABLE subscribers ADD COLUMN topics TEXT NOT NULL DEFAULT '[]';

ALTER TABLE subscribers ADD COLUMN language TEXT NOT NULL DEFAULT '';

ALTER TABLE subscribers ADD COLUMN timezone TEXT NOT NULL DEFAULT '';

ALTER TABLE editions ADD COLUMN return_path TEXT NOT NULL DEFAULT '';

CREATE TABLE corrections (
  article TEXT PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE, topic TEXT NOT NULL,
  pinned INTEGER NOT NULL, dropped INTEGER NOT NULL, changed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
