from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config_folder import MAIN, folder, mistakes
from digest import config
from digest.core.settings import Delivery
from digest.core.values import READERS

RATE = READERS[float | None]


def delivery(home: Path, *lines: str) -> Delivery:
    """`[delivery]` with these lines, as it is read."""
    return config.load(folder(home, {"digest.toml": "\n".join([MAIN, "[delivery]", *lines])})).delivery


def test_without_a_word_mails_go_unpaced_and_uncertain_ones_are_held(tmp_path: Path) -> None:
    found = delivery(tmp_path)
    assert (found.connections, found.rate, found.uncertain, found.bounces) == (8, None, "hold", "")


def test_what_delivery_says_is_kept(tmp_path: Path) -> None:
    found = delivery(
        tmp_path, "connections = 100", 'rate = "90/min"', 'uncertain = "resend"', 'bounces = " b@EXAMPLE.org"'
    )
    assert (found.connections, found.rate, found.uncertain, found.bounces) == (100, 1.5, "resend", "b@example.org")


@pytest.mark.parametrize(
    ("written", "rate"),
    [("50/s", 50), ("1/s", 1), ("999999/s", 999_999), ("600/min", 10), ("1/min", 1 / 60), ("unlimited", None)],
)
def test_a_rate_is_read_as_mails_a_second(tmp_path: Path, written: str, rate: float | None) -> None:
    assert delivery(tmp_path, f'rate = "{written}"').rate == rate


@given(st.integers(1, 999_999), st.sampled_from([("s", 1), ("min", 60)]))
def test_every_rate_that_can_be_written_is_read(count: int, unit: tuple[str, int]) -> None:
    assert RATE(f"{count}/{unit[0]}") == count / unit[1]


@given(st.one_of(st.text(max_size=8), st.integers(), st.floats(), st.none(), st.booleans()))
def test_anything_else_is_refused_as_a_rate_in_words(value: object) -> None:
    try:
        read = RATE(value)
    except ValueError as error:
        assert str(error).startswith("allowed is")  # noqa: PT017  both ways out are looked at
    else:
        assert value == "unlimited" or (isinstance(read, float) and read > 0)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('rate = "0/s"', "rate: found '0/s'; allowed is \"unlimited\" or a number and /s or /min"),
        ('rate = "50"', "rate: found '50'; allowed is"),
        ('rate = "50/h"', "rate: found '50/h'; allowed is"),
        ('rate = "-5/s"', "rate: found '-5/s'; allowed is"),
        ('rate = "5 /s"', "rate: found '5 /s'; allowed is"),
        ('rate = "٣/s"', "rate: found '٣/s'; allowed is"),
        ("rate = 50", "rate: found 50; allowed is"),
        ("connections = 0", "connections: found 0; allowed is 1 to 100"),
        ("connections = 101", "connections: found 101; allowed is 1 to 100"),
        ("connections = 2.0", "connections: found 2.0; allowed is a whole number"),
        ('connections = "8"', "connections: found '8'; allowed is a whole number"),
        ('uncertain = "retry"', "uncertain: found 'retry'; allowed are drop, hold, resend"),
        ('uncertain = ""', "uncertain: found ''; it may not be empty"),
        ('bounces = "nobody"', "bounces: found 'nobody'; 'nobody' is no e-mail address"),
        (f'bounces = "{"b" * 24}@example.org"', "allowed are 23 characters before the @"),
    ],
)
def test_a_mistake_in_delivery_says_what_was_found_and_what_is_allowed(tmp_path: Path, line: str, told: str) -> None:
    (mistake,) = mistakes(tmp_path, {"digest.toml": f"{MAIN}[delivery]\n{line}\n"})
    assert mistake.startswith("digest.toml: [delivery]: ")
    assert told in mistake


def test_the_longest_return_path_has_room_for_its_tag(tmp_path: Path) -> None:
    longest = f"{'b' * 23}@example.org"
    assert delivery(tmp_path, f'bounces = "{longest}"').bounces == longest
