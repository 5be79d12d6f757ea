from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.store import connect, ledger
from stored import frozen, set_edition, set_rows, states
from support import Folder, Make

ROW = ["email", "state", "code", "reply", "attempts", "at", "message_id", "maybe"]
STATES = ("sent", "sent", "uncertain", "uncertain", "failed")


def finished(folder: Folder, found: Sequence[str] = STATES, job: str = "brief") -> str:
    """An edition that is over, with rows in these states."""
    with connect(folder.path / "digest.db") as store:
        edition = frozen(store, len(found), job=job)
        set_rows(store, edition, found)
        ledger.finish(store, edition)
    return edition


def found_states(folder: Folder, edition: str) -> list[str]:
    with connect(folder.path / "digest.db") as store:
        return states(store, edition)


def log(folder: Folder, edition: str, *numbers: int) -> str:
    """The path of a Postfix log in which these mails were taken."""
    lines = []
    for number in numbers:
        lines.append(f"Nov 23 07:00:01 mx postfix/cleanup[1]: A{number}: message-id=<{edition}.r{number}@example.org>")
        lines.append(f"Nov 23 07:00:01 mx postfix/qmgr[2]: A{number}: from=<b@example.org>, size=9, nrcpt=1")
    folder.write("mail.log", "\n".join(lines))
    return str(folder.path / "mail.log")


def test_sends_are_listed_with_their_states(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder)
    assert [list(row) for row in folder.json("sends", "list")] == [ROW] * 5
    assert [row["state"] for row in folder.json("sends", "list", edition)] == list(STATES)
    lines = folder.run("sends", "list").stdout.splitlines()
    assert [line.split("\t")[:2] for line in lines[:2]] == [["r0@example.org", "sent"], ["r1@example.org", "sent"]]


def test_sends_can_be_listed_by_state(newsletter: Make) -> None:
    folder = newsletter()
    finished(folder)
    listed = folder.json("sends", "list", "--state", "failed", "--state", "uncertain")
    assert [row["state"] for row in listed] == ["uncertain", "uncertain", "failed"]
    assert folder.json("sends", "list", "--state", "expired") == []
    assert folder.run("sends", "list", "--state", "lost").exit_code == 2


def test_a_retry_queues_what_was_not_delivered_and_the_next_send_sends_it(newsletter: Make) -> None:
    folder = newsletter()
    assert folder.run("send", "brief").exit_code == 0
    edition = folder.json("report")["edition"]
    with connect(folder.path / "digest.db") as store:
        set_rows(store, edition, ["sent", "failed", "uncertain"])
        set_edition(store, edition, "partial")
    before = len(folder.mails())
    result = folder.run("sends", "retry", edition)
    assert (result.exit_code, result.stdout) == (0, f"{edition}: 1 queued again; `digest send` sends them\n")
    assert folder.run("send").exit_code == 0
    assert found_states(folder, edition) == ["sent", "sent", "uncertain"]
    assert len(folder.mails()) == before + 1
    assert folder.json("report")["state"] == "partial"


def test_a_retry_of_named_addresses_is_of_those_alone(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder, ["failed", "failed", "failed"])
    assert folder.run("sends", "retry", edition, "R1@Example.org").exit_code == 0
    assert found_states(folder, edition) == ["failed", "queued", "failed"]


def test_a_retry_of_uncertain_mails_asks_first(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder)
    refused = folder.run("sends", "retry", edition, "--state", "uncertain")
    assert refused.exit_code == 1
    assert "Some of them may have arrived" in refused.stderr
    assert found_states(folder, edition) == list(STATES)
    assert folder.run("sends", "retry", edition, "--state", "uncertain", "--yes").exit_code == 0
    assert found_states(folder, edition) == ["sent", "sent", "queued", "queued", "failed"]
    assert [row["maybe"] for row in folder.json("sends", "list")] == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--state", "expired"), "no mail is expired; `digest sends list` shows them"),
        (("nobody@example.org",), "no mail of nobody@example.org is deferred or expired or failed"),
        (("--state", "sent"), "'sent' is not one of"),
    ],
)
def test_a_retry_of_nothing_is_one_clear_line(newsletter: Make, arguments: tuple[str, ...], told: str) -> None:
    folder = newsletter()
    edition = finished(folder)
    refused = folder.run("sends", "retry", edition, *arguments)
    assert refused.exit_code == 2
    assert told in refused.stderr
    assert found_states(folder, edition) == list(STATES)


@pytest.mark.parametrize("state", ["stopped", "held", "composing"])
def test_what_is_not_sent_any_more_is_not_retried(newsletter: Make, state: str) -> None:
    folder = newsletter()
    edition = finished(folder)
    with connect(folder.path / "digest.db") as store:
        set_edition(store, edition, state)
    refused = folder.run("sends", "retry", edition)
    assert refused.exit_code == 2
    assert f"{edition}: {state}; only an edition that was sent can be retried" in refused.stderr
    assert found_states(folder, edition) == list(STATES)


def test_a_whole_log_settles_what_is_uncertain(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder)
    result = folder.run("sends", "resolve", "--age", "0m", "--log", log(folder, edition, 0, 1, 2))
    assert (result.exit_code, result.stdout) == (0, f"{edition}: 1 sent, 1 queued again\n")
    assert found_states(folder, edition) == ["sent", "sent", "sent", "queued", "failed"]
    assert folder.json("report")["state"] == "sending"
    assert (
        folder.run("sends", "resolve", "--age", "0m", "--log", log(folder, edition, 0)).stdout
        == "nothing is uncertain\n"
    )


def test_when_a_log_has_every_uncertain_mail_the_edition_is_finished_at_once(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder, ["sent", "uncertain"])
    folder.run("sends", "resolve", "--age", "0m", "--log", log(folder, edition, 0, 1))
    assert folder.json("report")["state"] == "sent"


def test_a_log_that_is_not_whole_leaves_the_rest_uncertain_and_says_so(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder)
    result = folder.run("sends", "resolve", "--age", "0m", "--log", log(folder, edition, 0, 2))
    assert result.stdout == (
        f"{edition}: 1 sent, 0 queued again, 1 still uncertain: the log lacks 1 mail that was sent\n"
    )
    assert found_states(folder, edition) == ["sent", "sent", "sent", "uncertain", "failed"]
    assert folder.json("report")["state"] == "partial"


def test_a_wrong_log_changes_nothing(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder)
    folder.write("other.log", "\xff of another kind\n" * 10)
    assert folder.run("sends", "resolve", "--age", "0m", "--log", str(folder.path / "other.log")).exit_code == 0
    # The database names its own mails, and is no proof of anything.
    own = folder.run("sends", "resolve", "--age", "0m", "--log", str(folder.path / "digest.db"))
    assert own.exit_code == 2
    assert "no log: it has NUL characters in it" in own.stderr
    assert found_states(folder, edition) == list(STATES)
    assert folder.json("report")["state"] == "partial"


def test_a_dry_run_of_resolve_changes_nothing(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder)
    path = log(folder, edition, 0, 1, 2)
    before = folder.json("report")
    result = folder.run("sends", "resolve", "--age", "0m", "--log", path, "--dry-run")
    assert result.stdout == f"{edition}: 1 sent, 1 queued again\na dry run: nothing was changed\n"
    assert folder.json("report") == before


def test_resolve_json_names_each_edition_with_its_figures(newsletter: Make) -> None:
    folder = newsletter()
    first, second = finished(folder), finished(folder, ["sent", "uncertain"], job="weekly")
    assert folder.json("sends", "resolve", "--age", "0m", "--log", log(folder, first, 0, 1)) == [
        {"edition": first, "sent": 0, "queued": 2, "unknown": 0, "fresh": 0, "missing": 0},
        {"edition": second, "sent": 0, "queued": 0, "unknown": 1, "fresh": 0, "missing": 1},
    ]


def test_a_log_is_read_from_standard_input_too(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder)
    text = Path(log(folder, edition, 0, 1, 2)).read_text(encoding="utf-8")
    command = ["--home", str(folder.path), "sends", "resolve", "--age", "0m", "--log", "-"]
    result = CliRunner().invoke(main, command, input=text)
    assert (result.exit_code, result.stdout) == (0, f"{edition}: 1 sent, 1 queued again\n")


def test_nobody_is_asked_about_uncertain_mails_where_there_are_none(newsletter: Make) -> None:
    folder = newsletter()
    edition = finished(folder, ["sent"])
    refused = folder.run("sends", "retry", edition, "--state", "uncertain")
    assert refused.exit_code == 2
    assert refused.stderr == f"digest: {edition}: no mail is uncertain; `digest sends list` shows them\n"
