from datetime import timedelta

import pytest

from digest.core.mail import Result, SendState
from digest.core.runfile import Run
from digest.store import Store, decisions, ledger, subscribers
from stored import LATER, NOW, claim, counts, frozen, rows, settle, state_of, states, tag, terms

TOO_LATE = NOW + timedelta(hours=48, seconds=1)


def suppressed(store: Store) -> list[tuple[str, str]]:
    return [(row["tag"], row["reason"]) for row in store.rows("SELECT * FROM suppressions ORDER BY tag")]


def test_an_uncertain_answer_is_held_as_it_is(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    settle(store, run, claim(store, edition, run), SendState.UNCERTAIN)
    (row,) = rows(store, edition)
    assert (row.state, row.reply, row.maybe) == ("uncertain", "as the relay says", False)


def test_an_uncertain_answer_is_sent_again_by_resend_at_most_three_times_in_all(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    for attempt in (1, 2, 3):
        settle(store, run, claim(store, edition, run, now=LATER), SendState.UNCERTAIN, uncertain="resend")
        (row,) = rows(store, edition)
        assert (row.attempts, row.maybe) == (attempt, True)
        assert row.state == ("queued" if attempt < 3 else "failed")
    assert row.reply == "perhaps delivered earlier; now: as the relay says"
    assert claim(store, edition, run, now=LATER) == ()


@pytest.mark.parametrize("state", ["sent", "deferred", "failed"])
def test_a_mail_that_was_sent_again_says_so_whatever_the_next_answer(store: Store, run: Run, state: str) -> None:
    edition = frozen(store, 1)
    settle(store, run, claim(store, edition, run), SendState.UNCERTAIN, uncertain="resend")
    settle(store, run, claim(store, edition, run, now=LATER), SendState(state), uncertain="resend")
    (row,) = rows(store, edition)
    earlier = "perhaps delivered earlier; now: " if state == "failed" else ""
    assert (row.state, row.maybe, row.reply) == (state, True, f"{earlier}as the relay says")


def test_an_uncertain_answer_counts_as_failed_by_drop(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    settle(store, run, claim(store, edition, run), SendState.UNCERTAIN, uncertain="drop", code="550 5.1.1")
    (row,) = rows(store, edition)
    assert (row.state, row.reply, row.maybe) == ("failed", "given up: as the relay says", False)
    assert suppressed(store) == []


@pytest.mark.parametrize("code", ["550 5.1.1", "556 5.1.10", "553 5.1.3", "550 5.1.2", "551 5.1.6"])
def test_an_address_that_does_not_exist_is_mailed_by_no_job_again(store: Store, run: Run, code: str) -> None:
    daily, weekly = frozen(store, 2), frozen(store, 2, job="weekly")
    settle(store, run, claim(store, daily, run, 1), SendState.FAILED, code=code)
    assert suppressed(store) == [("tag of r0@example.org", "bounced")]
    assert [each.email for each in claim(store, weekly, run)] == ["r1@example.org"]
    row = rows(store, weekly)[0]
    assert (row.state, row.reply) == ("suppressed", f"bounced: {code} as the relay says")
    mine = subscribers.find(store, "daily", "r0@example.org")
    assert mine
    assert mine.state == "bounced"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        *(("failed", code) for code in ("550 5.7.1", "552 5.2.2", "501 5.1.8", "550 5.1.7", "550", "550 5.1.0", "")),
        ("deferred", "450 5.1.1"),
        ("uncertain", "550 5.1.1"),
    ],
)
def test_any_other_answer_is_of_this_mail_alone(store: Store, run: Run, state: str, code: str) -> None:
    daily, weekly = frozen(store, 1), frozen(store, 1, job="weekly")
    settle(store, run, claim(store, daily, run), SendState(state), code=code)
    assert suppressed(store) == []
    assert len(claim(store, weekly, run)) == 1
    mine = subscribers.find(store, "daily", "r0@example.org")
    assert mine
    assert mine.state == "active"


@pytest.mark.parametrize("state", ["bounced", "complained"])
def test_one_who_bounced_or_complained_since_is_suppressed_and_not_cancelled(
    store: Store, run: Run, state: str
) -> None:
    edition = frozen(store, 1)
    with store.writing() as connection:
        connection.execute("UPDATE subscribers SET state = ?", (state,))
    assert claim(store, edition, run) == ()
    assert [(row.state, row.reply) for row in rows(store, edition)] == [("suppressed", f"{state} before")]


def test_a_stop_cancels_what_waits_and_lets_what_is_in_flight_be_answered(store: Store, run: Run) -> None:
    edition = frozen(store, 6)
    claims = claim(store, edition, run, 4)
    assert decisions.stop(store, edition, NOW)
    assert states(store, edition) == ["sending"] * 4 + ["cancelled"] * 2
    assert {row.reply for row in rows(store, edition)[4:]} == {"the edition was stopped"}
    assert ledger.wanted(store, tag, claims) == ()
    assert claim(store, edition, run) == ()
    answers = (SendState.SENT, SendState.QUEUED, SendState.DEFERRED, SendState.UNCERTAIN)
    results = [Result(claim=c, state=s, code="", reply="said") for c, s in zip(claims, answers, strict=True)]
    ledger.exchange(store, edition, terms(run), results, 9, LATER)
    assert states(store, edition) == ["sent", "cancelled", "cancelled", "uncertain", "cancelled", "cancelled"]
    assert rows(store, edition)[2].reply == "the edition was stopped: said"
    ledger.finish(store, edition)
    assert state_of(store, edition) == "stopped"


def test_of_a_stopped_edition_what_may_have_arrived_is_not_called_cancelled(store: Store, run: Run) -> None:
    edition = frozen(store, 2)
    claims = claim(store, edition, run)
    settle(store, run, claims[:1], SendState.UNCERTAIN, uncertain="resend")
    assert states(store, edition) == ["queued", "sending"]
    decisions.stop(store, edition, LATER)
    settle(store, run, claims[1:], SendState.UNCERTAIN, uncertain="resend")
    assert states(store, edition) == ["uncertain"] * 2
    assert rows(store, edition)[0].reply == "the edition was stopped: as the relay says"


def test_a_stop_ends_only_what_is_not_finished(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    settle(store, run, claim(store, edition, run), SendState.SENT)
    ledger.finish(store, edition)
    assert not decisions.stop(store, edition, LATER)
    assert not decisions.stop(store, "another", LATER)
    assert (state_of(store, edition), states(store, edition)) == ("sent", ["sent"])


def test_what_could_not_be_delivered_for_48_hours_expires(store: Store, run: Run) -> None:
    edition = frozen(store, 4)
    first = claim(store, edition, run, 3)
    settle(store, run, first[:1], SendState.SENT)
    settle(store, run, first[1:2], SendState.DEFERRED)
    assert len(claim(store, edition, run, now=TOO_LATE - timedelta(seconds=1))) == 2
    assert claim(store, edition, run, now=TOO_LATE) == ()
    assert counts(store, edition) == {"sending": 3, "sent": 1}
    # A mail that waits again when it is too late waits no longer.
    ledger.exchange(
        store,
        edition,
        terms(run),
        [Result(claim=first[2], state=SendState.DEFERRED, code="450", reply="later")],
        0,
        TOO_LATE,
    )
    row = rows(store, edition)[2]
    assert (row.state, row.reply) == ("expired", "not delivered within 48 hours: later")


def test_an_edition_of_which_nothing_was_sent_in_time_is_expired(store: Store, run: Run) -> None:
    edition = frozen(store, 2)
    assert claim(store, edition, run, now=TOO_LATE) == ()
    ledger.finish(store, edition)
    assert (states(store, edition), state_of(store, edition)) == (["expired"] * 2, "expired")


def test_a_mail_that_was_put_off_twice_and_then_went_unanswered_is_not_given_up(store: Store, run: Run) -> None:
    edition = frozen(store, 1)
    for answer in (SendState.DEFERRED, SendState.DEFERRED, SendState.UNCERTAIN):
        with store.writing() as connection:
            connection.execute("UPDATE sends SET due = ''")
        settle(store, run, claim(store, edition, run, now=LATER), answer, uncertain="resend")
    assert states(store, edition) == ["queued"]
