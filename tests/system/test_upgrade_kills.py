"""Upgrades from every schema so far, killed at each statement: minutes of processes that die."""

from pathlib import Path

import pytest

from store.test_migrations import NAMES, kill_at_each_statement


@pytest.mark.parametrize("schema", NAMES[:-2])
def test_a_kill_at_any_statement_of_an_upgrade_loses_nothing(tmp_path: Path, schema: str) -> None:
    kill_at_each_statement(tmp_path, schema)
