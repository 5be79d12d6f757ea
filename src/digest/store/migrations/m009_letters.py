"""Make room for where a mail's links lead, and for letters to readers who have not confirmed yet."""

STATEMENTS = """
ALTER TABLE editions ADD COLUMN site TEXT NOT NULL DEFAULT '';

ALTER TABLE editions ADD COLUMN addressed TEXT NOT NULL DEFAULT 'active';
"""
