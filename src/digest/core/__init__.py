"""The ground floor: nouns, settings, errors and small tools that know no room."""
