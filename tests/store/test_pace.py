"""The rate that runs share: a bucket a relay, filled by the clock, emptied by claims."""

import math
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core import runfile
from digest.core.runfile import Run
from digest.store import Store, connect, ledger
from stored import NOW, counts, frozen, terms

STEPS = st.lists(
    st.tuples(st.sampled_from([0, 0.001, 0.02, 0.2, 0.5, 1, 1.5, 7]), st.integers(0, 30)), min_size=1, max_size=25
)
RATES = st.sampled_from([1 / 60, 0.5, 1, 3, 10, 23.5])


def handed_out(
    store: Store, edition: str, run: Run, now: datetime, *, rate: float | None = 10, want: int = 50
) -> ledger.Handout:
    return ledger.exchange(store, edition, terms(run, rate=rate), (), want, now)


def moments(store: Store, edition: str, rate: float, steps: Sequence[tuple[float, int]]) -> list[float]:
    """The second at which each mail was claimed, by two runs in turn."""
    claimed: list[float] = []
    runs = runfile.folder(store.path)
    with runfile.begin(runs) as one, runfile.begin(runs) as other:
        at = 0.0
        for number, (pause, want) in enumerate(steps):
            at += pause
            now = NOW + timedelta(seconds=at)
            handout = handed_out(store, edition, (one, other)[number % 2], now, rate=rate, want=want)
            claimed += [at] * len(handout.claims)
    return claimed


@given(rate=RATES, steps=STEPS)
@settings(max_examples=40, deadline=None)
def test_no_window_has_more_mails_than_the_rate_and_a_second_at_once(
    rate: float, steps: Sequence[tuple[float, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder) / "digest.db") as store:
        claimed = moments(store, frozen(store, 400), rate, steps)
    for first, begun in enumerate(claimed):
        for last in range(first, len(claimed)):
            assert last - first + 1 <= math.floor((claimed[last] - begun) * rate + max(1, rate) + 1e-6)


def test_who_always_asks_gets_the_whole_rate(store: Store) -> None:
    claimed = moments(store, frozen(store, 200), 10, [(0.05, 50)] * 200)
    assert len(claimed) in range(108, 111)


def test_without_tokens_the_wait_is_until_the_next_mail(store: Store, run: Run) -> None:
    edition = frozen(store, 30)
    assert len(handed_out(store, edition, run, NOW).claims) == 10
    empty = handed_out(store, edition, run, NOW)
    assert empty.claims == ()
    assert empty.wait == pytest.approx(0.1)
    soon = NOW + timedelta(seconds=empty.wait + 0.001)
    assert len(handed_out(store, edition, run, soon).claims) == 1
    assert handed_out(store, edition, run, soon, want=0) == ledger.Handout(claims=())


def test_when_nothing_is_due_there_is_nothing_to_wait_for(store: Store, run: Run) -> None:
    edition = frozen(store, 10)
    handed_out(store, edition, run, NOW)
    assert handed_out(store, edition, run, NOW) == ledger.Handout(claims=(), wait=0)


def test_two_editions_to_one_relay_share_its_bucket_and_another_relay_has_its_own(
    store: Store, run: Run, other: Run
) -> None:
    daily, weekly = frozen(store, 20), frozen(store, 20, job="weekly")
    assert len(handed_out(store, daily, run, NOW, want=6).claims) == 6
    assert len(handed_out(store, weekly, other, NOW).claims) == 4
    elsewhere = terms(other, rate=10, target="another relay")
    assert len(ledger.exchange(store, weekly, elsewhere, (), 50, NOW).claims) == 10


def test_no_rate_means_as_many_as_are_asked_for(store: Store, run: Run) -> None:
    edition = frozen(store, 30)
    assert len(handed_out(store, edition, run, NOW, rate=None).claims) == 30


def test_those_who_may_not_be_mailed_cost_nothing_of_the_rate(store: Store, run: Run) -> None:
    edition = frozen(store, 30)
    with store.writing() as connection:
        connection.execute("UPDATE subscribers SET state = 'unsubscribed' WHERE id <= 15")
    claimed = [len(handed_out(store, edition, run, NOW).claims) for _ in range(3)]
    assert claimed == [5, 5, 0]
    assert counts(store, edition) == {"cancelled": 15, "sending": 10, "queued": 5}


@pytest.mark.parametrize("back", [1, 3600, 86400 * 365])
def test_a_clock_that_was_set_back_gives_nothing_and_holds_nothing_up(store: Store, run: Run, back: int) -> None:
    edition = frozen(store, 40)
    assert len(handed_out(store, edition, run, NOW).claims) == 10
    then = NOW - timedelta(seconds=back)
    empty = handed_out(store, edition, run, then)
    assert empty.claims == ()
    assert empty.wait == pytest.approx(0.1)
    assert len(handed_out(store, edition, run, then + timedelta(seconds=0.5)).claims) == 5


def test_a_clock_that_jumped_ahead_gives_no_more_than_a_second(store: Store, run: Run) -> None:
    edition = frozen(store, 40)
    handed_out(store, edition, run, NOW)
    assert len(handed_out(store, edition, run, NOW + timedelta(hours=40)).claims) == 10
