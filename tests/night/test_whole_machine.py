"""Three hundred newsletters lived through at length, each run with other ones: `make night`."""

from hypothesis import HealthCheck, settings

from machine.people import People


class Long(People):
    """The same machine for longer."""


Long.TestCase.settings = settings(
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLongLife = Long.TestCase
