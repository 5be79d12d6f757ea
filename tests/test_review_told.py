"""What its editors were not told of waits: a run that died, a relay that was away, an editor nobody can reach."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chaos import wait_for
from digest import config, editors
from digest.core import runfile
from digest.store import told
from digest.telling import tell
from reviews import EDITION, EDITOR, code, mails_to, moment, opened, part, readers, record, reviewed, state
from scripted_relay import HANG, ScriptedRelay, running
from support import Folder, Make
from tellings import Web, by_relay
from test_slots_sent import at

EVERYBODY = ["r0@example.org", "r1@example.org", "r2@example.org"]
NEXT = "brief-2026-11-24T0700"
NOT_TOLD = "the editors were not told: "
_CHILD = """
from pathlib import Path
from support import Folder
from test_slots_sent import at
at(Folder(Path({home!r})), "2026-11-23T07:00")
"""


@contextmanager
def by(folder: Folder, relay: ScriptedRelay) -> Iterator[None]:
    """Mails go to this relay for a while."""
    settings = (folder.path / "digest.toml").read_text(encoding="utf-8")
    with running(relay):
        by_relay(folder, relay)
        yield
    folder.write("digest.toml", settings)


@contextmanager
def away(folder: Folder) -> Iterator[None]:
    """The relay takes nothing for the editor."""
    relay = ScriptedRelay(refused={EDITOR: "451 4.3.0 mailbox busy"})
    with by(folder, relay):
        yield
    assert relay.taken == []


def begun(folder: Folder) -> Folder:
    """The newsletter, whose slots are due from 23 November on."""
    assert at(folder, "2026-11-22T08:00") == ()
    return folder


def killed(folder: Folder) -> None:
    """Kill -9 for a process that composed the edition while a relay that says nothing keeps it from its editors."""
    relay = ScriptedRelay(script={"MAIL": [HANG]})
    with by(folder, relay):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(
            [sys.executable, "-c", _CHILD.format(home=str(folder.path))], env=environment, text=True
        )
        wait_for(lambda: relay.count("MAIL") > 0, process)
        process.kill()
        process.wait()


def shown_as(folder: Folder) -> list[str]:
    """The codes that the editors were shown."""
    return [part(mail, "plain").partition("--seen ")[2][:8] for mail in mails_to(folder, EDITOR)]


def test_what_a_killed_process_told_nobody_of_is_told_by_the_next_and_waits_from_then(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    killed(folder)
    assert (state(folder), record(folder).release) == (("ready", ""), "2026-11-23T07:30:00+00:00")
    (report,) = at(folder, "2026-11-23T07:45")
    assert (report.state, report.warnings, readers(folder)) == ("ready", (), [])
    assert "under review until 2026-11-23T08:15" in report.reason
    assert shown_as(folder) == [code(folder)]
    assert "Goes out at 08:15 (UTC)" in part(mails_to(folder, EDITOR)[0], "plain")
    assert record(folder).expires == "2026-11-25T08:15:00+00:00"
    at(folder, "2026-11-23T08:14")
    assert readers(folder) == []
    assert at(folder, "2026-11-23T08:15")[0].sent == 3
    assert readers(folder) == EVERYBODY
    assert len(shown_as(folder)) == 1


def test_a_named_send_tells_too(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    killed(folder)
    (report,) = at(folder, "2026-11-23T07:45", "brief")
    assert (report.state, readers(folder), shown_as(folder)) == ("ready", [], [code(folder)])
    assert at(folder, "2026-11-23T08:15", "brief")[0].sent == 3


def test_what_waits_for_approval_is_told_late_too(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter(), "hold"))
    killed(folder)
    for _ in range(2):
        (report,) = at(folder, "2026-11-23T07:45")
        assert (report.state, report.reason.partition(";")[0]) == ("held", "waits for review")
    assert shown_as(folder) == [code(folder)]
    assert "Waits for approval." in part(mails_to(folder, EDITOR)[0], "plain")


def test_while_the_relay_is_away_it_waits_and_says_why(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    with away(folder):
        for minute in ("07:00", "07:29", "07:31", "09:00"):
            (report,) = at(folder, f"2026-11-23T{minute}")
            assert (report.state, len(report.warnings), report.exit_code) == ("ready", 1, 0)
            assert report.warnings[0].startswith(NOT_TOLD)
            assert report.reason.startswith("waits until its editors are told; ")
        assert "waits until its editors are told" in folder.run("editions", "show", EDITION).stdout
    (report,) = at(folder, "2026-11-23T09:01")
    assert (report.warnings, record(folder).release) == ((), "2026-11-23T09:31:00+00:00")
    assert at(folder, "2026-11-23T09:31")[0].sent == 3


def test_a_person_may_approve_what_nobody_was_told_of(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    with away(folder):
        at(folder, "2026-11-23T07:00")
    assert folder.run("editions", "approve", EDITION, "--seen", code(folder)).exit_code == 0
    assert at(folder, "2026-11-23T07:01")[0].sent == 3


def test_what_nobody_was_told_of_by_the_next_slot_is_for_a_person_and_its_stories_go_with_the_next(
    newsletter: Make,
) -> None:
    folder = begun(reviewed(newsletter()))
    with away(folder):
        at(folder, "2026-11-23T07:00")
    old, new = at(folder, "2026-11-24T07:00")
    assert (old.edition, old.state, old.warnings, new.edition, new.state) == (EDITION, "held", (), NEXT, "ready")
    assert old.reason.startswith(f"waits for review ({editors.UNSEEN}); `digest editions approve {EDITION}`")
    (mail,) = mails_to(folder, EDITOR)
    assert (NEXT in part(mail, "plain"), "Aurel" in part(mail, "plain")) == (True, True)
    for minute in ("07:30", "07:31"):
        at(folder, f"2026-11-24T{minute}")
    assert (readers(folder), state(folder)) == (EVERYBODY, ("held", "review"))
    assert folder.run("editions", "approve", EDITION, "--seen", code(folder)).exit_code == 0


@pytest.mark.parametrize("how", ["30m", "hold"])
def test_editors_get_a_report_of_what_they_could_not_review(newsletter: Make, how: str) -> None:
    folder = begun(reviewed(newsletter(), how))
    with away(folder):
        at(folder, "2026-11-23T07:00")
    reports = at(folder, "2026-11-24T07:00")
    with opened(folder) as store:
        for _ in range(2):
            tell(config.load(folder.path), store, reports, moment("2026-11-24T07:00"), Web().fetch)
        assert told.owed(store) == {}
    (mail,) = [each for each in mails_to(folder, EDITOR) if f" {EDITION}: held" in str(each["Subject"])]
    assert editors.UNSEEN in " ".join(part(mail, "plain").split())


def test_a_change_that_its_editors_were_not_told_of_waits_too(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    at(folder, "2026-11-23T07:00")
    seen = code(folder)
    with away(folder):
        changed = folder.run("editions", "edit", EDITION, "--subject", "Another")
    assert (changed.exit_code, NOT_TOLD in changed.stderr) == (0, True)
    assert record(folder).release == "2026-11-23T07:30:00+00:00"
    (report,) = at(folder, "2026-11-23T07:40")
    assert (report.state, readers(folder)) == ("ready", [])
    assert set(shown_as(folder)) == {seen, code(folder)}
    assert at(folder, "2026-11-23T08:10")[0].sent == 3
    assert mails_to(folder, "r0@")[0]["Subject"] == "Another"


def test_without_editors_the_clock_alone_decides(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter(), editors=""))
    (report,) = at(folder, "2026-11-23T07:00")
    assert "nobody is told" in report.warnings[0]
    assert at(folder, "2026-11-23T07:29")[0].warnings == ()
    assert at(folder, "2026-11-23T07:30")[0].sent == 3


def test_one_editor_who_is_told_is_enough(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter(), editors='deputy@example.org", "chief@example.org'))
    relay = ScriptedRelay(refused={EDITOR: "550 5.1.1 no such user"})
    with by(folder, relay):
        (report,) = at(folder, "2026-11-23T07:00")
        assert report.warnings[0].startswith(f"{NOT_TOLD}1 of 2 mails did not go")
        assert at(folder, "2026-11-23T07:29")[0].warnings == ()
        assert relay.recipients == ["deputy@example.org"]
        assert at(folder, "2026-11-23T07:30")[0].sent == 3


def test_an_edition_that_a_living_run_is_telling_of_is_left_to_it(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    with away(folder):
        at(folder, "2026-11-23T07:00")
    with opened(folder) as store, runfile.begin(runfile.folder(store.path)) as run:
        assert told.take(store, record(folder), run.id)
        (report,) = at(folder, "2026-11-23T07:01")
        assert (report.state, report.warnings) == ("ready", ())
        assert shown_as(folder) == []
    at(folder, "2026-11-23T07:02")
    assert len(shown_as(folder)) == 1


def test_a_job_that_is_gone_sends_nothing_unseen(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    with away(folder):
        at(folder, "2026-11-23T07:00")
    (folder.path / "jobs/brief.toml").unlink()
    (report,) = at(folder, "2026-11-23T09:00")
    assert report.warnings == (f"{NOT_TOLD}jobs/brief.toml is gone",)
    assert (report.state, folder.mails()) == ("ready", [])


def test_a_dry_run_tells_nobody(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    killed(folder)
    folder.run("send", "--dry-run")
    assert (folder.mails(), record(folder).release) == ([], "2026-11-23T07:30:00+00:00")
