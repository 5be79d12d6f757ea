import json
from datetime import UTC, datetime, timedelta

from digest import config
from digest.core import runfile, tokens
from digest.core.runfile import Run
from digest.dispatch import Report
from digest.mailroom import Sender
from digest.sending import send
from digest.store import Store, connect
from support import Folder, Make


def sender(folder: Folder, store: Store, run: Run, now: datetime) -> Sender:
    return Sender(
        news=config.load(folder.path),
        store=store,
        key=tokens.load_key(folder.path),
        run=run,
        now=lambda: now,
        stopping=lambda: False,
        progress=lambda *_: None,
    )


def at(folder: Folder, moment: str, *jobs: str) -> tuple[Report, ...]:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    with connect(folder.path / "digest.db") as store, runfile.begin(runfile.folder(store.path)) as run:
        return send(sender(folder, store, run, now), jobs)


def test_a_bare_send_sends_each_slot_once_from_the_first_one_it_saw_coming(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", 'schedule = "0 7 * * *"\ntimezone = "UTC"\n')
    assert at(folder, "2026-11-22T08:00") == ()
    assert at(folder, "2026-11-23T06:59") == ()
    (report,) = at(folder, "2026-11-23T07:00")
    assert (report.edition, report.state, report.sent) == ("brief-2026-11-23T0700", "sent", 1)
    assert at(folder, "2026-11-23T23:00") == ()
    (report,) = at(folder, "2026-11-24T09:00")
    assert (report.edition, report.state) == ("brief-2026-11-24T0700", "skipped")


def test_what_was_carried_is_not_carried_again(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    at(folder, "2026-11-22T08:00", "brief")
    folder.write(
        "sources/new.txt", "A carmaker in Porto hires\n\nThe carmaker hires two hundred people for its new line.\n"
    )
    (report,) = at(folder, "2026-11-23T08:00", "brief")
    assert report.sent == 1
    content = folder.json("editions", "show", report.edition)
    titles = [story["title"] for section in content["sections"] for story in section["stories"]]
    assert titles == ["A carmaker in Porto hires"]
    assert json.dumps(content["sections"]).count("Aurel") == 0


def test_a_window_leaves_out_what_is_too_old(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    text = (folder.path / "jobs/brief.toml").read_text().replace('window = "any"', 'window = "36h"')
    folder.write("jobs/brief.toml", text)
    start = datetime(2026, 11, 20, 8, tzinfo=UTC)
    with connect(folder.path / "digest.db") as store, runfile.begin(runfile.folder(store.path)) as run:
        send(sender(folder, store, run, start), ())
    folder.run("gather")
    (report,) = at(folder, (start + timedelta(days=400)).replace(tzinfo=None).isoformat(), "brief")
    assert report.state == "skipped"


def test_an_older_unfinished_edition_is_finished_by_a_bare_send(newsletter: Make) -> None:
    folder = newsletter(recipients=2)
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    with connect(folder.path / "digest.db") as store, runfile.begin(runfile.folder(store.path)) as run:
        (report,) = send(
            Sender(
                news=config.load(folder.path),
                store=store,
                key=tokens.load_key(folder.path),
                run=run,
                now=lambda: now,
                stopping=lambda: True,
                progress=lambda *_: None,
            ),
            ("brief",),
        )
    assert (report.state, report.sent, report.exit_code) == ("sending", 0, 3)
    (report,) = at(folder, "2026-11-23T20:00")
    assert (report.edition, report.state, report.sent) == ("brief-2026-11-22", "sent", 2)
