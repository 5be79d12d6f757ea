import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.core import slots

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 23)
# Gaps of half an hour, an hour at midnight and two hours; an overlap at midnight; offsets of odd minutes; no change.
ZONES = [
    ZoneInfo(name)
    for name in (
        *("Europe/Berlin", "America/New_York", "America/Havana", "America/St_Johns", "Australia/Lord_Howe"),
        *("Antarctica/Troll", "Africa/Casablanca", "Asia/Kathmandu", "UTC"),
    )
]
SCHEDULES = [
    *(
        "* * * * *",
        "*/7 * * * *",
        "30 * * * *",
        "30 2 * * *",
        "20,40 2 * * *",
        "15,40 2 * * *",
        "0 0 * * *",
        "59 23 * * *",
    ),
    *("30 0,1,2,3 * * *", "0 7 * * mon-fri", "0 7 * * sat-mon", "0 7 1,15 * *", "0 7 13 * fri", "45 1 */2 * mon"),
    *("0 0 29 2 *", "0 7 last * *", "30 2 * mar,oct sun"),
]
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  UTC by the last argument
# Half of all moments within a few hours of a change of the clocks.
changes = st.sampled_from(
    [
        datetime.fromisoformat(moment)
        for moment in (
            *("2026-03-08T07:00Z", "2026-03-29T01:00Z", "2026-10-25T01:00Z", "2026-11-01T06:00Z"),
            *("2026-04-04T15:00Z", "2026-10-03T15:30Z", "2026-03-08T05:00Z", "2026-11-01T05:00Z"),
        )
    ]
)
near_changes = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds), changes, st.floats(-6 * 3600, 6 * 3600)
)


def weekdays_of(field: str) -> list[str]:
    """The days on which a weekday field fires in the week of MONDAY."""
    found = []
    for day in range(7):
        noon = datetime(2026, 11, 23 + day, 12, tzinfo=UTC)
        if slots.current(f"0 7 * * {field}", ZoneInfo("UTC"), noon).date() == noon.date():
            found.append(noon.strftime("%a").lower())
    return found


def listed(numbers: set[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


def slot_at(moment: str, schedule: str, zone: ZoneInfo = BERLIN) -> str:
    return slots.name(slots.current(schedule, zone, datetime.fromisoformat(moment)), schedule)


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", ["sun"]),
        ("7", ["sun"]),
        ("1", ["mon"]),
        ("6", ["sat"]),
        ("SUN", ["sun"]),
        ("wed", ["wed"]),
        ("1-5", ["mon", "tue", "wed", "thu", "fri"]),
        ("mon-fri", ["mon", "tue", "wed", "thu", "fri"]),
        ("5-7", ["fri", "sat", "sun"]),
        ("0-2", ["mon", "tue", "sun"]),
        ("7-1", ["mon", "sun"]),
        ("fri-mon", ["mon", "fri", "sat", "sun"]),
        ("6-1", ["mon", "sat", "sun"]),
        ("sat,sun", ["sat", "sun"]),
        ("0,7", ["sun"]),
        ("*/2", ["tue", "thu", "sat", "sun"]),
        ("1-7/2", ["mon", "wed", "fri", "sun"]),
        ("mon-fri/2,sat", ["mon", "wed", "fri", "sat"]),
        ("0-7", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        ("*", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    ],
)
def test_weekdays_are_counted_as_cron_counts_them(field: str, days: list[str]) -> None:
    assert weekdays_of(field) == days


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        ("0 7 27 * mon", [23, 27]),  # either, where both are said
        ("0 7 27 * *", [27]),
        ("0 7 * * mon", [23]),
        ("0 7 */2 * mon", [23]),  # both, where one begins with a star (crontab(5)): the 23rd is odd
        ("0 7 */2 * tue", []),
    ],
)
def test_day_and_weekday_are_joined_as_cron_joins_them(schedule: str, days: list[int]) -> None:
    noons = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in range(23, 30)]
    assert [n.day for n in noons if slots.current(schedule, ZoneInfo("UTC"), n).date() == n.date()] == days


def test_a_time_that_spring_leaves_out_fires_when_the_clock_has_jumped() -> None:
    assert slot_at("2026-03-29T12:00+02:00", "30 2 * * *") == "2026-03-29T03:30"
    assert slot_at("2026-03-29T03:29+02:00", "30 2 * * *") == "2026-03-28T02:30"
    assert slots.following("30 2 * * *", BERLIN, datetime.fromisoformat("2026-03-29T03:05+02:00")) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )


def test_an_hour_that_autumn_repeats_has_one_slot_at_its_first_time() -> None:
    first, second = "2026-10-25T02:31+02:00", "2026-10-25T02:31+01:00"
    assert slot_at(first, "30 2 * * *") == slot_at(second, "30 2 * * *") == "2026-10-25T02:30"
    found = slots.current("30 2 * * *", BERLIN, datetime.fromisoformat(second))
    assert found.utcoffset() == timedelta(hours=2)
    after = slots.following("30 2 * * *", BERLIN, datetime.fromisoformat(first))
    assert after == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_an_hourly_job_has_no_second_slot_of_the_same_name() -> None:
    night = datetime(2026, 10, 24, 22, tzinfo=UTC)
    found = [slots.current("0 * * * *", BERLIN, night + timedelta(minutes=n)) for n in range(0, 300, 10)]
    names = [slots.name(moment, "0 * * * *") for moment in found]
    assert list(dict.fromkeys(names)) == sorted(set(names))
    assert len(set(found)) == len(set(names)) == 4


def test_the_second_half_of_an_overlap_given_in_local_time_is_later_than_the_first() -> None:
    now = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    assert slots.name(slots.current("30 2 * * *", BERLIN, now), "30 2 * * *") == "2026-10-25T02:30"


def test_a_slot_that_is_less_than_a_second_away_follows() -> None:
    now = datetime(2026, 11, 23, 6, 59, 59, 500_000, tzinfo=UTC)
    assert slots.following("0 7 * * *", ZoneInfo("UTC"), now) == datetime(2026, 11, 23, 7, tzinfo=UTC)


@example(datetime(2026, 3, 29, 1, 5, tzinfo=UTC), ZoneInfo("Europe/Berlin"), "30 2 * * *")
@given(st.one_of(moments, near_changes), st.sampled_from(ZONES), st.sampled_from(SCHEDULES))
def test_every_moment_lies_between_two_neighbouring_slots(now: datetime, zone: ZoneInfo, schedule: str) -> None:
    current, following = slots.current(schedule, zone, now), slots.following(schedule, zone, now)
    assert following is not None
    assert current.astimezone(UTC) <= now < following.astimezone(UTC)
    assert slots.current(schedule, zone, following) == following
    assert slots.current(schedule, zone, following.astimezone(UTC) - timedelta(seconds=1)) == current
    assert slots.following(schedule, zone, current) == following
    assert slots.name(current, schedule) < slots.name(following, schedule)


@given(
    st.one_of(moments, near_changes),
    st.sampled_from(ZONES),
    st.sets(st.integers(0, 59), min_size=1, max_size=4),
    st.sets(st.one_of(st.integers(0, 3), st.integers(0, 23)), min_size=1, max_size=4),
    st.sets(st.integers(0, 6), min_size=1),
)
def test_the_current_slot_is_the_newest_local_time_that_has_come(
    now: datetime, zone: ZoneInfo, minutes: set[int], hours: set[int], days: set[int]
) -> None:
    schedule = " ".join((listed(minutes), listed(hours), "* *", listed(days)))
    today = now.astimezone(zone).date()
    dates = [today + timedelta(days=back) for back in range(1, -9, -1)]
    times = [
        datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
        for day in dates
        if day.isoweekday() % 7 in days
        for hour in hours
        for minute in minutes
    ]
    assert slots.current(schedule, zone, now).astimezone(UTC) == max(time for time in times if time <= now)


@example(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), ZoneInfo("America/Havana"))  # the day's second midnight
@given(st.one_of(moments, near_changes), st.sampled_from(ZONES))
def test_a_job_without_schedule_has_one_slot_a_local_day_and_none_to_wait_for(now: datetime, zone: ZoneInfo) -> None:
    current = slots.current("", zone, now)
    assert current.astimezone(UTC) <= now
    assert current.fold == 0
    assert slots.name(current, "") == now.astimezone(zone).date().isoformat()
    assert slots.following("", zone, now) is None


def test_a_schedule_that_never_fires_has_no_slot_to_wait_for() -> None:
    with pytest.raises(ValueError, match="never fires"):
        slots.following("0 0 31 2 *", BERLIN, datetime(2026, 11, 23, tzinfo=UTC))


def test_a_slot_is_named_by_the_local_clock_without_offset() -> None:
    moment = datetime(2026, 11, 23, 7, 5, tzinfo=BERLIN)
    assert slots.name(moment, "5 7 * * *") == "2026-11-23T07:05"
    assert slots.name(moment, "") == "2026-11-23"


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("0 0 31 2 *", "never fires"),
        ("0 7 30 feb *", "never fires"),
        ("0 7 * *", "4 fields where cron has 5"),
        ("0 7 * * * *", "6 fields where cron has 5"),
        ("@daily", "1 fields where cron has 5"),
        ("60 7 * * *", "60"),
        ("0 24 * * *", "24"),
        ("0 7 0 * *", "0"),
        ("0 7 * 13 *", "13"),
        ("*/0 * * * *", "higher than 0"),
        ("-5 7 * * *", "-5"),
        ("0 7 * * 8", "'8' is no weekday"),
        ("0 7 * * monday", "'monday' is no weekday"),
        ("0 7 * * mon/2", "'mon/2' is no weekday"),
        ("0 7 * * *-5", "'*-5' is no weekday"),
        ("0 7 * * mon,", "'' is no weekday"),
        ("0 7 * * ²", "'²' is no weekday"),
    ],
)
def test_a_schedule_that_is_none_or_never_fires_is_refused_with_what_is_wrong(schedule: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^[^\n]*{re.escape(told)}[^\n]*$"):
        slots.check(schedule)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_that_fires_passes_the_check(schedule: str) -> None:
    assert slots.check(schedule) == schedule
