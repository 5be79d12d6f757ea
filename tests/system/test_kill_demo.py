"""Twenty more kills of the demo, with other moments than `make test` has."""

from pathlib import Path

import pytest

from chaos import demo, kill_and_check


@pytest.mark.parametrize("seed", range(100, 120))
def test_kill_9_at_a_random_moment_mails_nobody_twice_and_forgets_nobody(tmp_path: Path, seed: int) -> None:
    kill_and_check(demo(tmp_path / "demo"), seed)
