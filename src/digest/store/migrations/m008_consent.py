"""Make room for who agreed to what, when and how, for pauses, and for how often a sign-up was asked for."""

# Many rows share one wording. What was there before has no better proof than where it came from.
STATEMENTS = """
ALTER TABLE subscribers ADD COLUMN paused_until TEXT NOT NULL DEFAULT '';

CREATE TABLE wordings (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, words TEXT NOT NULL) STRICT;

CREATE TABLE consents (
  id INTEGER PRIMARY KEY, subscriber INTEGER NOT NULL REFERENCES subscribers(id) ON DELETE CASCADE,
  at TEXT NOT NULL, how TEXT NOT NULL, wording INTEGER NOT NULL REFERENCES wordings(id), prefix TEXT NOT NULL,
  confirmed TEXT NOT NULL, withdrawn TEXT NOT NULL, withdrawal TEXT NOT NULL
) STRICT;

CREATE INDEX consents_subscriber ON consents (subscriber);

CREATE TABLE requests (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, address TEXT NOT NULL, prefix TEXT NOT NULL, domain TEXT NOT NULL
) STRICT;

CREATE INDEX requests_at ON requests (at);
CREATE INDEX requests_address ON requests (address);

INSERT INTO wordings VALUES (1, '', 'added before proofs were kept');

INSERT INTO consents (subscriber, at, how, wording, prefix, confirmed, withdrawn, withdrawal)
SELECT id, created, source, 1, '', '', iif(state = 'unsubscribed', changed, ''), '' FROM subscribers;
"""
