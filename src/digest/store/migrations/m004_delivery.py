"""Make room for places in a run file, suppressions and the rate; count recipients once."""

# A Message-ID is derived and never looked up alone: an index of so many random texts made planning slow.
STATEMENTS = """
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
