import email
import email.policy
import re
from collections.abc import Sequence

import pytest

from digest.store import connect, editions, ledger, subscribers
from stored import NOW, issue, set_edition, set_rows
from support import Folder, Make


def done(folder: Folder, states: Sequence[str]) -> str:
    """The id of an edition that was sent, and whose mails then came to these states."""
    assert folder.run("send", "brief").exit_code == 0
    edition = str(folder.json("report")["edition"])
    with connect(folder.path / "digest.db") as store:
        set_rows(store, edition, states)
        set_edition(store, edition, "sending")
        ledger.finish(store, edition)
    for mail in (folder.path / "outbox/new").iterdir():
        mail.unlink()
    return edition


def got(folder: Folder) -> list[str]:
    """Who is in the outbox."""
    return sorted(str(email.message_from_bytes(mail, policy=email.policy.default)["To"]) for mail in folder.mails())


def test_again_goes_to_those_who_did_not_get_it_as_a_revision_of_its_own(newsletter: Make) -> None:
    folder = newsletter(recipients=4)
    first = done(folder, ["sent", "failed", "uncertain", "expired"])
    result = folder.run("send", "brief", "--again", "--yes")
    assert result.exit_code == 0, result.output
    assert got(folder) == ["r1@example.org", "r3@example.org"]
    found = folder.json("editions", "list")
    assert [(each["id"], each["revision"], each["state"]) for each in found] == [
        (first, 1, "partial"),
        (f"{first}.2", 2, "sent"),
    ]
    assert found[1]["recipients"] == 2


def test_again_offers_what_the_first_revision_carried_once_more(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    first = done(folder, ["failed"])
    folder.run("send", "brief", "--again", "--yes")
    before, after = (folder.json("editions", "show", name)["sections"] for name in (first, f"{first}.2"))
    assert [story["title"] for section in after for story in section["stories"]]
    assert after == before


def test_after_again_a_plain_send_says_already_sent(newsletter: Make) -> None:
    folder = newsletter(recipients=2)
    done(folder, ["sent", "failed"])
    folder.run("send", "brief", "--again", "--yes")
    before = folder.mails()
    again = folder.run("send", "brief")
    assert again.exit_code == 0
    assert "already sent" in again.stdout
    assert folder.mails() == before
    assert len(folder.json("editions", "list")) == 2


def test_again_asks_first_and_a_no_changes_nothing(newsletter: Make) -> None:
    folder = newsletter(recipients=2)
    done(folder, ["sent", "failed"])
    refused = folder.run("send", "brief", "--again")
    assert refused.exit_code == 1
    assert "everybody who did not get it" in refused.stderr
    assert folder.mails() == []
    assert len(folder.json("editions", "list")) == 1


def test_to_names_who_gets_it_once_more_also_who_got_it(newsletter: Make) -> None:
    folder = newsletter(recipients=3)
    first = done(folder, ["sent", "sent", "failed"])
    assert folder.run("send", "brief", "--again", "--to", "R1@Example.org", "--yes").exit_code == 0
    assert got(folder) == ["r1@example.org"]
    assert [row["email"] for row in folder.json("report", f"{first}.2")["rows"]] == ["r1@example.org"]


def test_a_dry_run_of_again_asks_records_and_sends_nothing(newsletter: Make) -> None:
    folder = newsletter(recipients=2)
    done(folder, ["sent", "failed"])
    (job,) = folder.json("send", "brief", "--again", "--dry-run")["jobs"]
    assert (job["state"], job["recipients"], job["edition"][-2:]) == ("ready", 1, ".2")
    assert folder.mails() == []
    assert len(folder.json("editions", "list")) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("brief", "--to", "a@example.org"), "--to goes with --again"),
        (("--again", "--yes"), "--again needs one JOB"),
        (("brief", "brief", "--again", "--yes"), "--again needs one JOB"),
        (("brief", "--again", "--yes"), "nothing was sent for"),
        (("nothing", "--again", "--yes"), "nothing: no such job"),
    ],
)
def test_again_without_what_it_needs_is_one_clear_line(newsletter: Make, arguments: tuple[str, ...], told: str) -> None:
    folder = newsletter()
    result = folder.run("send", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert folder.json("editions", "list") == []


@pytest.mark.parametrize("state", ["sending", "ready"])
def test_what_is_not_finished_is_not_composed_again(newsletter: Make, state: str) -> None:
    folder = newsletter(recipients=1)
    first = done(folder, ["failed"])
    with connect(folder.path / "digest.db") as store:
        set_edition(store, first, state)
    result = folder.run("send", "brief", "--again", "--yes")
    assert result.exit_code == 2
    assert f"{first}: {state}; finish it first, or `digest editions stop {first}`" in result.stderr
    assert folder.run("editions", "stop", first).exit_code == 0
    assert folder.run("send", "brief", "--again", "--yes").exit_code == 0
    assert got(folder) == ["r0@example.org"]


def test_when_everybody_got_it_again_says_so_and_a_later_send_mails_nobody(newsletter: Make) -> None:
    folder = newsletter(recipients=2)
    done(folder, ["sent", "sent"])
    again = folder.run("send", "brief", "--again", "--yes")
    assert again.exit_code == 2
    told = r"everybody on the list got brief-\S+ or a revision of it already; `digest send brief --again --to EMAIL`"
    assert re.search(told, again.stderr)
    assert [row["state"] for row in folder.json("editions", "list")] == ["sent"]
    with connect(folder.path / "digest.db") as store:
        subscribers.add(store, "brief", "new@example.org", name="", source="cli", now=NOW)
    assert folder.run("send", "brief").exit_code == 0
    assert folder.run("send").exit_code == 0
    assert folder.mails() == []


def test_when_again_to_somebody_fails_a_later_send_mails_nobody_and_again_can_be_tried_anew(newsletter: Make) -> None:
    folder = newsletter(recipients=3)
    folder.append("jobs/brief.toml", 'schedule = "0 0 * * *"\n')
    done(folder, ["sent", "failed", "failed"])
    aside = folder.path / "aside"
    (folder.path / "sources").rename(aside)
    failed = folder.run("send", "brief", "--again", "--to", "r0@example.org", "--yes")
    assert failed.exit_code == 1
    assert "no source answered" in failed.stdout
    aside.rename(folder.path / "sources")
    plain = folder.run("send", "brief")
    assert "`digest send brief --again`" in plain.stdout
    folder.run("send")
    assert folder.mails() == []
    assert folder.run("send", "brief", "--again", "--to", "r0@example.org", "--yes").exit_code == 0
    assert got(folder) == ["r0@example.org"]


def test_again_to_a_stranger_mails_nobody_and_says_who_gets_mails(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    done(folder, ["sent"])
    result = folder.run("send", "brief", "--again", "--to", "nobody@example.org", "--yes")
    assert result.exit_code == 2
    assert "none of nobody@example.org gets mails of brief" in result.stderr
    assert len(folder.json("editions", "list")) == 1
    assert folder.run("send", "brief").exit_code == 0
    assert folder.mails() == []


def test_a_revision_whose_composition_died_is_left_to_whoever_asked_for_it(newsletter: Make) -> None:
    folder = newsletter(recipients=2)
    first = done(folder, ["sent", "failed"])
    with connect(folder.path / "digest.db") as store:
        slot = folder.json("report")["slot"]
        assert editions.begin(store, issue("brief", slot, revision=2), "1-dead")
    plain = folder.run("send", "brief")
    assert "its composition was interrupted; `digest send brief --again` begins anew" in plain.stdout
    assert folder.mails() == []
    assert folder.run("send", "brief", "--again", "--yes").exit_code == 0
    assert got(folder) == ["r1@example.org"]
    assert [each["id"] for each in folder.json("editions", "list")] == [first, f"{first}.2"]
