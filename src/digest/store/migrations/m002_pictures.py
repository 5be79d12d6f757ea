"""Create what articles' pictures need."""

STATEMENTS = """
CREATE TABLE images (
  hash TEXT PRIMARY KEY, data BLOB NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL
) STRICT;

CREATE TABLE pictures (
  article TEXT PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
  large TEXT NOT NULL REFERENCES images(hash), thumb TEXT NOT NULL REFERENCES images(hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX pictures_large ON pictures (large);
CREATE INDEX pictures_thumb ON pictures (thumb);
"""
