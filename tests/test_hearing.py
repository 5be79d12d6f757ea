"""What comes back is believed when it proves that it is about a mail of ours, and not otherwise."""

from collections.abc import Iterator

import pytest

from digest import recipients
from digest.core import runfile, tokens
from digest.core.tokens import Key
from digest.hearing import Tally
from digest.store import connect, feedback
from returned import (
    BASE,
    FULL,
    R0,
    R1,
    R2,
    REFUSED,
    Office,
    bounce,
    complaint,
    letter,
    marked,
    opened,
    put,
    sent,
    sent_newsletter,
    words,
)
from scripted_imap import running
from support import Folder, Make


@pytest.fixture
def office(newsletter: Make) -> Iterator[Office]:
    with opened(sent_newsletter(newsletter)) as found:
        yield found


def test_one_proven_hard_bounce_suppresses_the_address_that_was_mailed(office: Office) -> None:
    (heard,) = office.hear(bounce(office.path(R1), about="forwarded@elsewhere.example"))
    assert (heard.word, heard.effect) == ("hard", "suppressed")
    assert heard.about
    assert heard.about.email == R1
    assert office.suppressed() == {R1: "bounced"}
    assert office.states() == ["active", "bounced", "active"]
    assert marked(office.folder) == 1


def test_it_is_never_mailed_again_by_any_job_and_its_mail_stays_sent(office: Office) -> None:
    office.hear(bounce(office.path(R1)))
    folder = office.folder
    folder.write("jobs/weekly.toml", (folder.path / "jobs" / "brief.toml").read_text(encoding="utf-8"))
    assert folder.run("send", "weekly").exit_code == 0
    assert [row["email"] for row in folder.json("report")["rows"]] == [R0, R2]
    first = sent(office.store, R1)[0]
    assert [row["state"] for row in folder.json("report", first)["rows"]] == ["sent"] * 3
    (kept,) = feedback.reports_of(office.store, first).values()
    assert kept.words == "bounced later: 550 5.1.1 <***@elsewhere.example>: User unknown"
    assert sum(f"\r\nTo: {R1}".encode() in mail for mail in folder.mails()) == 1


def test_a_running_send_is_told(office: Office) -> None:
    with runfile.begin(runfile.folder(office.store.path)) as run:
        before = run.changes()
        office.hear(bounce(office.path(R1), FULL))
        assert run.changes() == before
        office.hear(bounce(office.path(R1)))
        assert run.changes() == before + 1


def test_a_thousand_forged_bounces_suppress_nobody(office: Office) -> None:
    edition, number, _ = sent(office.store, R0)
    stranger, other = Key(b"s" * 64), sent(office.store, R1)[1]
    mine = recipients.return_path(office.key, BASE, edition, other)
    tag = mine.partition("@")[0].rpartition("-")[2]
    begun = f"bounces+{recipients.short(edition)}"
    paths = [
        f"{begun}-{number}-{'0' * 20}@news.example.org",
        f"{begun}-{number}-{office.key.id}{'0' * 16}@news.example.org",
        f"{begun}-{number}-{tag}@news.example.org",  # another reader's
        recipients.return_path(stranger, BASE, edition, number),
        recipients.return_path(office.key, BASE, "brief-2020-01-01", number),
        recipients.return_path(office.key, BASE, edition, 99),
        f"{begun}-{number}@news.example.org",
        BASE,
    ]
    name = f"<{edition}.{stranger.tag('message-id', edition, R0)}@news.example.org>"
    original = f"To: {R0}\nMessage-ID: {name}\n\nHi"
    both = [(bounce(to, about=R0, original=original), complaint(to, original=original)) for to in paths]
    letters = [each for pair in both for each in pair] * 65
    assert len(letters) > 1_000
    heard = office.hear(*letters)
    assert set(words(heard)) == {"naming a mail of ours without proof"}
    assert len(heard) == len(letters)
    assert (office.suppressed(), office.states(), marked(office.folder)) == ({}, ["active"] * 3, 0)
    assert office.store.rows("SELECT count(*) FROM feedback")[0][0] == 0


def test_who_knows_only_his_own_mail_can_report_nobody_else(office: Office) -> None:
    own = f"Message-ID: {office.message_id(R1)}\nTo: {R0}\n\nHi"
    (heard,) = office.hear(bounce(BASE, about=R0, original=own))
    assert heard.about
    assert heard.about.email == R1
    assert office.suppressed() == {R1: "bounced"}


def test_what_a_former_key_signed_still_counts(office: Office) -> None:
    to, name = office.path(R1), office.message_id(R2)
    home = office.folder.path
    (home / "digest.key").rename(home / tokens.FORMER_KEYS)
    tokens.make_key(home)
    heard = office.hear(bounce(to), complaint(BASE, original=f"Message-ID: {name}\n\nHi"))
    assert words(heard) == ["hard", "complained"]
    assert office.suppressed() == {R1: "bounced", R2: "complained"}


@pytest.mark.parametrize("recipient", [R1, "redacted@provider.example"])
def test_a_message_id_of_ours_proves_it_too(office: Office, recipient: str) -> None:
    original = f"Message-ID: {office.message_id(R1)}\nSubject: The day\n\nHi"
    (heard,) = office.hear(bounce("postmaster@news.example.org", about=recipient, original=original))
    assert (heard.word, heard.effect) == ("hard", "suppressed")
    assert office.suppressed() == {R1: "bounced"}


def test_a_complaint_ends_every_subscription_of_the_address(office: Office) -> None:
    office.folder.run("subscribers", "add", R1, "--job", "brief")
    with office.store.writing() as connection:
        connection.execute(
            "INSERT INTO subscribers (job, address, email, name, state, source, created, changed, topics) "
            "SELECT 'weekly', address, email, name, 'active', source, created, changed, topics FROM subscribers"
        )
    (heard,) = office.hear(complaint(office.path(R1)))
    assert (heard.word, heard.effect) == ("complained", "suppressed")
    assert office.suppressed() == {R1: "complained"}
    assert office.states() == ["active", "complained", "active"] * 2
    withdrawn = office.store.rows("SELECT withdrawal FROM consents WHERE withdrawn <> ''")
    assert [row[0] for row in withdrawn] == ["complaint"]


def test_a_complaint_outweighs_a_bounce(office: Office) -> None:
    office.hear(bounce(office.path(R1)), complaint(office.path(R1)))
    assert office.suppressed() == {R1: "complained"}
    assert office.states() == ["active", "complained", "active"]


@pytest.mark.parametrize("said", [FULL, REFUSED])
def test_one_soft_bounce_suppresses_nobody(office: Office, said: str) -> None:
    (heard,) = office.hear(bounce(office.path(R1), said))
    assert (heard.word, heard.effect) == ("soft", "counted" if said == FULL else "kept")
    assert (office.suppressed(), office.states()) == ({}, ["active"] * 3)


def test_no_letter_counts_twice(office: Office) -> None:
    data = bounce(office.path(R1))
    assert [each.effect for each in office.hear(data, data)] == ["suppressed", "kept"]
    assert office.read() == []
    assert office.store.rows("SELECT count(*) FROM feedback")[0][0] == 2
    for path in (office.folder.path / "mailbox" / "cur").glob("17*"):
        path.rename(path.with_name(path.name.removesuffix("PS")))  # somebody takes our mark away
    assert office.read() == []


def everything(folder: Folder) -> tuple[list[str], list[str]]:
    """All that the database says, and the names of all letters."""
    with connect(folder.path / "digest.db") as store:
        dump = list(store.connection.iterdump())
    return dump, sorted(str(path) for path in (folder.path / "mailbox").rglob("*"))


def test_a_dry_run_says_what_the_letters_are_and_changes_nothing(office: Office) -> None:
    put(office.folder, [bounce(office.path(R1)), complaint(office.path(R2)), letter(BASE, "Hello")])
    before = everything(office.folder)
    heard = office.read(dry_run=True)
    assert words(heard) == ["hard", "complained", "nothing of ours"]
    assert [each.effect for each in heard] == [None] * 3
    assert everything(office.folder) == before
    assert words(office.read(dry_run=True)) == words(heard)


def test_a_reading_that_is_stopped_goes_on_next_time(office: Office) -> None:
    put(office.folder, [letter(BASE, str(number)) for number in range(10)])
    assert [len(office.read(stopping=lambda: True)) for _ in range(3)] == [1, 1, 1]
    assert len(office.read()) == 7


def test_more_than_a_thousand_are_read_at_once_in_transactions_of_a_hundred(office: Office) -> None:
    put(office.folder, [letter(BASE, str(number)) for number in range(1_050)])
    told: list[str] = []
    office.store.connection.set_trace_callback(told.append)
    assert len(office.read()) == 1_050
    assert told.count("BEGIN IMMEDIATE") == 11


def test_letters_too_many_of_which_are_bounces_are_an_alarm(newsletter: Make) -> None:
    with opened(sent_newsletter(newsletter, 30)) as office:
        edition = sent(office.store, R0)[0]
        emails = [f"r{number}@example.org" for number in range(10)]
        tally = Tally()
        for heard in office.hear(*(bounce(office.path(email)) for email in emails[:9])):
            tally.add(heard)
        assert list(tally.alarms(office.store)) == []
        for heard in office.hear(bounce(office.path(emails[9]), REFUSED), letter(BASE, "Hello")):
            tally.add(heard)
        (alarm,) = tally.alarms(office.store)
        assert alarm.startswith(f"{edition}: 10 of 30 mails bounced")
        assert str(tally) == "11 letters: 9 hard, 1 soft, 1 nothing of ours"


def test_what_was_read_before_the_mailbox_failed_is_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", "c4nary")
    data = bounce(office.path(R1))

    def only_the_first(command: str) -> Iterator[bytes]:
        tag, *_, uid, _ = command.split(" ", 4)
        if uid != "11":
            raise ConnectionError
        yield f"* 1 FETCH (UID {uid} RFC822.SIZE {len(data)} BODY[]<0> {{{len(data)}}}\r\n".encode() + data
        yield f")\r\n{tag} OK done\r\n".encode()

    with running({"UID FETCH": only_the_first}) as server:
        result = office.folder.run("feedback", "read", server.target)
        assert (result.exit_code, "1 letter: 1 hard" in result.output) == (3, True)
        assert "not read to the end: mailbox 127.0.0.1" in result.output
        assert office.suppressed() == {R1: "bounced"}
        again = office.folder.run("feedback", "read", server.target)
        assert (again.exit_code, again.stdout) == (1, "")
