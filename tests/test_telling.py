from datetime import timedelta

import pytest

from digest import config
from digest.core import runfile
from digest.store import connect, editions, ledger, told
from digest.telling import tell
from scripted_relay import ScriptedRelay, running
from support import Make
from tellings import NOW, STEP, Web, body, by_relay, edited, hide, letters, run, show, told_now


def test_editors_are_told_once_that_no_source_answered_and_what_to_type(newsletter: Make) -> None:
    folder = edited(newsletter(), 'to = ["editor@example.org", "chief@example.org"]')
    hide(folder)
    for minute in range(4):
        run(folder, NOW + minute * STEP)
    first, second = letters(folder.mails())
    assert {first["To"], second["To"]} == {"editor@example.org", "chief@example.org"}
    assert first["Subject"] == "[Meridian] brief-2026-11-23: held - no source answered"
    assert "The Harbour Post: sources/*.txt: no such file" in body(first)
    assert "digest sources list" in body(first)
    assert "digest send brief" in body(first)
    assert str(folder.path) in body(first)


def test_each_new_reason_is_told_and_an_edition_that_went_well_is_not(newsletter: Make) -> None:
    folder = edited(newsletter())
    hide(folder)
    run(folder)
    show(folder)
    folder.write("templates/brief.mjml.j2", "<mjml><mj-body>\n{{ edition.nothing_such }}</mj-body></mjml>")
    folder.write("templates/brief.txt.j2", "text")
    run(folder, NOW + STEP)
    run(folder, NOW + 2 * STEP)
    for name in ("mjml", "txt"):
        (folder.path / f"templates/brief.{name}.j2").unlink()
    assert run(folder, NOW + 3 * STEP)[0].state == "sent"
    told_of = letters(folder.mails())
    assert sorted(str(each["Subject"]).partition(" - ")[2] for each in told_of) == [
        "it cannot be composed",
        "no source answered",
    ]
    (broken,) = (each for each in told_of if "composed" in each["Subject"])
    assert "brief.mjml.j2" in body(broken)
    assert "digest render brief" in body(broken)
    assert len(folder.mails()) == 3 + 2


def test_too_few_stories_are_told_once_though_their_number_changes(newsletter: Make) -> None:
    folder = edited(newsletter())
    text = (folder.path / "jobs/brief.toml").read_text(encoding="utf-8")
    folder.write("jobs/brief.toml", text.replace("minimum = 1", "minimum = 4"))
    run(folder)
    folder.write("sources/new.txt", "A carmaker in Porto hires\n\nThe carmaker hires two hundred people next year.\n")
    assert "3 new stories" in run(folder, NOW + STEP)[0].reason
    (letter,) = letters(folder.mails())
    assert letter["Subject"] == "[Meridian] brief-2026-11-23: skipped - 2 new stories where the minimum is 4"


def test_a_check_that_holds_an_edition_is_told_with_the_way_out(newsletter: Make) -> None:
    folder = edited(newsletter())
    hide(folder)
    (report,) = run(folder)
    with connect(folder.path / "digest.db") as store, store.writing() as connection:
        connection.execute("UPDATE editions SET reason = 'check', detail = 'links: x' WHERE id = ?", (report.edition,))
    told_now(folder, [report], Web())
    (letter,) = (each for each in letters(folder.mails()) if "check" in each["Subject"])
    assert "digest send brief --force" in body(letter)
    assert f"digest editions stop {report.edition}" in body(letter)


@pytest.mark.parametrize("reason", ["review", "person"])
def test_what_a_person_holds_is_no_trouble(newsletter: Make, reason: str) -> None:
    folder = edited(newsletter(), 'to = ["editor@example.org"]\nreport = "trouble"')
    report = run(folder)[0]
    with connect(folder.path / "digest.db") as store, store.writing() as connection:
        connection.execute("UPDATE editions SET state = 'held', reason = ? WHERE id = ?", (reason, report.edition))
    told_now(folder, [report], Web())
    assert letters(folder.mails()) == []


def test_mails_that_fail_or_wait_are_told_by_domain_and_code_and_never_by_address(newsletter: Make) -> None:
    refusals = ["550 5.1.1 <r0@example.org> is gone", "451 4.7.1 try r1@example.org later"]
    with running(ScriptedRelay(script={"RCPT": refusals})) as relay:
        folder = edited(by_relay(newsletter(recipients=5), relay))
        run(folder)
        run(folder, NOW + timedelta(minutes=1))
        (letter,) = letters(taken.data for taken in relay.taken)
    assert letter["Subject"] == "[Meridian] brief-2026-11-23: sending - 1 failed, 1 deferred"
    told_of = body(letter)
    assert "1 failed 550 5.1.1 at example.org" in told_of
    assert "sent: 3" in told_of
    assert "digest sends retry brief-2026-11-23" in told_of
    assert not [n for n in range(5) if f"r{n}@" in letter.as_string()]


def test_a_report_that_cannot_be_sent_is_sent_when_the_relay_is_back(newsletter: Make) -> None:
    # One refusal of the sender ends the run, one the report of it.
    with running(ScriptedRelay(script={"MAIL": ["550 5.7.1 you may not"] * 2})) as relay:
        folder = edited(by_relay(newsletter(), relay))
        (report,) = run(folder)
        assert (report.exit_code, relay.taken) == (1, [])
        with connect(folder.path / "digest.db") as store:
            assert told.owed(store) == {report.edition: ("undelivered",)}
        assert run(folder, NOW + STEP)[0].state == "sent"
        (letter,) = letters(taken.data for taken in relay.taken)
        run(folder, NOW + 2 * STEP)
        assert len(relay.taken) == 3 + 1
    assert letter["Subject"] == "[Meridian] brief-2026-11-23: sent - mails cannot leave"


def test_one_editor_who_is_refused_does_not_have_the_others_told_again(newsletter: Make) -> None:
    with running(ScriptedRelay(script={"RCPT": ["250 ok"] * 2 + ["451 4.7.1 later"] + ["550 5.1.1 gone"]})) as relay:
        folder = edited(by_relay(newsletter(), relay), 'to = ["gone@example.org", "chief@example.org"]')
        for minute in range(3):
            run(folder, NOW + timedelta(minutes=minute))
        assert relay.recipients.count("chief@example.org") == 1


def test_always_tells_also_of_what_went_well_once(newsletter: Make) -> None:
    folder = edited(newsletter(), 'to = ["editor@example.org"]\nreport = "always"')
    for minute in range(3):
        run(folder, NOW + minute * STEP)
    (letter,) = letters(folder.mails())
    assert letter["Subject"] == "[Meridian] brief-2026-11-23: sent - 3 of 3 sent"


@pytest.mark.parametrize("editors", ['to = ["editor@example.org"]\nreport = "never"', "to = []"])
def test_nobody_is_told_who_does_not_want_it(newsletter: Make, editors: str) -> None:
    folder = edited(newsletter(), editors)
    hide(folder)
    run(folder)
    assert folder.mails() == []


def test_an_edition_that_expired_is_told(newsletter: Make) -> None:
    with running(ScriptedRelay(script={"RCPT": ["451 4.7.1 later"] * 2})) as relay:
        folder = edited(by_relay(newsletter(recipients=2), relay))
        (first,) = run(folder)
        news = config.load(folder.path)
        with connect(news.database) as store:
            with runfile.begin(runfile.folder(store.path)) as begun:
                terms = ledger.Terms(run=begun, tag=str)
                ledger.exchange(store, first.edition, terms, (), 1, NOW + timedelta(hours=49))
            ledger.finish(store, first.edition)
            assert editions.listed(store)[0].state == "expired"
            tell(news, store, [first], NOW, Web().fetch)
        assert any("2 expired" in str(each["Subject"]) for each in letters(taken.data for taken in relay.taken))
