"""The tables, as migrations that only go forward."""

from sqlite_utils import Database, Migrations

migrations = Migrations("digest")

_TABLES = """
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

_PICTURES = """
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

_CHOICES = """
ALTER TABLE subscribers ADD COLUMN topics TEXT NOT NULL DEFAULT '[]';

ALTER TABLE subscribers ADD COLUMN language TEXT NOT NULL DEFAULT '';

ALTER TABLE subscribers ADD COLUMN timezone TEXT NOT NULL DEFAULT '';

ALTER TABLE editions ADD COLUMN return_path TEXT NOT NULL DEFAULT '';

CREATE TABLE corrections (
  article TEXT PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE, topic TEXT NOT NULL,
  pinned INTEGER NOT NULL, dropped INTEGER NOT NULL, changed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

# A Message-ID is derived and never looked up alone: an index of so many random texts made planning slow.
_DELIVERY = """
ALTER TABLE editions ADD COLUMN recipients INTEGER NOT NULL DEFAULT 0;

ALTER TABLE editions ADD COLUMN expires TEXT NOT NULL DEFAULT '';

UPDATE editions SET recipients = (SELECT count(*) FROM sends WHERE edition = editions.id),
  expires = strftime('%Y-%m-%dT%H:%M:%S+00:00', composed, '+48 hours');

CREATE TABLE sends_moved (
  edition TEXT NOT NULL REFERENCES editions(id), subscriber INTEGER NOT NULL REFERENCES subscribers(id),
  email TEXT NOT NULL, variant TEXT NOT NULL, message_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('queued','sending','sent','deferred','failed','uncertain','suppressed','cancelled','expired')),
  attempts INTEGER NOT NULL, due TEXT NOT NULL, run TEXT NOT NULL, place INTEGER NOT NULL,
  code TEXT NOT NULL, reply TEXT NOT NULL, at TEXT NOT NULL, maybe INTEGER NOT NULL,
  PRIMARY KEY (edition, subscriber)
) STRICT, WITHOUT ROWID;

INSERT INTO sends_moved
SELECT edition, subscriber, email, variant, message_id, state, attempts, due, run, 0, code, reply, at, maybe FROM sends;

DROP TABLE sends;

ALTER TABLE sends_moved RENAME TO sends;

CREATE INDEX sends_due ON sends (edition, due) WHERE state IN ('queued', 'deferred');
CREATE INDEX sends_open ON sends (run) WHERE state = 'sending';
CREATE INDEX sends_uncertain ON sends (edition) WHERE state = 'uncertain';

CREATE TABLE suppressions (
  tag TEXT PRIMARY KEY, reason TEXT NOT NULL CHECK (reason IN ('bounced', 'complained', 'unsubscribed', 'erased')),
  detail TEXT NOT NULL, edition TEXT NOT NULL, at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pace (target TEXT PRIMARY KEY, tokens REAL NOT NULL, at REAL NOT NULL) STRICT, WITHOUT ROWID;
"""

_REVIEW = """
ALTER TABLE editions ADD COLUMN release TEXT NOT NULL DEFAULT '';

CREATE TABLE edits (
  edition TEXT PRIMARY KEY REFERENCES editions(id), title TEXT, subject TEXT, intro TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE told (
  edition TEXT NOT NULL REFERENCES editions(id), reason TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (edition, reason)
) STRICT, WITHOUT ROWID;
"""

# Without the index each article that is pruned costs a look at every sighting.
_SEAL = """
ALTER TABLE editions ADD COLUMN seal TEXT NOT NULL DEFAULT '';

CREATE INDEX sightings_article ON sightings (article);
"""


@migrations()
def m001_first_tables(db: Database) -> None:
    """Create what the skeleton needs."""
    _create(db, _TABLES)


@migrations()
def m002_pictures(db: Database) -> None:
    """Create what articles' pictures need."""
    _create(db, _PICTURES)


@migrations()
def m003_choices(db: Database) -> None:
    """Make room for what readers choose and editors correct."""
    _create(db, _CHOICES)


@migrations()
def m004_delivery(db: Database) -> None:
    """Make room for places in a run file, suppressions and the rate; count recipients once."""
    _create(db, _DELIVERY)


@migrations()
def m005_review(db: Database) -> None:
    """Make room for when an edition is released, what editors wrote into it, and what they were told."""
    _create(db, _REVIEW)


@migrations()
def m006_seal(db: Database) -> None:
    """Make room for the hash of what was frozen, and let an article find its sightings."""
    _create(db, _SEAL)


def _create(db: Database, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)
