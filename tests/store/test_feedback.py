"""When bounces suppress an address, and what is kept of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

import pytest

from digest.core.mail import SendState
from digest.core.runfile import Run
from digest.store import Store, erasure, feedback, retries, subscribers, suppressions
from digest.store.feedback import Effect, Report
from stored import NOW, claim, frozen, rows, settle, tag

R0, R1 = "r0@example.org", "r1@example.org"
_letters = count()


def after(days: float) -> datetime:
    return NOW + timedelta(days=days)


def mail(store: Store, run: Run, day: float, job: str = "daily") -> str:
    """The edition of a day, sent to r0 and r1."""
    edition = frozen(store, 2, job=job, slot=f"{after(day):%Y-%m-%dT%H:%M}")
    with store.writing() as connection:
        connection.execute("UPDATE editions SET expires = '2099' WHERE id = ?", (edition,))
    settle(store, run, claim(store, edition, run, now=after(day)), SendState.SENT, now=after(day))
    return edition


def report(
    store: Store,
    edition: str,
    kind: str = "soft",
    *,
    day: float = 0,
    email: str = R0,
    is_policy: bool = False,
    letter: str = "",
) -> Effect | None:
    """What the report of a letter that is read on a day changes."""
    number = store.rows("SELECT subscriber FROM sends WHERE edition = ? AND email = ?", (edition, email))[0][0]
    about = feedback.mailed(store, edition, number)
    assert about
    name = letter or f"letter {next(_letters)}"
    made = Report(letter=name, kind=kind, status="4.2.2", reason="full", about=about, is_policy=is_policy)
    return feedback.keep(store, tag, [name], [made], after(day)).get(name)


def soft(store: Store, run: Run, days: Iterable[float]) -> list[Effect | None]:
    """A mail on each day that comes back at once."""
    return [report(store, mail(store, run, day), day=day) for day in days]


def barred(store: Store) -> dict[str, str]:
    return dict(suppressions.found(store.connection, tag, [R0, R1]))


def test_five_soft_bounces_over_seven_days_suppress(store: Store, run: Run) -> None:
    assert soft(store, run, [0, 1, 2, 3, 7]) == ["counted"] * 4 + ["suppressed"]
    assert barred(store) == {R0: "bounced: failed on 5 days since 2026-11-23, the last: 4.2.2 full"}
    assert [each.state for each in subscribers.listed(store)] == ["bounced", "active"]


@pytest.mark.parametrize("days", [[0, 2, 4, 7], [0, 1, 2, 3, 4, 5, 6], [0, 0.1, 0.2, 0.3, 7, 7.1]])
def test_fewer_days_or_a_shorter_time_do_not(store: Store, run: Run, days: list[float]) -> None:
    assert soft(store, run, days) == ["counted"] * len(days)
    assert barred(store) == {}


def test_many_reports_on_one_mail_count_once(store: Store, run: Run) -> None:
    first, last = mail(store, run, 0), mail(store, run, 7)
    found = [report(store, edition, day=day) for day in range(7, 17) for edition in (first, last)]
    assert set(found) == {"counted"}


def test_it_does_not_matter_when_they_are_read(store: Store, run: Run) -> None:
    editions = [mail(store, run, day) for day in (0, 1, 2, 3, 7)]
    found = [report(store, edition, day=20) for edition in reversed(editions)]
    assert found == ["counted"] * 4 + ["suppressed"]


def test_the_jobs_of_an_address_count_together(store: Store, run: Run) -> None:
    days = [(0, "daily"), (1, "weekly"), (3, "daily"), (5, "weekly"), (8, "daily")]
    found = [report(store, mail(store, run, day, job), day=day) for day, job in days]
    assert found == ["counted"] * 4 + ["suppressed"]
    assert barred(store).keys() == {R0}


def test_a_mail_that_arrived_between_begins_it_anew(store: Store, run: Run) -> None:
    soft(store, run, [0, 1, 2])
    mail(store, run, 3)  # of which nobody reports anything
    assert soft(store, run, [4, 5, 9.5]) == ["counted"] * 3
    assert soft(store, run, [10, 12]) == ["counted", "suppressed"]


def test_so_does_one_that_was_refused_for_its_content_only(store: Store, run: Run) -> None:
    for day in range(12):
        assert report(store, mail(store, run, day), day=day, is_policy=True) == "kept"
    assert barred(store) == {}
    assert soft(store, run, [12, 13, 14, 15]) == ["counted"] * 4


def test_whoever_is_taken_in_again_begins_anew(store: Store, run: Run) -> None:
    soft(store, run, [0, 1, 2, 3, 7])
    assert suppressions.forgive(store, tag, R0)
    assert subscribers.add(store, "daily", R0, name="", source="cli", now=after(8))
    assert soft(store, run, [9, 16]) == ["counted", "counted"]
    assert barred(store) == {}


def test_a_late_report_does_not_undo_that_somebody_was_taken_in_again(store: Store, run: Run) -> None:
    edition = mail(store, run, 0)
    assert report(store, edition, "hard", day=1) == "suppressed"
    suppressions.forgive(store, tag, R0)
    subscribers.add(store, "daily", R0, name="", source="cli", now=after(2))
    assert report(store, edition, "hard", day=3) == "kept"
    assert barred(store) == {}
    assert report(store, mail(store, run, 4), "hard", day=4) == "suppressed"


@pytest.mark.parametrize(("day", "effect"), [(29, "suppressed"), (31, "kept")])
def test_of_an_old_mail_nobody_reports_a_bounce(store: Store, run: Run, day: int, effect: str) -> None:
    assert report(store, mail(store, run, 0), "hard", day=day) == effect
    assert bool(barred(store)) == (effect == "suppressed")


def test_a_complaint_counts_however_old_the_mail_is(store: Store, run: Run) -> None:
    assert report(store, mail(store, run, 0), "complaint", day=300) == "suppressed"
    assert barred(store)[R0].startswith("complained")


def test_a_retry_forgives_nothing_that_came_back_later(store: Store, run: Run) -> None:
    edition = mail(store, run, 0)
    report(store, edition, "hard", day=1)
    assert retries.retry(store, tag, edition, ["failed", "uncertain"], [], after(2)) == 0
    assert barred(store).keys() == {R0}


def test_a_refusal_at_send_time_and_a_later_bounce_say_the_same(store: Store, run: Run) -> None:
    edition = frozen(store, 2)
    first, second = claim(store, edition, run)
    settle(store, run, [first], SendState.FAILED, code="550 5.1.1")
    settle(store, run, [second], SendState.SENT)
    assert report(store, edition, "hard", day=1, email=R1) == "suppressed"
    made = store.rows("SELECT reason, edition FROM suppressions")
    assert [tuple(row) for row in made] == [("bounced", edition)] * 2
    assert [each.state for each in subscribers.listed(store)] == ["bounced"] * 2
    assert report(store, edition, "hard", day=1, email=R0) == "kept"


def test_a_letter_is_kept_once(store: Store, run: Run) -> None:
    edition = mail(store, run, 0)
    assert not feedback.is_known(store, "a")
    assert report(store, edition, letter="a") == "counted"
    assert report(store, edition, "hard", letter="a") is None
    assert feedback.is_known(store, "a")
    assert [kept.kind for kept in feedback.reports_of(store, edition).values()] == ["soft"]


def test_strangers_letters_are_remembered_for_a_year_and_ours_for_ever(store: Store, run: Run) -> None:
    feedback.keep(store, tag, ["stranger"], [], NOW)
    report(store, mail(store, run, 0), letter="ours")
    feedback.keep(store, tag, ["another"], [], after(380))
    assert [feedback.is_known(store, name) for name in ("stranger", "ours", "another")] == [True, True, True]
    feedback.keep(store, tag, [], [], after(410))
    assert [feedback.is_known(store, name) for name in ("stranger", "ours", "another")] == [False, True, True]


def test_what_was_reported_is_found_by_edition_and_by_person(store: Store, run: Run) -> None:
    first, second = mail(store, run, 0), mail(store, run, 1)
    report(store, first, day=1)
    report(store, second, "complaint", day=2)
    number = store.rows("SELECT id FROM subscribers WHERE email = ?", (R0,))[0][0]
    kept = feedback.of_subscriber(store, number)
    assert [(each.edition, each.kind, each.effect) for each in kept] == [
        (first, "soft", "counted"),
        (second, "complaint", "suppressed"),
    ]
    assert [each.words for each in kept] == ["bounced later: 4.2.2 full", "complained later: 4.2.2 full"]
    ids = [row.message_id for row in rows(store, first)]
    assert list(feedback.reports_of(store, first)) == ids[:1]
    assert feedback.share(store, first) == (1, 2)
    assert [row.state for row in rows(store, first)] == ["sent", "sent"]


def test_no_address_is_kept_and_an_erasure_leaves_none(store: Store, run: Run) -> None:
    edition = mail(store, run, 0)
    about = feedback.mailed(store, edition, 1)
    assert about
    said = f"550 5.1.1 <{R0}>: no such user"
    made = Report(letter="a", kind="hard", status="5.1.1", reason=said, about=about)
    feedback.keep(store, lambda folded: f"{len(folded)}", ["a"], [made], NOW)
    dump = "\n".join(line for line in store.connection.iterdump() if '"feedback"' in line or '"suppressions"' in line)
    assert "no such user" in dump
    assert R0 not in dump
    assert erasure.forget(store, tag, R0, after(1)).is_wiped
    again = feedback.mailed(store, edition, 1)
    assert again
    assert again.email == ""
    report_again = Report(letter="b", kind="complaint", status="", reason="", about=again)
    assert feedback.keep(store, tag, ["b"], [report_again], after(2)) == {}
    assert feedback.is_known(store, "b")


def test_a_mail_that_did_not_leave_cannot_come_back(store: Store) -> None:
    edition = frozen(store, 2)
    assert feedback.mailed(store, edition, 1) is None
    assert feedback.mailed(store, edition, 99) is None
    assert feedback.mailed_as(store, edition, [row.message_id for row in rows(store, edition)]) == {}
