"""What an option takes for a time zone."""

from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest

from digest.core.values import READERS

OF_NO_PLACE = {"localtime", "Factory"}


def test_every_zone_of_this_machine_is_one() -> None:
    names = available_timezones() - OF_NO_PLACE
    assert len(names) > 400
    assert {str(READERS[ZoneInfo](name)) for name in names} == names


def test_nothing_else_that_lies_beside_the_zones_is_one() -> None:
    folders = [Path(folder) for folder in TZPATH if Path(folder).is_dir()]
    others = {str(p.relative_to(folder)) for folder in folders for p in folder.rglob("*")} - available_timezones()
    for name in ["", "../UTC", "/etc/localtime", "Europe/", "UTC\0", "x" * 5000, *OF_NO_PLACE, *others]:
        with pytest.raises(ValueError, match="IANA"):
            READERS[ZoneInfo](name)
