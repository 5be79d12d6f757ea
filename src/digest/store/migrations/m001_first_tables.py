"""Create what the skeleton needs."""

STATEMENTS = """
CREATE TABLE sources (
  key TEXT PRIMARY KEY, etag TEXT NOT NULL, last_modified TEXT NOT NULL,
  checked TEXT NOT NULL, succeeded TEXT, failures INTEGER NOT NULL, error TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE articles (
  id TEXT PRIMARY KEY, url TEXT, title TEXT NOT NULL, text TEXT NOT NULL, summary TEXT NOT NULL,
  source TEXT NOT NULL, author TEXT NOT NULL, published TEXT, first_seen TEXT NOT NULL, image TEXT,
  enclosures TEXT NOT NULL,
  date TEXT GENERATED ALWAYS AS (min(coalesce(published, first_seen), first_seen)) STORED
) STRICT;

CREATE INDEX articles_date ON articles (date);

CREATE TABLE sightings (
  source TEXT NOT NULL, article TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  PRIMARY KEY (source, article)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (name TEXT PRIMARY KEY, known_since TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE editions (
  id TEXT PRIMARY KEY, job TEXT NOT NULL, slot TEXT NOT NULL, revision INTEGER NOT NULL, number INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('composing','held','ready','sending','sent','partial','skipped','stopped','expired')),
  reason TEXT NOT NULL, detail TEXT NOT NULL, run TEXT NOT NULL, composed TEXT NOT NULL,
  subject TEXT NOT NULL, content TEXT NOT NULL, unsubscribe TEXT NOT NULL,
  UNIQUE (job, slot, revision)
) STRICT;

CREATE TABLE bodies (
  edition TEXT NOT NULL REFERENCES editions(id), variant TEXT NOT NULL, mark TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (edition, variant)
) STRICT;

CREATE TABLE carried (
  edition TEXT NOT NULL REFERENCES editions(id), article TEXT NOT NULL, PRIMARY KEY (edition, article)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscribers (
  id INTEGER PRIMARY KEY, job TEXT NOT NULL, address TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending','active','unsubscribed','bounced','complained','erased')),
  source TEXT NOT NULL, created TEXT NOT NULL, changed TEXT NOT NULL,
  UNIQUE (job, address)
) STRICT;

CREATE TABLE sends (
  edition TEXT NOT NULL REFERENCES editions(id), subscriber INTEGER NOT NULL REFERENCES subscribers(id),
  email TEXT NOT NULL, variant TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN
    ('queued','sending','sent','deferred','failed','uncertain','suppressed','cancelled','expired')),
  attempts INTEGER NOT NULL, due TEXT NOT NULL, run TEXT NOT NULL, code TEXT NOT NULL, reply TEXT NOT NULL,
  at TEXT NOT NULL, maybe INTEGER NOT NULL,
  PRIMARY KEY (edition, subscriber)
) STRICT, WITHOUT ROWID;

CREATE INDEX sends_due ON sends (edition, due) WHERE state IN ('queued', 'deferred');
CREATE INDEX sends_open ON sends (run) WHERE state = 'sending';
"""
