"""What a bare send takes for due: slots missed, schedules changed, clocks set wrong."""

from datetime import UTC, datetime

import pytest

from support import Folder, Make
from test_slots_sent import at

SCHEDULE = 'schedule = "0 7 * * *"\ntimezone = "UTC"\n'


def fresh(folder: Folder, number: int) -> None:
    """News that no edition has carried."""
    folder.write(
        f"sources/new{number}.txt", f"A carmaker opens plant {number}\n\nThe carmaker builds van {number} there.\n"
    )


def slots_of(folder: Folder) -> list[str]:
    return [edition["slot"] for edition in folder.json("editions", "list")]


@pytest.mark.parametrize(("look", "due"), [("07:14", 1), ("07:15", 1), ("07:16", 0), ("11:00", 0)])
def test_without_catching_up_a_slot_is_due_for_a_quarter_of_an_hour(newsletter: Make, look: str, due: int) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", SCHEDULE + 'catch_up = "none"\n')
    at(folder, "2026-11-22T08:00")
    assert len(at(folder, f"2026-11-23T{look}")) == due
    fresh(folder, 1)
    assert [report.slot for report in at(folder, "2026-11-24T07:05")] == ["2026-11-24T07:00"]


def test_a_slot_that_is_not_caught_up_is_sent_when_its_job_is_named(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", SCHEDULE + 'catch_up = "none"\n')
    at(folder, "2026-11-22T08:00")
    assert at(folder, "2026-11-23T12:00") == ()
    (report,) = at(folder, "2026-11-23T12:00", "brief")
    assert (report.slot, report.state) == ("2026-11-23T07:00", "sent")


def test_a_slot_that_was_begun_in_time_is_finished_late_also_without_catching_up(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", SCHEDULE + 'catch_up = "none"\n')
    at(folder, "2026-11-22T08:00")
    (folder.path / "sources").rename(folder.path / "aside")
    (report,) = at(folder, "2026-11-23T07:05")
    assert report.state == "held"
    (folder.path / "aside").rename(folder.path / "sources")
    (report,) = at(folder, "2026-11-23T09:00")
    assert (report.slot, report.state) == ("2026-11-23T07:00", "sent")


def test_the_newest_of_several_missed_slots_is_sent_and_the_others_are_not(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", SCHEDULE)
    at(folder, "2026-11-20T08:00")
    for _ in range(2):
        at(folder, "2026-11-23T12:00")
    assert slots_of(folder) == ["2026-11-23T07:00"]


def test_a_schedule_moved_to_an_earlier_time_makes_no_second_edition_that_day(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", SCHEDULE)
    at(folder, "2026-11-22T08:00")
    at(folder, "2026-11-23T07:00")
    job = (folder.path / "jobs/brief.toml").read_text(encoding="utf-8")
    folder.write("jobs/brief.toml", job.replace("0 7 * * *", "0 6 * * *"))
    fresh(folder, 1)
    assert at(folder, "2026-11-23T10:00") == ()
    assert [report.slot for report in at(folder, "2026-11-24T06:00")] == ["2026-11-24T06:00"]


def test_a_clock_that_was_a_day_ahead_for_a_while_loses_no_slot_and_repeats_none(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", SCHEDULE)
    looks = ["2026-11-23T08:00", "2026-11-23T06:00", "2026-11-22T06:59", "2026-11-22T07:00", "2026-11-22T12:00"]
    looks += ["2026-11-23T06:59", "2026-11-23T07:00", "2026-11-24T07:00"]
    for number, look in enumerate(["2026-11-21T12:00", *looks]):
        fresh(folder, number)
        at(folder, look)
    assert sorted(slots_of(folder)) == ["2026-11-22T07:00", "2026-11-23T07:00", "2026-11-24T07:00"]
    assert len(folder.mails()) == 3


def test_a_job_first_seen_while_the_clock_was_years_ahead_has_its_slots_when_it_is_right_again(
    newsletter: Make,
) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", SCHEDULE)
    assert at(folder, f"{datetime.now(UTC).year + 9}-11-23T06:00") == ()
    (report,) = at(folder, "2026-11-23T07:00")
    assert (report.slot, report.state) == ("2026-11-23T07:00", "sent")
