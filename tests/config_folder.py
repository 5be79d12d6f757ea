"""A newsletter's folder of good files, and what is told about it when some of them are replaced."""

from pathlib import Path

from digest import config
from digest.core.errors import ConfigError

MAIN = """
[newsletter]
name = "Meridian"
address = "Example Street 1, Berlin"
timezone = "Europe/Berlin"
"""
SOURCES = """
[[sources]]
url = "https://example.com/feed.xml"
name = "Example Motors"
group = "cars"
weight = 1.25
topics = ["cars"]

[[sources]]
path = "samples/*.txt"
kind = "file"
"""
JOB = """
title = "The Brief"
from = "Meridian <brief@news.example.org>"
"""
TOPIC = 'name = "Cars"\ncolor = "#b4441b"\n'
GOOD = {"digest.toml": MAIN + SOURCES, "jobs/daily.toml": JOB, "topics/cars.toml": TOPIC}


def folder(home: Path, files: dict[str, str]) -> Path:
    """A newsletter of good files, some of them replaced."""
    for name, text in (GOOD | files).items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return home


def mistakes(home: Path, files: dict[str, str]) -> tuple[str, ...]:
    """What is told about a newsletter of good files, some of them replaced; nothing when it loads."""
    try:
        config.load(folder(home, files))
    except ConfigError as error:
        return error.mistakes
    return ()
