"""The dates senders write become moments in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather._dates import parse

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DATES = {
    "Sun, 22 Nov 2026 07:00:00 +0000": (2026, 11, 22, 7),
    "Sun, 22 Nov 2026 07:00:00 GMT": (2026, 11, 22, 7),
    "Sun, 22 Nov 2026 07:00:00 Z": (2026, 11, 22, 7),
    "Sun, 22 Nov 2026 07:00:00": (2026, 11, 22, 7),
    "Sun, 22 Nov 2026 07:00 EST": (2026, 11, 22, 12),
    "Sun, 22 Nov 2026 07:00:00 PDT": (2026, 11, 22, 14),
    "Sun, 22 Nov 2026 07:00:00 CEST": (2026, 11, 22, 5),
    "Sun, 22 Nov 2026 07:00:00 +0530": (2026, 11, 22, 1, 30),
    "Sun, 22 Nov 2026 07:00:00 -05:00": (2026, 11, 22, 12),
    "Mon, 22 November 2026 7:00:00 GMT": (2026, 11, 22, 7),
    "sunday, 22 nov 2026 07:00:00 gmt": (2026, 11, 22, 7),
    "22 Nov 2026 07:00:00 +0000": (2026, 11, 22, 7),
    "  Sun,  22 Nov 2026\n07:00:00 +0000 ": (2026, 11, 22, 7),
    "Sun, 22 Nov 26 07:00:00 +0000": (2026, 11, 22, 7),
    "Sun Nov 22 07:00:00 2026": (2026, 11, 22, 7),
    "2026-11-22T07:00:00Z": (2026, 11, 22, 7),
    "2026-11-22T07:00:00.123456Z": (2026, 11, 22, 7),
    "2026-11-22T07:00:00+02:00": (2026, 11, 22, 5),
    "2026-11-22T07:00:00-0800": (2026, 11, 22, 15),
    "2026-11-22T07:00+01": (2026, 11, 22, 6),
    "2026-11-22 07:00:00": (2026, 11, 22, 7),
    "2026-11-22 07:00:00 UTC": (2026, 11, 22, 7),
    "2026-11-22T24:00:00Z": (2026, 11, 23),
    "2026-11-22": (2026, 11, 22),
    "20261122T070000Z": (2026, 11, 22, 7),
    "2026-11": (2026, 11, 1),
    "2026": (2026, 1, 1),
}


@pytest.mark.parametrize(("written", "expected"), DATES.items())
def test_a_date_as_senders_write_it(written: str, expected: tuple[int, ...]) -> None:
    year, month, day, *rest = expected
    hour, minute = (*rest, 0, 0)[:2]
    assert parse(written, NOW) == datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "", "yesterday", "0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 +0000", "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z", "2037-01-01T00:00:00Z", "2026-13-01", "2026-02-30", "Sun, 32 Nov 2026 07:00:00 GMT",
        "Sun, 22 Nov 2026 99:99:99 GMT", "-2026-11-22", "2026-11-22T07:00:00+99:99:99", "1" * 5000, "٢٠٢٦-١١-٢٢x",
    ],
)  # fmt: skip
def test_what_is_no_date_or_absurd_is_none(written: str) -> None:
    assert parse(written, NOW) is None


@given(st.text(max_size=60))
def test_any_text_is_a_moment_in_utc_or_none(written: str) -> None:
    moment = parse(written, NOW)
    assert moment is None or moment.tzinfo is UTC


@given(st.integers(86_400, 2_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_every_written_moment_is_read_back(seconds: int, east: int) -> None:
    moment = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=east)))
    assert parse(moment.isoformat(), NOW) == moment
    assert parse(moment.strftime("%a, %d %b %Y %H:%M:%S %z"), NOW) == moment
