"""Make room for the letters of a mailbox that were read, and for what ours said of a mail or a subscription."""

# A wish to leave is about no edition.
STATEMENTS = """
CREATE TABLE heard (letter TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE INDEX heard_at ON heard (at);

CREATE TABLE feedback (
  letter TEXT PRIMARY KEY, at TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('hard', 'soft', 'complaint', 'unsubscribe')),
  status TEXT NOT NULL, reason TEXT NOT NULL, effect TEXT NOT NULL, edition TEXT REFERENCES editions(id),
  subscriber INTEGER NOT NULL REFERENCES subscribers(id) ON DELETE CASCADE,
  address TEXT NOT NULL, mailed TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX feedback_edition ON feedback (edition, subscriber);
CREATE INDEX feedback_subscriber ON feedback (subscriber);
CREATE INDEX feedback_address ON feedback (address);
"""
