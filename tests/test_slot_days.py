"""Slots through changes of the clocks with cron and two daemons; a whole year of it is in `night/test_slots.py`."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import slot_days
from slot_days import Life, Timetable
from support import Make

# A few days around each change of the clocks after the first day, as they lie in the zone.
CHANGES = {
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "Asia/Kolkata": [date(2026, 3, 29)],
    "America/Sao_Paulo": [date(2017, 10, 15), date(2018, 2, 18)],
    "Antarctica/Troll": [date(2026, 3, 29), date(2026, 10, 25)],
}
DAYS = 4


@pytest.mark.parametrize(("name", "change"), [(name, day) for name, days in CHANGES.items() for day in days])
def test_each_slot_has_one_edition_at_the_first_chance_and_none_is_lost(
    newsletter: Make, name: str, change: date
) -> None:
    zone, first, chance = ZoneInfo(name), change - timedelta(days=2), slot_days.dice(f"{name} {change}")
    moments = sorted(set(slot_days.wake_times(zone, first, DAYS, chance)))
    life = slot_days.live(slot_days.settings(newsletter(), zone), moments, chance)
    assert slot_days.faults(life, zone, first, DAYS) == []
    assert len(life.sent) >= DAYS


def test_a_slot_twice_a_slot_lost_and_one_too_late_are_faults() -> None:
    zone, first = ZoneInfo("UTC"), date(2026, 11, 23)
    night = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)
    missed, key = datetime(2026, 11, 25, 0, 16, tzinfo=UTC), ("night", "2026-11-24T02:15")
    awake = [datetime(2026, 11, 23, 23, tzinfo=UTC), night, missed]
    late = ("night", "2026-11-24T02:45")
    good = Life(
        started=awake[0], awake=awake, sent={key: [night], late: [missed]}, tried={key: [night], late: [missed]}
    )
    assert slot_days.faults(good, zone, first, 3) == []
    assert len(slot_days.faults(Life(started=awake[0], awake=awake), zone, first, 3)) == 2
    good.sent[key].append(missed)
    assert len(slot_days.faults(good, zone, first, 3)) == 1
    good.tried["midnight", "2026-11-25T00:00"] = [missed]
    assert len(slot_days.faults(good, zone, first, 3)) == 2


def test_the_plain_words_of_a_timetable_are_those_of_an_independent_rule() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    table = Timetable(schedule="30 2 * * *", times=[(2, 30)])
    found = slot_days.instants(table, berlin, date(2026, 10, 24), -5)
    assert [moment.hour for moment in found] == [0, 0, 1]
