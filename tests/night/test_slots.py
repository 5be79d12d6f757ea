"""400 days in six zones, with cron and two daemons that are switched off and killed: `make night`."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

import slot_days
from support import Make

DAYS = 400


@pytest.mark.parametrize("name", list(slot_days.STARTS))
def test_400_days_give_each_slot_one_edition_at_the_first_chance(
    newsletter: Make, name: str, record_property: Callable[[str, object], None]
) -> None:
    zone, first, chance = ZoneInfo(name), slot_days.STARTS[name], slot_days.dice(name)
    moments = sorted(set(slot_days.wake_times(zone, first, DAYS, chance)))
    life = slot_days.live(slot_days.settings(newsletter(), zone), moments, chance)
    figures = {"moments": len(life.awake), "tried": sum(map(len, life.tried.values())), "sent": len(life.sent)}
    record_property("slots", repr(figures))
    assert slot_days.faults(life, zone, first, DAYS) == []
    assert moments[-1] - moments[0] > timedelta(days=DAYS - 5)
