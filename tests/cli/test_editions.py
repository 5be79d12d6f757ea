"""`digest editions`: what it shows of an edition that waits, and what it refuses."""

import subprocess
import sys

import pytest

from digest.store import connect
from stored import frozen, set_edition
from support import DIGEST, Folder, Make


def shown(newsletter: Make, how: str = "hold") -> tuple[Folder, str]:
    """A newsletter with one edition under review, and its id."""
    folder = newsletter()
    folder.append("jobs/brief.toml", f'review = "{how}"\n')
    assert folder.run("send", "brief").exit_code == 0
    return folder, str(folder.json("editions", "list")[0]["id"])


def code(folder: Folder, edition: str) -> str:
    return folder.run("editions", "show", edition).stdout.partition("\ncode ")[2][:8]


@pytest.mark.parametrize(("how", "state", "reason"), [("hold", "held", "review"), ("30m", "ready", "")])
def test_a_send_that_ends_under_review_is_done_and_says_what_comes(
    newsletter: Make, how: str, state: str, reason: str
) -> None:
    folder = newsletter()
    folder.append("jobs/brief.toml", f'review = "{how}"\n')
    result = folder.run("send", "brief", "--json")
    assert result.exit_code == 0
    (job,) = folder.json("send", "brief")["jobs"]
    assert (job["state"], job["recipients"], job["sent"]) == (state, 3, 0)
    assert f"digest editions approve {job['edition']}" in job["reason"]
    (row,) = folder.json("editions", "list")
    assert (row["state"], row["reason"]) == (state, reason)
    line = folder.run("editions", "list").stdout
    assert (job["edition"] in line, state in line, reason in line) == (True, True, True)


def with_letters(newsletter: Make) -> Folder:
    """A newsletter with one edition, and letters of two kinds."""
    folder = newsletter()
    folder.run("send", "brief")
    with connect(folder.path / "digest.db") as store:
        for kind in ("confirm", "welcome"):
            letter = frozen(store, 1, job=f"brief.{kind}")
            set_edition(store, letter, "sent")
    return folder


def test_letters_to_single_readers_are_counted_and_listed_when_asked_for(newsletter: Make) -> None:
    folder = with_letters(newsletter)
    listed = folder.run("editions", "list")
    assert [line.split("\t")[1] for line in listed.stdout.splitlines()] == ["brief"]
    assert listed.stderr == "left out: 2 mailings of letters to single readers; --letters shows them\n"
    asked = folder.run("editions", "list", "--letters")
    assert sorted(line.split("\t")[1] for line in asked.stdout.splitlines()) == [
        "brief",
        "brief.confirm",
        "brief.welcome",
    ]
    assert asked.stderr == ""
    assert len(folder.json("editions", "list")) == 3


def test_what_is_known_of_letters_is_shown(newsletter: Make) -> None:
    folder = with_letters(newsletter)
    (letter,) = [row["id"] for row in folder.json("editions", "list") if row["job"] == "brief.confirm"]
    assert folder.run("editions", "show", letter).stdout.splitlines() == [
        f"{letter}  sent",
        "letters of brief that ask whoever signed up to confirm: 1 recipient, queued 1",
        "subject: Subject",
        "composed: 2026-11-23 07:00",
        f"`digest report {letter}` names the recipients",
    ]
    shown = folder.json("editions", "show", letter)
    assert (shown["id"], shown["state"], shown["recipients"], shown["counts"]) == (letter, "sent", 1, {"queued": 1})


def test_show_has_the_code_and_the_ids_that_corrections_take(newsletter: Make) -> None:
    folder, edition = shown(newsletter)
    told = folder.run("editions", "show", edition).stdout
    assert "waits for review" in told
    assert len(code(folder, edition)) == 8
    for each in folder.json("articles", "list"):
        assert f"    {each['id'][:12]}: " in told
    folder.run("editions", "approve", edition, "--seen", code(folder, edition))
    folder.run("send")
    assert "\ncode " not in folder.run("editions", "show", edition).stdout


def test_approval_without_a_code_shows_the_edition_and_asks(newsletter: Make) -> None:
    folder, edition = shown(newsletter)
    command = [*DIGEST, "--home", str(folder.path), "editions", "approve", edition]
    seen = code(folder, edition)
    for answer, after in (("n\n", "held"), ("y\n", "sending")):
        asked = subprocess.run(command, input=answer, capture_output=True, text=True, check=False)
        assert f"3 recipients, code {seen}" in asked.stdout
        assert "Send this?" in asked.stderr
        assert (f"digest: {edition}: not approved, nothing was sent\n" in asked.stderr) == (answer == "n\n")
        assert folder.json("editions", "list")[0]["state"] == after


@pytest.mark.parametrize("state", ["composing", "sent", "partial", "skipped", "stopped", "expired"])
@pytest.mark.parametrize("arguments", [("hold",), ("approve", "--seen", "01234567"), ("edit", "--subject", "New")])
def test_what_does_not_wait_is_left_alone_in_one_clear_line(
    newsletter: Make, state: str, arguments: tuple[str, ...]
) -> None:
    folder, edition = shown(newsletter)
    with connect(folder.path / "digest.db") as store:
        set_edition(store, edition, state)
    result = folder.run("editions", arguments[0], edition, *arguments[1:])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert f"{edition}: {state}; only what" in result.stderr or "another run composes it" in result.stderr
    assert folder.json("editions", "list")[0]["state"] == state


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("edit",), "nothing to change: say --title, --subject or --intro"),
        (("edit", "--intro", "latin.md"), "--intro: latin.md: not UTF-8"),
        (("edit", "--intro", "long.md"), "--intro: long.md: 6,000 characters; allowed are 5,000"),
        (("edit", "--intro", "missing.md"), "missing.md"),
        (("edit", "--intro", "."), "."),
        (
            ("approve", "--seen", "0"),
            "it was changed since it had the code 0, or the code is mistyped; `digest editions",
        ),
        (("send", "--to", "nobody"), "nobody"),
        (("send",), "Missing option '--to'"),
    ],
)
def test_wrong_use_is_one_clear_line_and_changes_nothing(
    newsletter: Make, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    folder, edition = shown(newsletter)
    monkeypatch.chdir(folder.path)
    (folder.path / "latin.md").write_bytes(b"caf\xe9")
    folder.write("long.md", "a" * 6_000)
    before = code(folder, edition)
    result = folder.run("editions", arguments[0], edition, *arguments[1:])
    assert result.exit_code == 2
    assert told in result.stderr.splitlines()[-1]
    assert code(folder, edition) == before
    assert folder.mails() == []


def test_a_wrong_code_is_not_answered_with_the_right_one(newsletter: Make) -> None:
    folder, edition = shown(newsletter)
    refused = folder.run("editions", "approve", edition, "--seen", "01234567")
    assert (refused.exit_code, f"`digest editions show {edition}`" in refused.stderr) == (2, True)
    assert code(folder, edition) not in refused.output


def test_an_edition_that_is_held_already_may_be_held_again(newsletter: Make) -> None:
    folder, edition = shown(newsletter, "30m")
    for told in ("held", "already held", "already held"):
        result = folder.run("editions", "hold", edition)
        assert (result.exit_code, result.stdout.partition(";")[0]) == (0, f"{edition}: {told}")


def test_a_change_names_the_code_of_what_it_made(newsletter: Make) -> None:
    folder, edition = shown(newsletter)
    before = code(folder, edition)
    told = folder.run("editions", "edit", edition, "--subject", "New").stdout
    assert code(folder, edition) != before
    assert f"{edition}: composed anew - held, code {code(folder, edition)}, waits for review" in told


def test_a_test_to_an_outbox_says_where_it_lies(newsletter: Make) -> None:
    folder, edition = shown(newsletter)
    told = folder.run("editions", "send", edition, "--to", "me@example.org").stdout
    assert told == f"{edition}: a test for me@example.org was written to {folder.path / 'outbox/new'}\n"


def test_a_bare_send_names_what_is_held(newsletter: Make) -> None:
    folder, edition = shown(newsletter)
    for reason in ("waits for review", "held by a person"):
        told = folder.run("send")
        assert (told.exit_code, f"{edition}: held" in told.stdout, reason in told.stdout) == (0, True, True)
        assert [job["edition"] for job in folder.json("send")["jobs"]] == [edition]
        folder.run("editions", "hold", edition)


@pytest.mark.parametrize("command", ["hold", "approve", "show", "stop"])
def test_an_edition_that_does_not_exist_is_one_clear_line(newsletter: Make, command: str) -> None:
    folder, _ = shown(newsletter)
    result = folder.run("editions", command, "no-such")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_an_introduction_is_read_from_standard_input_too(newsletter: Make) -> None:
    folder, edition = shown(newsletter)
    command = [sys.executable, "-m", "digest", "--home", str(folder.path), "editions", "edit", edition, "--intro", "-"]
    before = code(folder, edition)
    subprocess.run(command, input="Good *morning*", text=True, check=True, capture_output=True)
    assert code(folder, edition) != before


def test_a_change_that_cannot_be_composed_fails(newsletter: Make) -> None:
    folder, edition = shown(newsletter)
    folder.write("templates/brief.mjml.j2", "<mjml><mj-body>\n{{ edition.nothing_such }}</mj-body></mjml>")
    folder.write("templates/brief.txt.j2", "text")
    result = folder.run("editions", "edit", edition, "--subject", "New")
    assert (result.exit_code, "brief.mjml.j2" in result.stdout) == (1, True)
    assert (folder.json("editions", "list")[0]["reason"], folder.mails()) == ("error", [])
    for name in ("mjml", "txt"):
        (folder.path / f"templates/brief.{name}.j2").unlink()
    assert folder.run("send", "brief").exit_code == 0
    found = folder.json("editions", "list")[0]
    assert (found["state"], found["reason"], found["subject"]) == ("held", "review", "New")
    assert folder.mails() == []


def test_bytes_that_are_no_text_are_taken_from_a_subject(newsletter: Make) -> None:
    folder, edition = shown(newsletter)
    command = [*DIGEST, "--home", str(folder.path), "editions", "edit", edition, "--subject"]
    subprocess.run([*map(str.encode, command), b"caf\xe9 now"], check=True, capture_output=True)
    assert folder.json("editions", "list")[0]["subject"] == "caf now"


def test_what_was_sent_is_not_offered_for_approval(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("send", "brief")
    edition = folder.json("report")["edition"]
    refused = folder.run("editions", "approve", edition)
    assert refused.exit_code == 2
    assert refused.stderr == f"digest: {edition}: sent; only what is under review or held can be approved\n"
