"""`digest feedback read`: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.store import connect
from returned import BASE, FULL, R0, R1, R2, UNKNOWN, Office, bounce, complaint, letter, put, sent_newsletter
from support import Folder, Make

ROW = ["message", "recipients", "kind", "status", "reason"]


def with_letters(newsletter: Make) -> Folder:
    """A newsletter to which one of each kind came back."""
    folder = sent_newsletter(newsletter)
    with connect(folder.path / "digest.db") as store:
        office = Office(folder, store)
        tag = office.key.tag("unsubscribe", "brief", R2)
        letters = [
            bounce(office.path(R0), UNKNOWN),
            bounce(office.path(R1), FULL),
            complaint(office.path(R1)),
            letter("leave@example.org", f"unsubscribe {tag}", "somebody@else.example"),
            letter("leave@example.org", "unsubscribe", R0),
            letter(office.path(R1), "Away", R1, "Auto-Submitted: auto-replied\n"),
            letter(BASE, "Buy my list", "stranger@else.example"),
        ]
    put(folder, letters)
    return folder


def test_each_letter_that_matters_has_a_line_and_all_are_summed_up(newsletter: Make) -> None:
    folder = with_letters(newsletter)
    result = folder.run("feedback", "read", "mailbox")
    assert result.exit_code == 0
    edition = folder.json("report")["edition"]
    hidden, asking = "***@example.org", "asking to leave without proof"
    by_hand = "`digest subscribers remove` takes readers off"
    assert result.stdout.splitlines() == [
        f"hard: {hidden} ({edition}): 550 5.1.1 <***@elsewhere.example>: User unknown; nobody mails it any more",
        f"soft: {hidden} ({edition}): 452 4.2.2 Mailbox full; counted",
        f"complained: {hidden} ({edition}): abuse Somebody complained.; nobody mails it any more",
        f"left: {hidden} (brief)",
        f"{asking}: {hidden}; letter 17000000004.M1P1.mx is left for you; {by_hand}",
        f"7 letters: 1 hard, 1 soft, 1 complained, 1 left, 1 automatic, 1 {asking}, 1 nothing of ours",
    ]
    again = folder.run("feedback", "read", "maildir:mailbox")
    assert (again.exit_code, again.stdout) == (0, "0 letters\n")


def test_what_names_a_mail_of_ours_without_proof_is_told_so_and_changes_nothing(newsletter: Make) -> None:
    folder = sent_newsletter(newsletter)
    with connect(folder.path / "digest.db") as store:
        name, _, domain = Office(folder, store).path(R0).partition("@")
    put(folder, [bounce(f"{name[:-4]}0000@{domain}"), bounce("bounces+0123abcd-1-00@news.example.org"), bounce(BASE)])
    result = folder.run("feedback", "read", "mailbox")
    unproven = "names a mail of ours, but is not proven to be an answer to it; nothing changed"
    assert result.stdout.splitlines() == [
        f"not proven: letter 17000000000.M1P1.mx {unproven}",
        "3 letters: 1 naming a mail of ours without proof, 2 nothing of ours",
    ]
    assert [row["state"] for row in folder.json("subscribers", "list")] == ["active"] * 3


def test_a_dry_run_in_json_has_a_row_for_every_letter(newsletter: Make) -> None:
    folder = with_letters(newsletter)
    rows = folder.json("feedback", "read", "mailbox", "--dry-run")
    assert [list(row) for row in rows] == [ROW] * 7
    assert [row["kind"] for row in rows] == ["hard", "soft", "complaint", "unsubscribe", "unsubscribe", "auto", "other"]
    assert rows[0] == {
        "message": "17000000000.M1P1.mx",
        "recipients": ["someone@elsewhere.example"],
        "kind": "hard",
        "status": "5.1.1",
        "reason": "550 5.1.1 <someone@elsewhere.example>: User unknown",
    }
    assert folder.json("feedback", "read", "mailbox", "--dry-run") == rows
    assert "a dry run: nothing was changed" in folder.run("feedback", "read", "mailbox", "--dry-run").stdout
    assert folder.json("feedback", "read", "mailbox") == rows
    assert folder.json("feedback", "read", "mailbox") == []


def test_no_address_of_a_reader_reaches_a_log(newsletter: Make) -> None:
    folder = with_letters(newsletter)
    result = folder.run("feedback", "read", "mailbox")
    assert not any(email in result.output for email in (R0, R1, R2, "somebody@else.example"))


def test_the_mailbox_of_the_settings_is_read_when_none_is_named(newsletter: Make) -> None:
    folder = with_letters(newsletter)
    folder.append("digest.toml", '\n[feedback]\nmailbox = "maildir:mailbox"\n')
    assert "7 letters" in folder.run("feedback", "read").stdout


def test_without_a_mailbox_both_ways_to_name_one_are_told(newsletter: Make) -> None:
    result = newsletter().run("feedback", "read")
    assert result.exit_code == 2
    assert "digest feedback read imaps://user@host/INBOX" in result.output
    assert "[feedback] mailbox" in result.output


@pytest.mark.parametrize(
    ("target", "code", "told"),
    [
        ("pop3://me@mail.example", 2, "allowed is imaps://user@host/INBOX, maildir:FOLDER"),
        ("imaps://me:s3cret@mail.example", 2, "a password may not stand in the address"),
        ("nowhere", 1, "there is no such folder"),
        ("imap+plain://me@127.0.0.1:1", 1, "no password for me: set DIGEST_IMAP_PASSWORD"),
    ],
)
def test_what_cannot_be_read_is_one_line(newsletter: Make, target: str, code: int, told: str) -> None:
    result = newsletter().run("feedback", "read", target)
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.output
    assert "s3cret" not in result.output


def test_one_letter_comes_through_a_pipe(newsletter: Make) -> None:
    folder = sent_newsletter(newsletter)
    with connect(folder.path / "digest.db") as store:
        data = bounce(Office(folder, store).path(R1))
    command = ["--home", str(folder.path), "feedback", "read", "-"]
    for told in ("1 letter: 1 hard\n", "0 letters\n"):
        result = CliRunner().invoke(main, command, input=data)
        assert (result.exit_code, result.stdout.endswith(told)) == (0, True)


@pytest.mark.parametrize("target", ["-", "maildir:", "pop3://x", "imaps://me:s3cret@mail.example"])
def test_the_settings_name_a_mailbox_that_can_be_read_again_and_again(newsletter: Make, target: str) -> None:
    folder = newsletter()
    folder.append("digest.toml", f"\n[feedback]\nmailbox = {json.dumps(target)}\n")
    result = folder.run("check")
    assert result.exit_code == 2
    assert "digest.toml: [feedback]: mailbox: found" in result.output
    assert "s3cret" not in result.output


def test_a_key_is_needed(newsletter: Make) -> None:
    folder = newsletter()
    Path(folder.path / "digest.key").unlink()
    assert folder.run("feedback", "read", "mailbox").exit_code == 2


def test_of_a_letter_from_a_pipe_nobody_is_told_that_it_is_left(newsletter: Make) -> None:
    folder = with_letters(newsletter)
    raw = b"From: someone@example.org\nTo: leave@example.org\nSubject: unsubscribe\n\nplease\n"
    result = CliRunner().invoke(main, ["--home", str(folder.path), "feedback", "read", "-"], input=raw)
    (told, _) = result.stdout.splitlines()
    assert told.endswith("; `digest subscribers remove` takes readers off")
    assert "is left for you" not in told
