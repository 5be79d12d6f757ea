"""The power fails while mails are claimed and settled: nothing of which the ledger had said so is lost."""

from pathlib import Path

import pytest

from system.power_cut import EXCHANGES, SESSIONS, losses, recorded

CUTS = 200


def test_no_claim_and_no_answer_is_lost_by_a_power_cut(tmp_path: Path) -> None:
    recording = recorded(tmp_path, "FULL")
    assert len(recording.states) == 1 + SESSIONS * EXCHANGES
    assert losses(recording, CUTS, tmp_path / "cut") == []


@pytest.mark.parametrize("level", ["NORMAL", "OFF"])
def test_with_fewer_syncs_the_same_cuts_do_lose_some(tmp_path: Path, level: str) -> None:
    recording = recorded(tmp_path, level)
    assert len(losses(recording, CUTS // 10, tmp_path / "cut")) > CUTS // 20
