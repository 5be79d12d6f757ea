"""Make room for the hash of what was frozen, and let an article find its sightings."""

# Without the index each article that is pruned costs a look at every sighting.
STATEMENTS = """
ALTER TABLE editions ADD COLUMN seal TEXT NOT NULL DEFAULT '';

CREATE INDEX sightings_article ON sightings (article);
"""
