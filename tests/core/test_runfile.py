import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.core import runfile
from digest.core.runfile import Phase

# Begins a run in a folder, names it on a line, and keeps it until its input ends.
KEEPER = """
import sys
from pathlib import Path
from digest.core import runfile
with runfile.begin(Path(sys.argv[1])) as run:
    print(run.id, flush=True)
    sys.stdin.read()
"""


@contextmanager
def keeper(runs: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a run until its input ends."""
    command = [sys.executable, "-c", KEEPER, str(runs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def is_dead(runs: Path, run: str) -> bool:
    with runfile.taken_over(runs, run) as leftover:
        return leftover is not None


def test_a_living_run_is_never_taken_over(tmp_path: Path) -> None:
    with keeper(tmp_path) as process:
        run = first_line(process)
        assert runfile.listed(tmp_path) == (run,)
        assert not any(is_dead(tmp_path, run) for _ in range(3))
        assert (tmp_path / run).exists()


def test_a_stopped_process_keeps_its_run(tmp_path: Path) -> None:
    with keeper(tmp_path) as process:
        run = first_line(process)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        assert not is_dead(tmp_path, run)
        assert runfile.lives(tmp_path, run)
        process.send_signal(signal.SIGCONT)
        assert not is_dead(tmp_path, run)


def test_kill_9_lets_go_of_a_run_and_its_file_goes_when_it_is_settled(tmp_path: Path) -> None:
    with keeper(tmp_path) as process:
        run = first_line(process)
        process.kill()
        process.wait()
        assert runfile.listed(tmp_path) == (run,)
        assert is_dead(tmp_path, run)
        assert runfile.listed(tmp_path) == ()


def test_a_run_that_ends_well_leaves_no_file(tmp_path: Path) -> None:
    with keeper(tmp_path) as process:
        run = first_line(process)
        process.communicate("")
        assert process.returncode == 0
        assert [path.name for path in tmp_path.iterdir()] == ["changes"]
        assert runfile.listed(tmp_path) == ()
        assert is_dead(tmp_path, run)


def test_a_run_that_fails_leaves_its_file_for_the_next_one_to_settle(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), runfile.begin(tmp_path) as run:
        raise ZeroDivisionError
    assert runfile.listed(tmp_path) == (run.id,)
    assert is_dead(tmp_path, run.id)


def test_a_run_does_not_take_over_itself(tmp_path: Path) -> None:
    with runfile.begin(tmp_path) as run:
        assert not is_dead(tmp_path, run.id)


def test_a_run_is_seen_only_while_it_is_locked(tmp_path: Path) -> None:
    # The interpreter tells of each lock before it is taken or let go (audit event fcntl.flock).
    code = """
import sys
from pathlib import Path
from digest.core import runfile
runs = Path(sys.argv[1])
sys.addaudithook(lambda event, _: event == "fcntl.flock" and print(len(runfile.listed(runs))))
with runfile.begin(runs):
    print(len(runfile.listed(runs)))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "1", "0"]


def test_only_one_of_two_settles_a_dead_run(tmp_path: Path) -> None:
    (tmp_path / "1-dead").touch()
    with runfile.taken_over(tmp_path, "1-dead") as mine:
        assert mine
        assert not is_dead(tmp_path, "1-dead")
    assert not (tmp_path / "1-dead").exists()


def test_a_run_whose_settling_failed_stays_to_be_settled(tmp_path: Path) -> None:
    (tmp_path / "1-dead").touch()
    with pytest.raises(ZeroDivisionError), runfile.taken_over(tmp_path, "1-dead"):
        raise ZeroDivisionError
    assert is_dead(tmp_path, "1-dead")


def test_a_run_without_a_file_counts_as_dead_and_nobody_knows_how_far_it_was(tmp_path: Path) -> None:
    for runs in (tmp_path, tmp_path / "no-folder"):
        with runfile.taken_over(runs, "1-gone") as leftover:
            assert leftover
            assert leftover.phase(64) is Phase.LEAVING
        assert not runfile.lives(runs, "1-gone")
    assert runfile.listed(tmp_path / "no-folder") == ()


def test_asking_whether_a_run_lives_leaves_its_file_as_it_is(tmp_path: Path) -> None:
    with runfile.begin(tmp_path) as run:
        assert runfile.lives(tmp_path, run.id)
        assert not is_dead(tmp_path, run.id)
    (tmp_path / "1-dead").touch()
    assert not runfile.lives(tmp_path, "1-dead")
    assert runfile.listed(tmp_path) == ("1-dead",)


def test_the_lock_does_not_outlive_its_process_in_a_child(tmp_path: Path) -> None:
    with runfile.begin(tmp_path) as run:
        child = subprocess.Popen(["/bin/sleep", "60"])
    try:
        (tmp_path / run.id).touch()
        assert is_dead(tmp_path, run.id)
    finally:
        child.kill()
        child.wait()


def test_run_files_lie_beside_the_database_and_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    runs = runfile.folder(tmp_path / "digest.db")
    assert runs == tmp_path / "digest.db.run"
    with runfile.begin(runs) as run:
        assert (runs / run.id).stat().st_mode & 0o777 == 0o600
        assert (runs / "changes").stat().st_mode & 0o777 == 0o600
