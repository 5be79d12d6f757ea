from collections import Counter

from digest.core.mail import Result, SendState
from digest.core.runfile import Run
from digest.store import Store, ledger, report, subscribers
from digest.store.report import Group
from stored import LATER, NOW, claim, counts, frozen, record, rows, settle, terms


def test_a_report_has_every_recipient_in_order_and_adds_up(store: Store, run: Run) -> None:
    edition = frozen(store, 12)
    settle(store, run, claim(store, edition, run, 5), SendState.SENT, code="250 2.0.0")
    found = rows(store, edition)
    assert [row.email for row in found] == [f"r{number}@example.org" for number in range(12)]
    assert counts(store, edition) == Counter(row.state for row in found) == {"queued": 7, "sent": 5}
    assert sum(counts(store, edition).values()) == record(store, edition).recipients == 12
    assert [(row.code, row.attempts, row.at) for row in found[4:6]] == [
        ("250 2.0.0", 1, "2026-11-23T06:01:00+00:00"),
        ("", 0, ""),
    ]
    assert rows(store, "another") == ()
    assert counts(store, "another") == {}


def test_rows_are_read_one_at_a_time(store: Store) -> None:
    edition = frozen(store, 3)
    found = report.rows(store, edition)
    assert next(found).email == "r0@example.org"
    assert len(list(found)) == 2


def test_those_who_did_not_simply_get_it_are_grouped_by_state_code_and_domain(store: Store, run: Run) -> None:
    emails = ["a@one.example", "b@one.example", "c@two.example", "d@two.example", "e@two.example", "f@two.example"]
    subscribers.add_configured(store, "daily", emails, NOW)
    edition = frozen(store, 0)
    answers = [
        (SendState.FAILED, "550 5.1.1", "no such user"),
        (SendState.FAILED, "550 5.1.1", "who?"),
        (SendState.FAILED, "550 5.1.1", "unknown"),
        (SendState.DEFERRED, "450", "later"),
        (SendState.SENT, "250", "ok"),
    ]
    claims = claim(store, edition, run, 5)
    results = [
        Result(claim=each, state=state, code=code, reply=reply)
        for each, (state, code, reply) in zip(claims, answers, strict=True)
    ]
    ledger.exchange(store, edition, terms(run), results, 0, LATER)
    found = report.groups(store, edition)
    assert [(g.state, g.code, g.domain, g.count) for g in found] == [
        ("failed", "550 5.1.1", "one.example", 2),
        ("deferred", "450", "two.example", 1),
        ("failed", "550 5.1.1", "two.example", 1),
        ("queued", "", "two.example", 1),
    ]
    assert found[0].example in ("no such user", "who?")
    assert found[1] == Group(state="deferred", code="450", domain="two.example", count=1, example="later")
    assert sum(g.count for g in found) == 5
