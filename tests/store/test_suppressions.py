import pytest

from digest.core import tokens
from digest.core.mail import SendState
from digest.core.runfile import Run
from digest.mailroom import suppression_tag
from digest.store import Store, ledger, subscribers, suppressions
from stored import LATER, NOW, claim, frozen, rows, settle, states, tag

KEY = tokens.Key(b"k" * 64)


@pytest.mark.parametrize("spelled", ["r1@example.org", "R1@EXAMPLE.org", "r1@Example.Org"])
@pytest.mark.parametrize("reason", ["bounced", "complained", "unsubscribed", "erased"])
def test_a_suppressed_address_is_mailed_by_no_job_however_it_is_spelled(
    store: Store, run: Run, spelled: str, reason: str
) -> None:
    assert suppressions.add(store, tag, [spelled], reason, "by hand", NOW) == 1
    for job in ("daily", "weekly"):
        edition = frozen(store, 3, job=job)
        assert [each.email for each in claim(store, edition, run)] == ["r0@example.org", "r2@example.org"]
        row = rows(store, edition)[1]
        assert (row.state, row.reply, row.attempts) == ("suppressed", f"{reason}: by hand", 0)


def test_a_subscriber_who_is_spelled_otherwise_is_found_too(store: Store, run: Run) -> None:
    subscribers.add_configured(store, "daily", ["Ann.Lee@Example.org", "bob@example.org"], NOW)
    suppressions.add(store, tag, ["ann.lee@example.org"], "complained", "", NOW)
    edition = frozen(store, 0)
    claims = claim(store, edition, run)
    assert [each.email for each in claims] == ["bob@example.org"]
    assert ledger.wanted(store, tag, claims) == claims


def test_an_address_is_suppressed_once_and_its_first_reason_stays(store: Store) -> None:
    assert suppressions.add(store, tag, ["a@example.org", "b@example.org"], "bounced", "first", NOW) == 2
    assert suppressions.add(store, tag, ["A@example.org", "c@example.org"], "complained", "later", LATER) == 1
    found = suppressions.found(store.connection, tag, ["a@example.org", "d@example.org", "C@example.org"])
    assert found == {"a@example.org": "bounced: first", "C@example.org": "complained: later"}


def test_the_table_holds_no_address(store: Store) -> None:
    key_tag = suppression_tag(KEY)
    suppressions.add(store, key_tag, ["somebody@example.org"], "erased", "", NOW)
    ((stored, *_),) = [tuple(row) for row in store.rows("SELECT * FROM suppressions")]
    assert stored == key_tag("somebody@example.org")
    assert "somebody" not in stored
    assert stored != suppression_tag(tokens.Key(b"l" * 64))("somebody@example.org")


def test_only_for_a_reason_that_is_named_is_an_address_forgiven(store: Store) -> None:
    suppressions.add(store, tag, ["a@example.org"], "bounced", "", NOW)
    suppressions.add(store, tag, ["b@example.org"], "complained", "", NOW)
    assert suppressions.forgive(store, tag, "A@example.org") == "bounced"
    assert suppressions.forgive(store, tag, "a@example.org") == ""
    assert suppressions.forgive(store, tag, "b@example.org") == ""
    both = ["a@example.org", "b@example.org"]
    assert suppressions.reasons(store.connection, tag, both) == {"b@example.org": "complained"}
    assert suppressions.forgive(store, tag, "b@example.org", ["complained"]) == "complained"
    assert suppressions.reasons(store.connection, tag, both) == {}


def test_a_full_claim_is_given_although_many_before_it_are_suppressed(store: Store, run: Run) -> None:
    edition = frozen(store, 30)
    suppressions.add(store, tag, [f"r{number}@example.org" for number in range(25)], "complained", "", NOW)
    claims = claim(store, edition, run, 5)
    assert [each.email for each in claims] == [f"r{number}@example.org" for number in range(25, 30)]
    settle(store, run, claims, SendState.SENT)
    ledger.finish(store, edition)
    assert states(store, edition) == ["suppressed"] * 25 + ["sent"] * 5
