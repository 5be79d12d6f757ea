from datetime import timedelta

import pytest

from digest.core.mail import SendState
from digest.core.runfile import Run
from digest.store import Store, ledger, recovery, retries, subscribers, suppressions
from digest.store.retries import Resolved
from stored import LATER, NOW, claim, frozen, record, rows, set_edition, set_rows, settle, state_of, states, tag

ALL = ["deferred", "expired", "failed", "uncertain", "sent", "queued", "suppressed", "cancelled"]
UNCERTAIN = ["sent", "sent", "uncertain", "uncertain", "failed"]


def finished(store: Store, found: list[str]) -> str:
    """An edition that is over, with rows in these states."""
    edition = frozen(store, len(found))
    set_rows(store, edition, found)
    ledger.finish(store, edition)
    return edition


def message_ids(store: Store, edition: str, *numbers: int) -> list[str]:
    return [row.message_id for row in rows(store, edition) if int(row.email[1]) in numbers]


def resolve(store: Store, taken: list[str], *, dry_run: bool = False) -> list[Resolved]:
    return list(retries.resolve(store, frozenset(taken), LATER, dry_run=dry_run))


def test_a_person_queues_what_was_not_delivered_again(store: Store) -> None:
    edition = finished(store, ALL)
    assert retries.retry(store, tag, edition, ["deferred", "expired", "failed"], [], LATER) == 3
    assert states(store, edition) == ["queued"] * 3 + ["uncertain", "sent", "queued", "suppressed", "cancelled"]
    assert not any(row.maybe for row in rows(store, edition))


def test_an_uncertain_mail_that_is_sent_again_says_so(store: Store, run: Run) -> None:
    edition = finished(store, ["sent", "uncertain", "failed"])
    assert state_of(store, edition) == "partial"
    assert retries.retry(store, tag, edition, ["uncertain", "failed"], [], LATER) == 2
    assert [row.maybe for row in rows(store, edition)] == [False, True, False]
    assert state_of(store, edition) == "sending"
    settle(store, run, claim(store, edition, run), SendState.SENT)
    ledger.finish(store, edition)
    assert (states(store, edition), state_of(store, edition)) == (["sent"] * 3, "sent")


def test_only_those_who_are_named_are_tried_again_however_they_are_spelled(store: Store) -> None:
    edition = finished(store, ["failed"] * 3)
    assert retries.retry(store, tag, edition, ["failed"], ["R1@Example.ORG"], LATER) == 1
    assert states(store, edition) == ["failed", "queued", "failed"]
    assert retries.retry(store, tag, edition, ["failed"], ["nobody@example.org"], LATER) == 0


def test_a_stale_edition_has_two_days_more_when_a_person_tries_again(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    late = NOW + timedelta(days=9)
    assert claim(store, edition, run, now=late) == ()
    ledger.finish(store, edition)
    assert state_of(store, edition) == "expired"
    assert retries.retry(store, tag, edition, ["expired"], [], late) == 1
    assert len(claim(store, edition, run, now=late + timedelta(hours=47))) == 1


def test_when_nothing_can_be_tried_again_the_edition_stays_finished(store: Store) -> None:
    edition = finished(store, ["sent", "suppressed"])
    before = record(store, edition)
    assert retries.retry(store, tag, edition, ["failed"], [], LATER) == 0
    assert record(store, edition) == before


@pytest.mark.parametrize("state", ["stopped", "held", "composing"])
def test_of_an_edition_that_is_not_to_be_sent_nothing_is_tried_again(store: Store, run: Run, state: str) -> None:
    edition = finished(store, ["failed", "uncertain"])
    set_edition(store, edition, state)
    assert retries.retry(store, tag, edition, ["failed", "uncertain"], [], LATER) == 0
    assert (states(store, edition), state_of(store, edition)) == (["failed", "uncertain"], state)
    assert claim(store, edition, run, now=LATER) == ()


def test_an_address_that_bounced_is_given_a_chance_when_a_person_tries_again(store: Store, run: Run) -> None:
    edition, weekly = frozen(store, 2), frozen(store, 2, job="weekly")
    settle(store, run, claim(store, edition, run), SendState.FAILED, code="550 5.1.1")
    suppressions.add(store, tag, ["r1@example.org"], "complained", "", NOW)
    assert retries.retry(store, tag, edition, ["failed"], ["r0@example.org"], LATER) == 1
    assert [each.email for each in claim(store, edition, run, now=LATER)] == ["r0@example.org"]
    assert [each.email for each in claim(store, weekly, run, now=LATER)] == ["r0@example.org"]
    states = [found.state for n in (0, 1) if (found := subscribers.find(store, "daily", f"r{n}@example.org"))]
    assert states == ["active", "bounced"]


def test_who_complained_stays_suppressed_when_a_person_tries_again(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    settle(store, run, claim(store, edition, run), SendState.FAILED, code="550 5.7.1")
    suppressions.add(store, tag, ["r0@example.org"], "complained", "", NOW)
    retries.retry(store, tag, edition, ["failed"], [], LATER)
    assert claim(store, edition, run, now=LATER) == ()
    assert states(store, edition) == ["suppressed"]


def test_a_whole_log_settles_every_uncertain_mail(store: Store, run: Run) -> None:
    edition = finished(store, UNCERTAIN)
    (found,) = resolve(store, message_ids(store, edition, 0, 1, 2))
    assert found == Resolved(edition=edition, sent=1, queued=1, unknown=0, fresh=0, missing=0)
    assert states(store, edition) == ["sent", "sent", "sent", "queued", "failed"]
    assert rows(store, edition)[2].reply == "the relay's log has it"
    assert not rows(store, edition)[3].maybe
    assert [each.email for each in claim(store, edition, run, now=LATER)] == ["r3@example.org"]
    assert resolve(store, []) == []


def test_a_log_that_lacks_one_mail_that_was_sent_queues_nothing(store: Store) -> None:
    edition = finished(store, UNCERTAIN)
    (found,) = resolve(store, message_ids(store, edition, 0, 2))
    assert found == Resolved(edition=edition, sent=1, queued=0, unknown=1, fresh=0, missing=1)
    assert states(store, edition) == ["sent", "sent", "sent", "uncertain", "failed"]


@pytest.mark.parametrize("taken", [[], ["<weekly-2026-11-23T0700.r2@example.org>"], ["<x@example.org>"]])
def test_a_wrong_log_changes_nothing(store: Store, taken: list[str]) -> None:
    edition = finished(store, UNCERTAIN)
    (found,) = resolve(store, taken)
    assert (found.sent, found.queued, found.unknown, found.missing) == (0, 0, 2, 2)
    ledger.finish(store, edition)
    assert (states(store, edition), state_of(store, edition)) == (UNCERTAIN, "partial")


def test_a_log_of_another_revision_is_no_log_of_this_one(store: Store) -> None:
    edition = finished(store, ["uncertain", "failed"])
    again = frozen(store, 3, revision=2)
    assert again == f"{edition}.2"
    set_rows(store, again, ["sent", "sent"])
    (found,) = resolve(store, message_ids(store, again, 0, 1))
    assert (found.edition, found.sent, found.queued, found.unknown) == (edition, 0, 0, 1)
    assert states(store, edition) == ["uncertain", "failed"]


def test_a_dry_run_tells_the_same_and_changes_nothing(store: Store) -> None:
    edition = finished(store, UNCERTAIN)
    before = record(store, edition), rows(store, edition)
    taken = message_ids(store, edition, 0, 1, 2)
    foretold = resolve(store, taken, dry_run=True)
    assert (record(store, edition), rows(store, edition)) == before
    assert resolve(store, taken) == foretold


def test_of_a_stopped_edition_a_log_settles_what_left_and_the_rest_is_cancelled(store: Store, run: Run) -> None:
    edition = finished(store, UNCERTAIN)
    set_edition(store, edition, "stopped")
    (found,) = resolve(store, message_ids(store, edition, 0, 1, 2))
    assert (found.sent, found.queued) == (1, 0)
    assert states(store, edition) == ["sent", "sent", "sent", "cancelled", "failed"]
    ledger.finish(store, edition)
    assert state_of(store, edition) == "stopped"
    assert claim(store, edition, run, now=LATER) == ()


def test_each_edition_is_settled_by_its_own_mails(store: Store) -> None:
    daily, weekly = finished(store, UNCERTAIN), frozen(store, 5, job="weekly")
    set_rows(store, weekly, UNCERTAIN)
    found = resolve(store, [*message_ids(store, daily, 0, 1), *message_ids(store, weekly, 0, 2)])
    assert [(each.edition, each.sent, each.queued, each.unknown) for each in found] == [
        (daily, 0, 2, 0),
        (weekly, 1, 0, 1),
    ]


def test_what_a_log_queued_again_is_not_stale(store: Store, run: Run) -> None:
    edition = finished(store, UNCERTAIN)
    late = NOW + timedelta(days=5)
    tuple(retries.resolve(store, frozenset(message_ids(store, edition, 0, 1)), late, dry_run=False))
    recovery.recover(store, "hold", late)
    assert len(claim(store, edition, run, now=late)) == 2


def test_what_has_just_become_uncertain_is_not_queued_yet(store: Store) -> None:
    edition = finished(store, UNCERTAIN)
    with store.writing() as connection:
        connection.execute("UPDATE sends SET at = ? WHERE state = 'uncertain'", ("2026-11-23T06:00:30+00:00",))
    taken = frozenset(message_ids(store, edition, 0, 1))
    foretold = list(retries.resolve(store, taken, LATER, timedelta(minutes=1), dry_run=True))
    assert [(each.queued, each.unknown) for each in foretold] == [(0, 0)]
    assert foretold[0].fresh > 0
    (later,) = retries.resolve(store, taken, LATER + timedelta(minutes=1), timedelta(minutes=1), dry_run=True)
    assert (later.queued, later.fresh) == (foretold[0].fresh, 0)
