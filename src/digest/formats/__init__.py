"""Files that people bring and take away -> values, and back; one file is one format."""
