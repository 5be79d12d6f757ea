import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core import runfile
from digest.core.runfile import Phase

MARKED = [Phase.NOT_BEGUN, Phase.LEAVING, Phase.SENT, Phase.DEFERRED, Phase.REFUSED]
OTHER_BOOT = b"00000000-0000-0000-0000-000000000000"

# Marks a place for each phase, names the run and the places, and is then killed.
MARKER = """
import sys
from pathlib import Path
from digest.core import runfile
from digest.core.runfile import Phase
with runfile.begin(Path(sys.argv[1])) as run:
    places = [run.reserve(1) for _ in Phase]
    for place, phase in zip(places, Phase):
        run.mark(place, phase)
    print(run.id, *places, flush=True)
    sys.stdin.read()
"""
# Counts so many changes.
CHANGER = """
import sys
from pathlib import Path
from digest.core import runfile
for _ in range(int(sys.argv[2])):
    runfile.changed(Path(sys.argv[1]))
"""
# Reserves places until the disk is full, where a file may grow no further than this.
FILLER = """
import resource, signal, sys
from pathlib import Path
from digest.core import runfile
from digest.core.errors import StoreError
with runfile.begin(Path(sys.argv[1])) as run:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 17, resource.RLIM_INFINITY))
    try:
        while True:
            last = run.reserve(1)
            run.mark(last, runfile.Phase.SENT)
    except StoreError as error:
        print(last, error)
"""


def killed(runs: Path) -> tuple[str, list[int]]:
    """A dead run and the places that it marked, one for each phase."""
    command = [sys.executable, "-c", MARKER, str(runs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        run, *places = process.stdout.readline().split()
        process.kill()
    return run, [int(place) for place in places]


def phases(runs: Path, run: str, places: list[int]) -> list[Phase]:
    with runfile.taken_over(runs, run) as leftover:
        assert leftover
        return [leftover.phase(place) for place in places]


def test_kill_9_leaves_how_far_each_mail_was(tmp_path: Path) -> None:
    assert list(Phase) == MARKED
    run, places = killed(tmp_path)
    assert phases(tmp_path, run, places) == MARKED


def test_after_another_start_of_the_machine_nobody_knows_how_far_they_were(tmp_path: Path) -> None:
    run, places = killed(tmp_path)
    with (tmp_path / run).open("r+b") as file:
        file.write(OTHER_BOOT)
    assert phases(tmp_path, run, places) == [Phase.LEAVING] * len(MARKED)


@pytest.mark.parametrize("length", [0, 10, 36, 64])
def test_of_a_file_that_was_cut_nobody_knows_how_far_they_were(tmp_path: Path, length: int) -> None:
    run, places = killed(tmp_path)
    with (tmp_path / run).open("r+b") as file:
        file.truncate(length)
    assert phases(tmp_path, run, places) == [Phase.LEAVING] * len(MARKED)


@pytest.mark.parametrize("byte", [3, 6, 17, 255])
def test_a_byte_that_means_nothing_says_nothing(tmp_path: Path, byte: int) -> None:
    run, places = killed(tmp_path)
    with (tmp_path / run).open("r+b") as file:
        file.seek(places[0])
        file.write(bytes([byte]) * len(places))
    assert phases(tmp_path, run, places) == [Phase.LEAVING] * len(MARKED)


def test_a_file_of_something_else_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "1-odd").write_bytes(bytes(Phase.SENT for _ in range(1000)))
    assert phases(tmp_path, "1-odd", [64, 999, 5000]) == [Phase.LEAVING] * 3


@pytest.mark.parametrize("place", [-1, 0, 63, 1 << 40])
def test_a_place_that_was_never_given_says_nothing(tmp_path: Path, place: int) -> None:
    run, _ = killed(tmp_path)
    assert phases(tmp_path, run, [place]) == [Phase.LEAVING]


@given(counts=st.lists(st.integers(1, 40_000), min_size=1, max_size=12))
def test_a_place_is_never_given_twice(tmp_path_factory: pytest.TempPathFactory, counts: list[int]) -> None:
    runs = tmp_path_factory.getbasetemp() / "reserved"
    with runfile.begin(runs) as run:
        taken = [(first := run.reserve(count), first + count) for count in counts]
        assert taken[0][0] >= 64
        assert all(end <= first for (_, end), (first, _) in pairwise(taken))
        run.mark(taken[-1][1] - 1, Phase.SENT)
        # What was reserved has its room on the disk: a mark can find no full disk.
        assert (runs / run.id).stat().st_blocks * 512 >= taken[-1][1]


def test_a_full_disk_is_an_error_that_names_the_run_before_a_place_has_no_room(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILLER, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    last, _, error = done.stdout.strip().partition(" ")
    assert int(last) < 1 << 17
    assert error.startswith("run file of ")
    assert error.endswith(": File too large")


def test_changes_of_several_processes_at_once_are_all_counted_and_seen(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHANGER, str(tmp_path), "300"]
    with runfile.begin(tmp_path) as run:
        before = run.changes()
        runfile.changed(tmp_path)
        assert run.changes() == before + 1
        processes = [subprocess.Popen(command) for _ in range(3)]
        assert [process.wait() for process in processes] == [0, 0, 0]
        assert run.changes() == before + 901
    with runfile.begin(tmp_path) as later:
        assert later.changes() == before + 901


def test_what_changed_before_the_first_run_is_counted_too(tmp_path: Path) -> None:
    runfile.changed(tmp_path / "new")
    with runfile.begin(tmp_path / "new") as run:
        assert run.changes() == 1
    assert runfile.listed(tmp_path / "new") == ()
