from itertools import combinations_with_replacement

import pytest

from digest.core.mail import SendState
from digest.store import Store, ledger
from stored import frozen, set_edition, set_rows, state_of


def finished(states: tuple[str, ...]) -> str:
    """What design 4 says of an edition with rows in these states."""
    if {"queued", "sending", "deferred"} & set(states):
        return "sending"
    if set(states) <= {"sent", "suppressed", "cancelled"}:
        return "sent"
    # Nobody got it and for somebody it ran out of time; what may have arrived is not forgotten.
    return "expired" if "expired" in states and not {"sent", "uncertain"} & set(states) else "partial"


def test_an_editions_state_follows_its_rows(store: Store) -> None:
    edition = frozen(store, 2)
    for found in combinations_with_replacement(sorted(SendState), 2):
        set_edition(store, edition, "sending")
        set_rows(store, edition, found)
        ledger.finish(store, edition)
        assert (found, state_of(store, edition)) == (found, finished(found))


@pytest.mark.parametrize("state", ["held", "stopped", "composing", "skipped", "sent", "partial", "expired"])
def test_only_an_edition_that_is_being_sent_is_finished(store: Store, state: str) -> None:
    edition = frozen(store, 1)
    set_edition(store, edition, state)
    ledger.finish(store, edition)
    assert state_of(store, edition) == state
