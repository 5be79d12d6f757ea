"""Half an hour of what `system/test_daemon.py` does in three minutes: `make night`."""

from datetime import UTC, datetime

from support import Make
from system.test_daemon import RECIPIENTS, check, endure, minutely


def test_half_an_hour_of_kills_sends_every_slot_once(newsletter: Make) -> None:
    folder = minutely(newsletter(recipients=RECIPIENTS))
    folder.run("send")  # from here on its slots are due
    begun = datetime.now(UTC)
    kills = endure(folder, 30, "half an hour")
    check(folder, begun, datetime.now(UTC), kills)
    assert kills > 10
