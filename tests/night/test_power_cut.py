"""A thousand power cuts, each run with other ones: `make night`."""

import time
from pathlib import Path

import pytest

from system.power_cut import losses, recorded

CUTS = 1000


@pytest.mark.timeout(600)
def test_no_claim_and_no_answer_is_lost_by_a_thousand_power_cuts(tmp_path: Path) -> None:
    seed = time.time_ns()
    assert (losses(recorded(tmp_path, "FULL"), CUTS, tmp_path / "cut", seed), seed) == ([], seed)
