"""Bounces as servers sent them, from outside of the project: how many are understood."""

import csv
import os
from pathlib import Path

import pytest

from digest.feedback import Kind, Notice, read

FOLDER = Path(os.environ.get("DIGEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "bounces"
TRUTH = FOLDER / "truth.tsv"

pytestmark = pytest.mark.skipif(not TRUTH.is_file(), reason="DIGEST_DATA names no folder with bounces")


@pytest.fixture(scope="module")
def judged() -> list[tuple[dict[str, str], Notice]]:
    with TRUTH.open(encoding="utf-8", newline="") as rows:
        known = [row for row in csv.DictReader(rows, delimiter="\t") if row["recipients"]]
    return [(row, read((FOLDER / row["file"]).read_bytes())) for row in known]


def is_exact(row: dict[str, str], notice: Notice) -> bool:
    return set(row["recipients"].lower().split(",")) == set(notice.recipients)


def test_at_least_92_of_100_name_exactly_their_recipients(judged: list[tuple[dict[str, str], Notice]]) -> None:
    assert sum(is_exact(*pair) for pair in judged) >= 0.92 * len(judged)


def test_of_those_at_least_88_of_100_are_rightly_hard_or_not(judged: list[tuple[dict[str, str], Notice]]) -> None:
    exact = [(row, notice) for row, notice in judged if is_exact(row, notice)]
    right = sum((notice.kind is Kind.HARD) == (row["hard"] == "1") for row, notice in exact)
    assert right >= 0.88 * len(exact)
