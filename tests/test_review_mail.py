"""What editors and testers get in their inbox, and that nobody else's address stands in it."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import editors, message
from digest.core.mail import Image, Rendered
from digest.store import decisions, editions
from reviews import EDITION, EDITOR, code, mails_to, message_ids, moment, opened, parsed, part, readers, reviewed, state
from scripted_relay import ScriptedRelay, running
from support import Folder, Make
from tellings import by_relay
from test_slots_sent import at

MARK = "0123456789abcdef"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=300)
ODD = "Später größer: 100 % mehr für die Häfen an der Ostsee, sagt Bürgermeisterin Müller-Lüdenscheidt heute früh"


def shown(newsletter: Make, how: str = "30m", editors: str = EDITOR) -> Folder:
    """A newsletter with one edition under review."""
    folder = reviewed(newsletter(), how, editors)
    at(folder, "2026-11-23T07:00", "brief")
    return folder


def ledger(folder: Folder) -> list[str]:
    """All that the database says."""
    with opened(folder) as store:
        return list(store.connection.iterdump())


@pytest.mark.parametrize(
    ("how", "told"), [("30m", "Goes out at 07:30 (UTC) unless somebody holds it."), ("hold", "Waits for approval.")]
)
def test_editors_see_the_edition_and_what_to_type_in_both_parts(newsletter: Make, how: str, told: str) -> None:
    folder = shown(newsletter, how)
    (mail,) = mails_to(folder, EDITOR)
    assert mail["Subject"] == "[Review] Aurel prices its electric van below its rivals"
    assert mail["From"] == "Meridian <brief@news.example.org>"
    assert str(mail["Message-ID"]).startswith("<review.")
    typed = [
        f"digest editions approve {EDITION} --seen {code(folder)}",
        f"digest editions edit {EDITION} --subject TEXT --intro FILE",
        "digest articles drop ID",
    ] + ([f"digest editions hold {EDITION}"] if how == "30m" else [])
    text, page = part(mail, "plain"), part(mail, "html")
    body = page[page.index("<body") :]
    for each in (told, *typed, "Aurel prices its electric van"):
        assert each in text
        assert each in body
    assert text.startswith(told)
    assert body.index(told) < body.index("Meridian")
    assert ("editions hold" in text) is (how == "30m")


def test_no_subscriber_stands_in_a_mail_to_editors_or_testers(newsletter: Make) -> None:
    folder = shown(newsletter)
    assert folder.run("editions", "send", EDITION, "--to", "me@example.org").exit_code == 0
    mails = folder.mails()
    assert len(mails) == 2
    for mail in mails:
        read = parsed(mail)
        assert not any(f"r{number}@" in mail.decode() + part(read, "plain") + part(read, "html") for number in range(3))
        assert "unsubscribe%20" not in mail.decode()


def test_each_editor_gets_a_mail_of_his_own(newsletter: Make) -> None:
    folder = shown(newsletter, editors='chief@example.org", "deputy@example.org')
    first, second = mails_to(folder, "chief|deputy")
    assert first["Message-ID"] != second["Message-ID"]
    assert {first["To"], second["To"]} == {"chief@example.org", "deputy@example.org"}


def test_without_editors_there_is_a_warning_and_a_line_of_the_log(
    newsletter: Make, caplog: pytest.LogCaptureFixture
) -> None:
    folder = reviewed(newsletter(), "hold", "")
    with caplog.at_level(logging.INFO, "digest.editors"):
        (report,) = at(folder, "2026-11-23T07:00", "brief")
    assert report.warnings == (f"{EDITION} waits for review and nobody is told: [editors] to in digest.toml is empty",)
    assert (report.state, report.exit_code) == ("held", 0)
    waiting = [each for each in caplog.records if each.message == "edition waits for review"]
    assert [vars(each)["edition"] for each in waiting] == [EDITION]
    assert folder.mails() == []


def test_when_the_editors_cannot_be_told_there_is_a_warning_and_the_edition_waits(newsletter: Make) -> None:
    with running(ScriptedRelay(refused={EDITOR: "550 5.1.1 no such user"})) as relay:
        folder = by_relay(reviewed(newsletter()), relay)
        (report,) = at(folder, "2026-11-23T07:00", "brief")
        assert len(report.warnings) == 1
        assert report.warnings[0].startswith("the editors were not told: 1 of 1 mails did not go")
        assert (state(folder), report.exit_code, relay.taken) == (("ready", ""), 0, [])
        at(folder, "2026-11-23T07:30")
    assert relay.taken == []


def test_when_the_mail_cannot_be_signed_the_edition_waits_all_the_same(newsletter: Make) -> None:
    folder = reviewed(newsletter())
    settings = (folder.path / "digest.toml").read_text(encoding="utf-8")
    folder.write("digest.toml", settings.replace("[delivery]\n", '[delivery]\ndkim = "s1:no-such-key.pem"\n'))
    (report,) = at(folder, "2026-11-23T07:00", "brief")
    assert report.warnings[0].startswith("the editors were not told: ")
    assert state(folder) == ("ready", "")


@pytest.mark.parametrize("subject", ["Plain and short", ODD, "=?utf-8?q?no?= word", "a" * 120])
def test_a_test_is_marked_whatever_the_subject_and_is_no_send(newsletter: Make, subject: str) -> None:
    folder = shown(newsletter)
    assert folder.run("editions", "edit", EDITION, "--subject", subject).exit_code == 0
    before = ledger(folder)
    for _ in range(2):
        result = folder.run("editions", "send", EDITION, "--to", "Me@Example.org")
        assert result.exit_code == 0, result.output
    assert ledger(folder) == before
    first, second = mails_to(folder, "Me@example.org")
    assert first["Subject"] == second["Subject"] == f"[TEST] {subject}"
    known = {first["Message-ID"], second["Message-ID"], *message_ids(folder).values()}
    assert len(known) == 5
    assert all(
        len(line) <= 78 or b" " not in line.strip() for line in folder.mails()[-1].split(b"\r\n\r\n")[0].split(b"\r\n")
    )
    assert readers(folder) == []


def test_a_subscriber_who_gets_a_test_gets_the_edition_too(newsletter: Make) -> None:
    folder = shown(newsletter)
    folder.run("editions", "send", EDITION, "--to", "r0@example.org")
    at(folder, "2026-11-23T07:30")
    assert [mail["Subject"][:6] for mail in mails_to(folder, "r0@")] == ["Aurel ", "[TEST]"]


def test_a_test_of_what_was_sent_is_possible_and_of_what_has_no_mails_is_not(newsletter: Make) -> None:
    folder = shown(newsletter)
    at(folder, "2026-11-23T07:30")
    assert folder.run("editions", "send", EDITION, "--to", "me@example.org").exit_code == 0
    with opened(folder) as store, store.writing() as connection:
        connection.execute("UPDATE sends SET state = 'queued'")
        connection.execute("UPDATE editions SET state = 'ready'")
    with opened(folder) as store:
        assert decisions.reopen(store, EDITION, "1-dead")
    result = folder.run("editions", "send", EDITION, "--to", "me@example.org")
    assert (result.exit_code, "it has no mails" in result.stderr) == (2, True)


def test_a_test_that_no_relay_takes_failed(newsletter: Make) -> None:
    with running(ScriptedRelay(refused={"me@example.org": "550 5.1.1 no such user"})) as relay:
        folder = by_relay(shown(newsletter), relay)
        result = folder.run("editions", "send", EDITION, "--to", "me@example.org")
    assert (result.exit_code, "no such user" in result.stderr) == (1, True)
    assert len(result.stderr.splitlines()) == 1


@given(
    before=TEXTS,
    after=TEXTS,
    text=TEXTS,
    pictures=st.lists(st.binary(min_size=1, max_size=200), max_size=3),
)
def test_a_frozen_mail_is_read_back_as_it_was_rendered(
    before: str, after: str, text: str, pictures: list[bytes]
) -> None:
    link = message.reader(MARK).unsubscribe
    images = tuple(Image(hash=f"{n:064x}", data=data, width=1, height=1) for n, data in enumerate(pictures))
    rendered = Rendered(
        subject="", preheader="", html=f"{before}{link}{after}", text=f"{text}{link}{text}", pictures=images
    )
    headers = message.Headers(
        edition=EDITION, sender="a@example.org", date=moment("2026-11-23T07:00"), list_id="<brief.example.org>"
    )
    frozen = message.freeze(rendered, headers, MARK)
    found = editors.thawed("", editions.Body(variant="", mark=MARK, data=frozen.data))
    assert message.freeze(found, headers, MARK) == frozen
