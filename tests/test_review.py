"""Review: what waits for editors goes when its time is over or a person says so, and to nobody twice."""

import time
from collections import Counter
from collections.abc import Callable

import pytest

from digest.store import decisions, editions
from digest.store._database import stamp
from reviews import EDITION, EDITOR, code, mails_to, moment, opened, readers, record, reviewed, state
from scripted_relay import ScriptedRelay, running
from stored import set_edition
from support import Folder, Make
from tellings import by_relay
from test_slots_sent import at

EVERYBODY = ["r0@example.org", "r1@example.org", "r2@example.org"]


def begun(folder: Folder) -> Folder:
    """The newsletter, whose slots are due from 23 November on."""
    assert at(folder, "2026-11-22T08:00") == ()
    return folder


def test_an_edition_under_review_is_sent_when_its_time_is_over_and_once(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    for minute in ("00", "01", "29"):
        (report,) = at(folder, f"2026-11-23T07:{minute}")
        assert (report.state, report.exit_code, report.recipients) == ("ready", 0, 3)
        assert readers(folder) == []
    assert len(mails_to(folder, EDITOR)) == 1
    (report,) = at(folder, "2026-11-23T07:30")
    assert (report.state, report.sent) == ("sent", 3)
    assert at(folder, "2026-11-23T07:31") == ()
    assert readers(folder) == EVERYBODY
    assert len(mails_to(folder, EDITOR)) == 1


def test_a_named_send_releases_its_own_edition_too(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    (report,) = at(folder, "2026-11-23T07:00", "brief")
    assert "under review until 2026-11-23T07:30" in report.reason
    (report,) = at(folder, "2026-11-23T07:30", "brief")
    assert report.state == "sent"
    assert readers(folder) == EVERYBODY


def test_review_counts_from_the_composition_and_two_days_of_delivery_from_the_release(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    at(folder, "2026-11-23T08:40")
    assert record(folder).release == "2026-11-23T09:10:00+00:00"
    assert record(folder).expires == "2026-11-25T09:10:00+00:00"
    assert at(folder, "2026-11-23T09:09")[0].state == "ready"
    assert at(folder, "2026-11-23T09:10")[0].state == "sent"


def test_what_waits_for_approval_waits_however_long_and_is_not_stale_then(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter(), "hold"))
    (report,) = at(folder, "2026-11-23T07:00")
    assert (report.state, report.exit_code) == ("held", 0)
    assert report.reason == f"waits for review; `digest editions approve {EDITION}` sends it"
    assert at(folder, "2026-11-23T23:00") == (report,)
    assert readers(folder) == []
    with opened(folder) as store:
        assert decisions.approve(store, EDITION, moment("2026-11-28T08:00"), lambda: True)
    assert readers(folder) == []
    assert at(folder, "2026-11-30T07:59")[0].sent == 3
    assert record(folder).expires == stamp(moment("2026-11-28T08:00") + editions.LIFETIME)
    assert readers(folder) == EVERYBODY


def test_approval_sends_before_the_time_is_over(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    at(folder, "2026-11-23T07:00")
    result = folder.run("editions", "approve", EDITION, "--seen", code(folder))
    assert result.exit_code == 0, result.output
    assert readers(folder) == []
    assert at(folder, "2026-11-23T07:01")[0].sent == 3
    at(folder, "2026-11-23T07:30")
    assert readers(folder) == EVERYBODY


@pytest.mark.parametrize("how", ["30m", "hold"])
def test_what_a_person_held_outlives_every_send(newsletter: Make, how: str) -> None:
    folder = begun(reviewed(newsletter(), how))
    at(folder, "2026-11-23T07:00")
    assert folder.run("editions", "hold", EDITION).exit_code == 0
    for jobs in ((), ("brief",)):
        (report,) = at(folder, "2026-11-23T07:30", *jobs)
        assert (report.state, report.exit_code) == ("held", 0)
        assert "held by a person" in report.reason
    assert state(folder) == ("held", "person")
    assert readers(folder) == []
    assert folder.run("editions", "approve", EDITION, "--seen", code(folder)).exit_code == 0
    at(folder, "2026-11-23T07:32")
    assert readers(folder) == EVERYBODY


def test_a_hold_while_it_is_sent_lets_only_the_mails_in_flight_follow(newsletter: Make) -> None:
    connections, recipients = 3, 60
    with running(ScriptedRelay(pause=0.03)) as relay:
        folder = by_relay(newsletter(recipients), relay)
        settings = (folder.path / "digest.toml").read_text(encoding="utf-8")
        folder.write("digest.toml", settings.replace("connections = 1", f"connections = {connections}"))
        process = folder.start("send", "brief")
        wait_for(lambda: len(relay.taken) >= 6)
        edition = folder.json("editions", "list")[0]["id"]
        assert folder.run("editions", "hold", edition).exit_code == 0
        gone = len(relay.taken)
        process.communicate(timeout=60)
        assert gone <= len(relay.taken) <= gone + connections < recipients
        assert process.returncode == 0
        assert state(folder, edition) == ("held", "person")
        after = len(relay.taken)
        assert folder.run("send").exit_code == 0
        assert len(relay.taken) == after
        refused = folder.run("editions", "edit", edition, "--subject", "Another")
        assert (refused.exit_code, "mails of it have left" in refused.stderr) == (2, True)
        assert folder.run("editions", "approve", edition, "--seen", code(folder, edition)).exit_code == 0
        assert folder.run("send").exit_code == 0
    assert Counter(relay.recipients) == {f"r{number}@example.org": 1 for number in range(recipients)}
    assert state(folder, edition) == ("sent", "")


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_a_check_holds_is_not_approved(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter(), "hold"))
    at(folder, "2026-11-23T07:00")
    with opened(folder) as store:
        set_edition(store, EDITION, "held", "check")
    result = folder.run("editions", "approve", EDITION, "--seen", code(folder))
    assert result.exit_code == 2
    assert "digest send brief --force" in result.stderr
    assert state(folder) == ("held", "check")


@pytest.mark.parametrize(
    ("how", "after"), [("hold", ("held", "review")), ("30m", ("ready", "")), ("0m", ("sending", ""))]
)
def test_what_a_check_held_goes_the_way_of_its_job_once_it_was_mended(
    newsletter: Make, how: str, after: tuple[str, str]
) -> None:
    folder = begun(reviewed(newsletter(), "hold"))
    at(folder, "2026-11-23T07:00")
    with opened(folder) as store:
        set_edition(store, EDITION, "held", "check")
    job = (folder.path / "jobs/brief.toml").read_text(encoding="utf-8")
    folder.write("jobs/brief.toml", job.replace('review = "hold"', f'review = "{how}"'))
    assert folder.run("editions", "edit", EDITION, "--subject", "A subject that says what is new").exit_code == 0
    assert state(folder) == after
    assert readers(folder) == []


def test_a_dry_run_neither_releases_nor_sends(newsletter: Make) -> None:
    folder = begun(reviewed(newsletter()))
    at(folder, "2026-11-20T07:00", "brief")
    edition = folder.json("editions", "list")[0]["id"]
    for arguments in (("send", "--dry-run"), ("send", "--dry-run", "--json")):
        folder.run(*arguments)
    assert state(folder, edition) == ("ready", "")
    with opened(folder) as store:
        set_edition(store, edition, "held", "check")
    folder.run("send", "brief", "--force", "--dry-run")
    assert state(folder, edition) == ("held", "check")
    assert readers(folder) == []


@pytest.mark.parametrize(
    ("reason", "release", "after"), [("person", "", "held"), ("", "2026-11-23T07:30:00+00:00", "ready")]
)
def test_what_an_edition_waited_for_outlives_a_change_that_was_killed(
    newsletter: Make, reason: str, release: str, after: str
) -> None:
    folder = begun(reviewed(newsletter(), "0m" if reason else "30m"))
    at(folder, "2026-11-23T07:00")
    if reason:
        hold_unsent(folder)
    with opened(folder) as store:
        assert decisions.reopen(store, EDITION, "1-dead")
    at(folder, "2026-11-23T07:10")
    assert state(folder) == (after, reason)
    assert record(folder).release == release
    assert readers(folder) == []


def hold_unsent(folder: Folder) -> None:
    """As if a person had held the edition before its first mail left."""
    with opened(folder) as store, store.writing() as connection:
        connection.execute("UPDATE sends SET state = 'queued'")
        connection.execute("UPDATE editions SET state = 'held', reason = 'person'")
    for mail in (folder.path / "outbox/new").iterdir():
        mail.unlink()


def test_articles_dropped_at_the_same_time_are_all_gone(newsletter: Make) -> None:
    folder = newsletter()
    for name in ("Porto", "Lisbon", "Vigo", "Cadiz"):
        folder.write(f"sources/{name}.txt", f"A carmaker opens in {name}\n\nThe carmaker builds a {name} van.\n")
    folder = begun(reviewed(folder))
    at(folder, "2026-11-23T07:00")
    found = [each["id"] for each in folder.json("articles", "list") if "A carmaker opens" in each["title"]]
    assert len(found) == 4
    processes = [folder.start("articles", "drop", each) for each in found]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    assert "A carmaker opens" not in str(folder.json("editions", "show", EDITION)["sections"])
    assert state(folder) == ("ready", "")
