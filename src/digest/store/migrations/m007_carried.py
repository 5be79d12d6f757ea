"""Make room for the story that each carried article belongs to: it keeps its id from day to day."""

# What older editions carried has no story: each such article stands for one of its own.
STATEMENTS = """
ALTER TABLE carried ADD COLUMN story TEXT NOT NULL DEFAULT '';

CREATE INDEX carried_story ON carried (story);
"""
