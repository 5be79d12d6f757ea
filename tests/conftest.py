"""Fixtures: small real newsletters, and an environment without the settings of whoever runs the tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from digest.core import tokens
from support import Folder, Make

# On a busy machine an example may take a second; a test that hangs is pytest-timeout's business.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

_MAIN = """
[newsletter]
name = "Meridian"
address = "Example Street 1, Berlin"
timezone = "Europe/Berlin"

[delivery]
to = "outbox:outbox"
unsubscribe = "leave@example.org"

[[sources]]
path = "sources/*.txt"
name = "The Harbour Post"
"""
_JOB = """
title = "The Brief"
from = "Meridian <brief@news.example.org>"
topics = ["cars", "money"]
window = "any"
minimum = 1
per_source = 99
to = [{recipients}]
"""
_TOPICS = {
    "cars": 'name = "Cars"\ncolor = "#b4441b"\nfloor = 2.0\n[phrases]\n"carmaker" = 3.0\n"electric van" = 3.0\n',
    "money": 'name = "Money"\ncolor = "#0b6f65"\nfloor = 2.0\n[phrases]\n"savings bank" = 3.0\n"token" = 2.5\n',
}
_ARTICLES = {
    "van": "Aurel prices its electric van below its rivals\n\n"
    "The carmaker Aurel has priced its first electric van at 31,000 euro, well below what rivals ask. "
    "The van carries 900 kilograms and drives 280 kilometres on one charge of its battery.\n",
    "bank": "Four savings banks settle a bond with their own token\n\n"
    "A savings bank in Ghent and three of its sisters settled a bond in nine seconds with a token of their own. "
    "The same trade took two days and three intermediaries until now, the banks said on Monday.\n",
}


@pytest.fixture
def newsletter(tmp_path: Path) -> Make:
    """Make a newsletter with two topics, two articles, a job `brief` and so many recipients."""

    def make(recipients: int = 3, name: str = "newsletter") -> Folder:
        folder = Folder(tmp_path / name)
        folder.write("digest.toml", _MAIN)
        folder.write(
            "jobs/brief.toml", _JOB.format(recipients=", ".join(f'"r{n}@example.org"' for n in range(recipients)))
        )
        for topic, text in _TOPICS.items():
            folder.write(f"topics/{topic}.toml", text)
        for article, text in _ARTICLES.items():
            folder.write(f"sources/{article}.txt", text)
        tokens.make_key(folder.path)
        return folder

    return make


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in [name for name in os.environ if name.startswith("DIGEST_") and name != "DIGEST_DATA"]:
        monkeypatch.delenv(name)
