import json
from collections.abc import Sequence

import pytest

from digest.core import runfile
from digest.core.mail import Result, SendState
from digest.store import connect, ledger
from stored import NOW, claim, frozen, set_edition, set_rows, settle, terms
from support import Folder, Make

ROW = ["email", "state", "code", "reply", "attempts", "at", "message_id", "maybe"]


def answered(folder: Folder) -> str:
    """An edition of six mails, each with another fate."""
    with connect(folder.path / "digest.db") as store, runfile.begin(runfile.folder(store.path)) as run:
        edition = frozen(store, 6, job="brief")
        answers = [
            (SendState.SENT, "250 2.0.0", "ok"),
            (SendState.FAILED, "550 5.1.1", "no such user"),
            (SendState.FAILED, "550 5.1.1", "no such user"),
            (SendState.DEFERRED, "450 4.7.1", "greylisted"),
            (SendState.UNCERTAIN, "", "no answer"),
        ]
        results = [
            Result(claim=each, state=state, code=code, reply=reply)
            for each, (state, code, reply) in zip(claim(store, edition, run, 5), answers, strict=True)
        ]
        ledger.exchange(store, edition, terms(run), results, 0, NOW)
    return edition


def test_report_json_is_what_was_promised(newsletter: Make) -> None:
    folder = newsletter()
    edition = answered(folder)
    report = folder.json("report")
    assert list(report) == ["edition", "job", "slot", "state", "recipients", "counts", "rows"]
    assert [report[name] for name in ("edition", "job", "slot", "state", "recipients")] == [
        *(edition, "brief", "2026-11-23T07:00", "sending", 6),
    ]
    assert report["counts"] == {"deferred": 1, "failed": 2, "queued": 1, "sent": 1, "uncertain": 1}
    assert sum(report["counts"].values()) == len(report["rows"]) == 6
    assert [list(row) for row in report["rows"]] == [ROW] * 6
    assert {row["maybe"] for row in report["rows"]} == {False}
    assert report["rows"][1] == {
        "email": "r1@example.org",
        "state": "failed",
        "code": "550 5.1.1",
        "reply": "no such user",
        "attempts": 1,
        "at": "2026-11-23T06:00:00+00:00",
        "message_id": f"<{edition}.r1@example.org>",
        "maybe": False,
    }


def test_a_mail_that_was_sent_again_is_marked_in_json(newsletter: Make) -> None:
    folder = newsletter()
    with connect(folder.path / "digest.db") as store, runfile.begin(runfile.folder(store.path)) as run:
        edition = frozen(store, 1, job="brief")
        settle(store, run, claim(store, edition, run), SendState.UNCERTAIN, uncertain="resend")
    assert [row["maybe"] for row in folder.json("report", edition)["rows"]] == [True]


def test_a_summary_has_the_figures_and_no_rows(newsletter: Make) -> None:
    folder = newsletter()
    edition = answered(folder)
    report = folder.json("report", "--summary")
    assert (report["recipients"], report["rows"]) == (6, [])
    shown = folder.run("report", "--summary").stdout.splitlines()
    assert shown[0] == f"{edition}: sending - deferred 1, failed 2, queued 1, sent 1, uncertain 1"
    assert not any("r1@example.org" in line for line in shown)


def test_those_who_did_not_get_it_are_grouped_and_then_each_is_named(newsletter: Make) -> None:
    folder = newsletter()
    answered(folder)
    lines = folder.run("report").stdout.splitlines()
    assert lines[1].split("\t") == ["failed", "550 5.1.1", "example.org", "2", "no such user"]
    assert "uncertain\t\texample.org\t1\tno answer" in lines
    assert [line.split("\t")[:3] for line in lines[5:]] == [
        ["r0@example.org", "sent", "250 2.0.0"],
        ["r1@example.org", "failed", "550 5.1.1"],
        ["r2@example.org", "failed", "550 5.1.1"],
        ["r3@example.org", "deferred", "450 4.7.1"],
        ["r4@example.org", "uncertain", ""],
        ["r5@example.org", "queued", ""],
    ]


def test_many_groups_are_cut_and_counted(newsletter: Make) -> None:
    folder = newsletter()
    with connect(folder.path / "digest.db") as store:
        edition = frozen(store, 23, job="brief")
        with store.writing() as connection:
            connection.execute("UPDATE sends SET state = 'failed', code = 550 + subscriber")
    lines = folder.run("report", edition, "--summary").stdout.splitlines()
    assert len(lines) == 22
    assert lines[-1] == "and 3 more groups"


def test_why_an_edition_was_stopped_is_said(newsletter: Make) -> None:
    folder = newsletter()
    edition = answered(folder)
    stopped = folder.run("editions", "stop", edition)
    assert stopped.exit_code == 0
    assert stopped.stdout == f"{edition}: stopped - cancelled 2, failed 2, sent 1, uncertain 1\n"
    lines = folder.run("report", edition).stdout.splitlines()
    assert lines[0] == f"{edition}: stopped - cancelled 2, failed 2, sent 1, uncertain 1"
    assert lines[1].startswith("stopped at 20")
    assert folder.run("send").exit_code == 0
    assert folder.mails() == []


@pytest.mark.parametrize("state", ["sent", "partial", "skipped", "stopped", "expired"])
def test_what_is_finished_cannot_be_stopped(newsletter: Make, state: str) -> None:
    folder = newsletter()
    edition = answered(folder)
    with connect(folder.path / "digest.db") as store:
        set_edition(store, edition, state)
    refused = folder.run("editions", "stop", edition)
    assert refused.exit_code == 2
    assert f"{edition}: {state}; only what is not finished can be stopped" in refused.stderr


@pytest.mark.parametrize("command", [("report",), ("editions", "stop"), ("sends", "list"), ("sends", "retry")])
def test_an_edition_that_is_not_there_is_one_clear_line(newsletter: Make, command: tuple[str, ...]) -> None:
    folder = newsletter()
    result = folder.run(*command, "nothing")
    assert result.exit_code == 2
    assert "nothing: no such edition" in result.stderr
    assert "`digest editions list` names" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def slots_of(folder: Folder, job: str, states: Sequence[str], recipients: int = 2) -> list[str]:
    """Editions of a job, a day apart, in these states."""
    made = []
    with connect(folder.path / "digest.db") as store:
        for day, state in enumerate(states, 1):
            made.append(frozen(store, recipients, job=job, slot=f"2026-11-{day:02}T07:00"))
            set_edition(store, made[-1], state)
            with store.writing() as connection:
                composed = f"2026-11-{day:02}T06:00:00+00:00"
                connection.execute("UPDATE editions SET composed = ? WHERE id = ?", (composed, made[-1]))
                if state in ("skipped", "composing"):
                    connection.execute("UPDATE editions SET recipients = 0 WHERE id = ?", (made[-1],))
    return made


@pytest.mark.parametrize("command", [("report",), ("sends", "list")])
def test_a_jobs_name_means_its_newest_edition_that_was_sent(newsletter: Make, command: tuple[str, ...]) -> None:
    folder = newsletter()
    _, second, third = slots_of(folder, "brief", ["sent", "partial", "held"])
    slots_of(folder, "weekly", ["sent"] * 4)
    result = folder.run(*command, "brief")
    assert result.exit_code == 0
    assert f"{third} is newer, but held" in result.stderr
    with connect(folder.path / "digest.db") as store:
        set_edition(store, third, "ready")
    assert f"{third} is newer, but under review\n" in folder.run(*command, "brief").stderr
    assert second in result.output
    assert folder.json("report", "brief")["edition"] == second
    assert folder.json("report", third)["edition"] == third


def test_without_a_name_what_was_sent_comes_before_what_was_skipped_and_letters(newsletter: Make) -> None:
    folder = newsletter()
    first, second = slots_of(folder, "brief", ["sent", "skipped"])
    slots_of(folder, "brief.confirm", ["sent"] * 3)
    result = folder.run("report")
    assert result.stdout.startswith(f"{first}: sent")
    assert result.stderr == f"{second} is newer, but skipped\n"
    assert folder.run("report", first).stderr == ""


def test_where_nothing_was_sent_the_report_is_of_what_waits(newsletter: Make) -> None:
    folder = newsletter()
    _, second, _ = slots_of(folder, "brief", ["skipped", "held", "composing"])
    assert folder.json("report")["edition"] == second


def test_a_name_of_nothing_is_answered_with_what_there_is(newsletter: Make) -> None:
    folder = newsletter()
    answered(folder)
    near = folder.run("report", "breif").stderr
    assert near == (
        "digest: breif: no such edition or job; did you mean 'brief'? `digest editions list` names the editions, "
        "jobs are brief\n"
    )
    folder.write("jobs/late.toml", (folder.path / "jobs/brief.toml").read_text(encoding="utf-8"))
    none = folder.run("report", "late")
    assert (none.exit_code, "`digest send late` makes its first edition" in none.stderr) == (2, True)


@pytest.mark.parametrize("command", [("report",), ("sends", "list")])
def test_before_the_first_edition_there_is_nothing_to_report(newsletter: Make, command: tuple[str, ...]) -> None:
    result = newsletter().run(*command)
    assert result.exit_code == 2
    assert "nothing was composed yet" in result.stderr


def test_a_hostile_reply_stays_on_its_line_and_is_json(newsletter: Make) -> None:
    folder = newsletter()
    with connect(folder.path / "digest.db") as store:
        edition = frozen(store, 1, job="brief")
        set_rows(store, edition, ["failed"])
        with store.writing() as connection:
            connection.execute("UPDATE sends SET reply = ?", ('550 "no"] [red]\u202e </x>',))
    assert folder.json("report")["rows"][0]["reply"] == '550 "no"] [red]\u202e </x>'
    assert json.loads(folder.run("sends", "list", "--json").stdout)[0]["reply"].startswith("550")
