import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from digest.core import runfile
from digest.core.mail import EditionState
from digest.core.runfile import Run
from digest.store import Store, decisions, editions, subscribers
from digest.store.audience import Audience, Values
from stored import HELD_BY_CHECK, NOW, SLOT, claim, counts, frozen, issue, rows, set_edition, state_of

ID = "daily-2026-11-23T0700"

# Begins an edition in a run of its own and holds it until its input ends.
COMPOSER = """
import sys
from pathlib import Path
from digest.core import runfile
from digest.store import connect, editions
from stored import issue
path = Path(sys.argv[1])
with runfile.begin(runfile.folder(path)) as run, connect(path) as store:
    print(editions.begin(store, issue(), run.id), flush=True)
    sys.stdin.read()
"""


def test_an_edition_is_known_by_its_job_and_slot(store: Store) -> None:
    assert editions.edition_id("daily", SLOT) == ID
    assert editions.edition_id("by-hand", "2026-11-23") == "by-hand-2026-11-23"
    assert editions.of_slot(store, "daily", SLOT) is None
    assert editions.get(store, ID) is None
    assert editions.begin(store, issue(), "1-run")
    found = editions.of_slot(store, "daily", SLOT)
    assert found == editions.get(store, ID)
    assert found
    assert (found.id, found.slot, found.revision, found.number) == (ID, SLOT, 1, 1)
    assert (found.state, found.run, found.composed, found.recipients) == (EditionState.COMPOSING, "1-run", NOW, 0)


def test_a_slot_is_taken_once(store: Store) -> None:
    with runfile.begin(runfile.folder(store.path)) as run:
        assert editions.begin(store, issue(), run.id)
        assert not editions.begin(store, issue(), "2-run")
        assert editions.begin(store, issue("weekly"), "2-run")
        assert editions.begin(store, issue(slot="2026-11-24T07:00"), "2-run")
    assert len(editions.listed(store)) == 3


def test_a_slot_is_held_by_a_living_process_even_when_stopped_and_free_when_it_is_killed(store: Store) -> None:
    command = [sys.executable, "-c", COMPOSER, str(store.path)]
    paths = {"PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=paths) as process:
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        process.send_signal(signal.SIGSTOP)
        assert not editions.begin(store, issue(), "2-run")
        process.kill()
        process.wait()
        assert editions.begin(store, issue(), "2-run")
    found = editions.get(store, ID)
    assert found
    assert found.run == "2-run"


@pytest.mark.parametrize(
    ("state", "reason", "free"),
    [
        ("skipped", "", True),
        ("held", "no-source", True),
        ("held", "error", True),
        *(("held", reason, False) for reason in ("check", "review", "person")),
        *((state, "", False) for state in ("ready", "sending", "sent", "partial", "stopped", "expired")),
    ],
)
def test_a_slot_is_composed_anew_only_after_a_passing_trouble(
    store: Store,
    state: str,
    reason: str,
    free: bool,  # noqa: FBT001  a column of the table
) -> None:
    editions.begin(store, issue(), "1-run")
    set_edition(store, ID, state, reason)
    later = issue(composed=NOW + timedelta(minutes=5))
    found = editions.get(store, ID)
    assert found
    assert editions.is_open(store, found) is free
    assert editions.begin(store, later, "2-run") is free
    after = editions.get(store, ID)
    assert after
    assert (after.state, after.composed) == (("composing", later.composed) if free else (state, NOW))


def test_a_composition_without_mails_is_closed_with_its_reason(store: Store) -> None:
    editions.begin(store, issue(), "1-run")
    editions.close(store, ID, EditionState.HELD, "no-source", "no source answered")
    found = editions.get(store, ID)
    assert found
    assert (found.state, found.reason, found.detail) == (EditionState.HELD, "no-source", "no source answered")
    editions.begin(store, issue(), "2-run")
    again = editions.get(store, ID)
    assert again
    assert (again.state, again.reason, again.detail) == (EditionState.COMPOSING, "", "")


def test_a_frozen_edition_keeps_its_mail_and_audience(store: Store) -> None:
    edition = frozen(store, 3, carried=["a", "b", "a"])
    found = editions.get(store, edition)
    assert found
    assert (found.state, found.subject, found.content, found.recipients) == (EditionState.SENDING, "Subject", "{}", 3)
    assert found.unsubscribe == "leave@example.org"
    body = editions.Body(variant="", mark="m", data=b"Subject: x\r\n\r\n\0\xff")
    assert editions.bodies(store, edition) == {"": body}
    assert counts(store, edition) == {"queued": 3}
    assert [row[0] for row in store.rows("SELECT article FROM carried ORDER BY 1")] == ["a", "b"]
    assert editions.unfinished(store) == (found,)


def test_an_edition_that_a_check_held_sends_nothing_until_it_is_released(store: Store, run: Run) -> None:
    edition = frozen(store, 1, held="a link leads nowhere")
    found = editions.get(store, edition)
    assert found
    assert (found.state, found.reason, found.detail) == (EditionState.HELD, "check", "a link leads nowhere")
    assert claim(store, edition, run) == ()
    decisions.release(store, edition, NOW)
    after = editions.get(store, edition)
    assert after
    assert (after.state, after.reason, after.detail) == (
        EditionState.SENDING,
        "",
        "sent all the same: a link leads nowhere",
    )
    assert len(claim(store, edition, run)) == 1


@pytest.mark.parametrize(("state", "reason"), [("held", "person"), ("held", "review"), ("stopped", ""), ("sent", "")])
def test_only_what_a_check_held_is_released(store: Store, state: str, reason: str) -> None:
    edition = frozen(store, 1)
    set_edition(store, edition, state, reason)
    decisions.release(store, edition, NOW)
    assert state_of(store, edition) == state


def test_an_editions_number_counts_the_finished_ones_of_its_job(store: Store) -> None:
    for day, state in enumerate(("sent", "partial", "skipped", "stopped", "expired", "held", "sending"), 1):
        editions.begin(store, issue(slot=f"2026-11-0{day}T07:00"), "1-run")
        set_edition(store, f"daily-2026-11-0{day}T0700", state)
    assert editions.next_number(store, "daily") == 3
    assert editions.next_number(store, "weekly") == 1


def test_last_sent_is_when_the_newest_finished_edition_was_composed(store: Store) -> None:
    assert editions.last_sent(store, "daily") is None
    for hour, state in enumerate(("sent", "partial", "skipped", "expired")):
        made = issue(slot=f"2026-11-23T0{hour}:00", composed=NOW + timedelta(hours=hour))
        editions.begin(store, made, "1-run")
        set_edition(store, made.id, state)
    assert editions.last_sent(store, "daily") == NOW + timedelta(hours=1)
    assert editions.last_sent(store, "weekly") is None


def test_editions_are_listed_oldest_first(store: Store) -> None:
    for slot, hours in (("2026-11-23T07:00", 2), ("2026-11-24T07:00", 1), ("2026-11-25T07:00", 3)):
        editions.begin(store, issue(slot=slot, composed=NOW + timedelta(hours=hours)), "1-run")
    assert [record.slot[8:10] for record in editions.listed(store)] == ["24", "23", "25"]


def test_a_job_is_known_from_the_first_time_it_was_read(store: Store) -> None:
    assert editions.known_since(store, "daily", NOW) == NOW
    assert editions.known_since(store, "daily", NOW + timedelta(days=1)) == NOW
    assert editions.known_since(store, "weekly", NOW + timedelta(days=1)) == NOW + timedelta(days=1)


@pytest.mark.parametrize("payload", ["'", "'; DROP TABLE editions; --", '"', "a\0b"])
def test_sql_in_any_text_is_stored_as_text(store: Store, payload: str) -> None:
    subscribers.add(store, payload, payload, name="", source="cli", now=NOW)
    hostile = issue(payload, payload)
    assert editions.begin(store, hostile, payload)
    editions.close(store, hostile.id, EditionState.SKIPPED, payload, payload)
    closed = editions.of_slot(store, payload, payload)
    assert closed
    assert (closed.job, closed.reason, closed.detail, closed.run) == (payload, payload, payload, payload)
    assert editions.begin(store, hostile, payload)
    made = editions.Composition(
        waiting=HELD_BY_CHECK,
        detail=payload,
        subject=payload,
        content=payload,
        unsubscribe=payload,
        return_path=payload,
        bodies=[editions.Body(variant=payload, mark=payload, data=b"'")],
        audience=Audience(job=payload),
        values=Values(variant=lambda _: payload, message_id=lambda _: payload),
        carried=[payload],
    )
    editions.freeze(store, hostile.id, made)
    found = editions.get(store, hostile.id)
    assert found
    assert (found.detail, found.subject, found.content, found.unsubscribe) == (payload,) * 4
    assert editions.bodies(store, hostile.id)[payload].mark == payload
    assert [(row.email, row.message_id) for row in rows(store, hostile.id)] == [(payload, payload)]
    assert editions.known_since(store, payload, NOW) == NOW
