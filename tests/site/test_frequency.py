"""A cron schedule as a reader hears of it: in words, or not at all."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.core import slots
from digest.core.settings import Job
from digest.site._frequency import told
from digest.words import Words, words

NAMES = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays")
SHORT = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
WEEK_BEGIN = datetime(2026, 11, 22, tzinfo=UTC)  # a Sunday
FIELD = st.text("0123456789*-,/ monfrisuatledhw?#L", max_size=8)


def job(schedule: str, zone: str = "Europe/Berlin") -> Job:
    return Job(name="brief", title="The Brief", sender="a@b.example", schedule=schedule, timezone=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("schedule", "english", "german"),
    [
        ("0 7 * * *", "daily at 7:00 am", "täglich um 7:00 Uhr"),
        ("05 07 * * 0-6", "daily at 7:05 am", "täglich um 7:05 Uhr"),
        ("0 7 * * mon-fri", "Monday to Friday at 7:00 am", "montags bis freitags um 7:00 Uhr"),
        ("30 18 * * 1,2,3,4,5", "Monday to Friday at 6:30 pm", "montags bis freitags um 18:30 Uhr"),
        ("0 7 * * mon-sat", "daily except Sundays at 7:00 am", "täglich außer sonntags um 7:00 Uhr"),
        ("0 7 * * MON", "on Mondays at 7:00 am", "montags um 7:00 Uhr"),
        ("0 7 * * 7", "on Sundays at 7:00 am", "sonntags um 7:00 Uhr"),
        ("0 9 * * sat-sun", "on Saturdays and Sundays at 9:00 am", "samstags und sonntags um 9:00 Uhr"),
        (
            "0 9 * * fri,mon,wed",
            "on Mondays, Wednesdays and Fridays at 9:00 am",
            "montags, mittwochs und freitags um 9:00 Uhr",
        ),
        ("0 7 1 * *", "on day 1 of every month at 7:00 am", "am 1. jedes Monats um 7:00 Uhr"),
        ("0 7,19 * * *", "daily at 7:00 am and 7:00 pm", "täglich um 7:00 Uhr und 19:00 Uhr"),
        (
            "0 */6 * * *",
            "daily at midnight, 6:00 am, noon and 6:00 pm",
            "täglich um 0:00 Uhr, 6:00 Uhr, 12:00 Uhr und 18:00 Uhr",
        ),
        ("30 0,12 * * *", "daily at 12:30 am and 12:30 pm", "täglich um 0:30 Uhr und 12:30 Uhr"),
    ],
)
def test_usual_schedules_are_told_in_the_readers_words(schedule: str, english: str, german: str) -> None:
    assert slots.check(schedule) == schedule
    assert told(job(schedule), words("en")) == f"{english} (Berlin time)"
    assert told(job(schedule), words("de-AT")) == f"{german} (Zeit in Berlin)"


def test_many_times_a_day_are_counted() -> None:
    assert told(job("0 * * * *"), words("en")) == "24 times a day"
    assert told(job("0 8-16/2 * * mon-fri"), words("de")) == "montags bis freitags, 5-mal am Tag"


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "*/5 * * * *",  # minutes
        "0,30 7 * * *",
        "0 7 1 1 *",  # once a year
        "0 7 * 1-6 *",
        "0 7 1,15 * *",
        "0 7 31 * *",  # not in every month
        "0 7 last * *",
        "0 7 */2 * *",
        "0 7 1 * mon",  # by cron's rule the first or any Monday
        "0 7/2 * * *",
        "0 7 * *",
        "0 7 * * * *",
        "٠ ٧ * * *",
    ],
)
def test_of_any_other_schedule_nothing_is_told(schedule: str) -> None:
    assert told(job(schedule), words("en")) == ""


@pytest.mark.parametrize(
    ("zone", "english", "german"),
    [
        ("UTC", "daily at 7:00 am (UTC)", "täglich um 7:00 Uhr (UTC)"),
        ("Etc/UTC", "daily at 7:00 am (UTC)", "täglich um 7:00 Uhr (UTC)"),
        ("Europe/Zurich", "daily at 7:00 am (Zurich time)", "täglich um 7:00 Uhr (Zeit in Zürich)"),
        ("America/New_York", "daily at 7:00 am (New York time)", "täglich um 7:00 Uhr (Zeit in New York)"),
        (
            "America/Argentina/Buenos_Aires",
            "daily at 7:00 am (Buenos Aires time)",
            "täglich um 7:00 Uhr (Zeit in Buenos Aires)",
        ),
        (
            "America/Port-au-Prince",
            "daily at 7:00 am (Port-au-Prince time)",
            "täglich um 7:00 Uhr (Zeit in Port-au-Prince)",
        ),
        ("Etc/GMT+5", "daily", "täglich"),
        ("US/Eastern", "daily", "täglich"),
        ("EST5EDT", "daily", "täglich"),
    ],
)
def test_a_time_is_told_where_readers_know_whose_it_is(zone: str, english: str, german: str) -> None:
    assert [told(job("0 7 * * *", zone), words(tag)) for tag in ("en", "de")] == [english, german]


def fires(schedule: str) -> list[datetime]:
    """Every time of one week."""
    found, moment = [], WEEK_BEGIN - timedelta(seconds=1)
    while (moment := slots.following(schedule, ZoneInfo("UTC"), moment) or WEEK_BEGIN) < WEEK_BEGIN + timedelta(days=7):
        found.append(moment)
    return found


def named(spoken: str) -> set[int]:
    """The weekdays of an English text, Sunday is 0."""
    if spoken.startswith("Monday to Friday"):
        return {1, 2, 3, 4, 5}
    found = {number for number, name in enumerate(NAMES) if name in spoken}
    return set(range(7)) - found if spoken.startswith("daily") else found


@given(
    days=st.lists(
        st.one_of(
            st.sampled_from([*SHORT, *"01234567"]),
            st.tuples(st.sampled_from([*SHORT, *"01234567"]), st.sampled_from([*SHORT, *"01234567"])).map("-".join),
            st.sampled_from(["*/2", "1-5/2"]),
        ),
        min_size=1,
        max_size=3,
    ),
    hours=st.lists(st.integers(0, 23), min_size=1, max_size=4),
    minute=st.integers(0, 59),
)
@example(days=["fri-mon"], hours=[0, 12], minute=0)
@example(days=["5-7"], hours=[23], minute=59)
def test_the_days_and_times_told_are_those_on_which_it_goes(days: list[str], hours: list[int], minute: int) -> None:
    schedule = f"{minute} {','.join(map(str, hours))} * * {','.join(days)}"
    spoken = told(job(schedule, "UTC"), words("en"))
    gone = fires(schedule)
    assert named(spoken) == {(moment.weekday() + 1) % 7 for moment in gone}
    times = sorted({(moment.hour, moment.minute) for moment in gone})
    clock = [f"{time(*each):%I:%M %p}".lstrip("0").lower() for each in times]
    usual = {"12:00 am": "midnight", "12:00 pm": "noon"}
    shown = [usual.get(each, each) for each in clock]
    listed = " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
    assert spoken.endswith(f" at {listed} (UTC)")


@given(
    fields=st.lists(st.one_of(FIELD, st.text(max_size=6)), max_size=7),
    spoken=st.sampled_from([words("en"), words("de")]),
)
def test_whatever_a_schedule_says_no_cron_text_is_shown(fields: list[str], spoken: Words) -> None:
    text = told(job(" ".join(fields)), spoken)
    assert "*" not in text
    assert "/" not in text
    assert "%" not in text
