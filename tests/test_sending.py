import email
import email.policy

import pytest

from support import Make

HEADERS = [
    *("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"),
    *("Auto-Submitted", "Precedence", "Feedback-ID", "MIME-Version", "Content-Type"),
]


def test_every_recipient_gets_one_mail_with_html_and_text(newsletter: Make) -> None:
    folder = newsletter()
    assert folder.run("send", "brief").exit_code == 0
    mails = [email.message_from_bytes(mail, policy=email.policy.default) for mail in folder.mails()]
    assert sorted(str(mail["To"]) for mail in mails) == ["r0@example.org", "r1@example.org", "r2@example.org"]
    for mail in mails:
        text, html = (part.get_content() for part in mail.iter_parts())
        for title in ("Aurel prices its electric van below its rivals", "Four savings banks settle a bond"):
            assert title in " ".join(text.split())
            assert title in html


def test_a_second_send_mails_nobody_and_says_why(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("send", "brief")
    before = folder.mails()
    again = folder.run("send", "brief")
    assert again.exit_code == 0
    assert "already sent" in again.stdout
    assert folder.mails() == before


def test_report_lists_every_recipient_and_its_counts_add_up(newsletter: Make) -> None:
    folder = newsletter(recipients=7)
    folder.run("send", "brief")
    report = folder.json("report")
    assert report["counts"] == {"sent": 7}
    assert report["recipients"] == len(report["rows"]) == 7
    assert {row["message_id"].encode() for row in report["rows"]} == {
        line.removeprefix(b"Message-ID: ")
        for mail in folder.mails()
        for line in mail.split(b"\r\n")
        if line[:11] == b"Message-ID:"
    }


def test_send_json_has_the_promised_keys(newsletter: Make) -> None:
    folder = newsletter()
    (job,) = folder.json("send", "brief")["jobs"]
    assert list(job) == [
        *("job", "slot", "edition", "state", "recipients", "sent", "deferred", "failed", "uncertain"),
        *("warnings", "reason"),
    ]
    assert (job["state"], job["sent"], job["reason"]) == ("sent", 3, "")


def test_a_dry_run_records_and_sends_nothing(newsletter: Make) -> None:
    folder = newsletter()
    (job,) = folder.json("send", "brief", "--dry-run")["jobs"]
    assert (job["state"], job["recipients"]) == ("ready", 3)
    assert folder.mails() == []
    assert folder.json("editions", "list") == []
    assert folder.json("subscribers", "list") == []


def test_one_who_left_gets_nothing_and_the_jobs_file_does_not_bring_the_person_back(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("send", "brief", "--dry-run")
    folder.run("subscribers", "add", "r1@example.org", "--job", "brief")
    assert folder.run("subscribers", "remove", "R1@Example.org", "--job", "brief").exit_code == 0
    folder.run("send", "brief")
    assert sorted(row["email"] for row in folder.json("report")["rows"]) == ["r0@example.org", "r2@example.org"]


def test_one_failing_source_stops_nothing_and_is_named(newsletter: Make) -> None:
    folder = newsletter()
    folder.append("digest.toml", '\n[[sources]]\npath = "gone/*.xml"\n')
    (job,) = folder.json("send", "brief")["jobs"]
    assert job["state"] == "sent"
    assert any("gone/*.xml" in warning for warning in job["warnings"])


def test_no_source_at_all_holds_the_edition_until_one_answers(newsletter: Make) -> None:
    folder = newsletter()
    aside = folder.path / "aside"
    (folder.path / "sources").rename(aside)
    failed = folder.run("send", "brief")
    assert failed.exit_code == 1
    assert "no source answered" in failed.stdout
    assert [e["state"] for e in folder.json("editions", "list")] == ["held"]
    aside.rename(folder.path / "sources")
    assert folder.run("send", "brief").exit_code == 0
    assert [e["state"] for e in folder.json("editions", "list")] == ["sent"]


def test_too_few_stories_skip_the_edition_until_there_are_enough(newsletter: Make) -> None:
    folder = newsletter()
    folder.append("jobs/brief.toml", "")
    text = (folder.path / "jobs/brief.toml").read_text().replace("minimum = 1", "minimum = 3")
    folder.write("jobs/brief.toml", text)
    (job,) = folder.json("send", "brief")["jobs"]
    assert (job["state"], job["reason"]) == ("skipped", "2 new stories where the minimum is 3")
    folder.write(
        "sources/new.txt", "A carmaker in Porto hires\n\nThe carmaker hires two hundred people for its new line.\n"
    )
    (job,) = folder.json("send", "brief")["jobs"]
    assert (job["state"], job["sent"]) == ("sent", 3)


def test_a_broken_template_holds_the_edition_and_says_where(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("templates/brief.mjml.j2", "<mjml><mj-body>\n{{ edition.nothing_such }}</mj-body></mjml>")
    folder.write("templates/brief.txt.j2", "text")
    failed = folder.run("send", "brief")
    assert failed.exit_code == 1
    assert "brief.mjml.j2" in failed.stdout
    assert "Traceback" not in failed.output
    assert folder.mails() == []
    (folder.path / "templates/brief.mjml.j2").unlink()
    (folder.path / "templates/brief.txt.j2").unlink()
    assert folder.run("send", "brief").exit_code == 0
    assert len(folder.mails()) == 3


def test_an_unwritable_outbox_fails_before_anything_is_recorded(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("outbox", "a file where the folder should be")
    failed = folder.run("send", "brief")
    assert failed.exit_code == 1
    assert "outbox" in failed.stderr
    assert folder.json("editions", "list") == []


def test_nobody_subscribed_skips_and_says_how_to_add_somebody(newsletter: Make) -> None:
    folder = newsletter(recipients=0)
    (job,) = folder.json("send", "brief")["jobs"]
    assert job["state"] == "skipped"
    assert "digest subscribers add" in job["reason"]
    folder.run("subscribers", "add", "a@example.org", "--job", "brief")
    (job,) = folder.json("send", "brief")["jobs"]
    assert (job["state"], job["sent"]) == ("sent", 1)


@pytest.mark.parametrize(
    "title",
    [
        "Carmaker =?utf-8?q?x=0D=0ABcc:_x@example.org?= opens",
        "Carmaker <script>alert(1)</script> opens",
        "Carmaker {{ 70003*70003 }} and {% raw %} opens",
        "Carmaker %%UNSUB%% opens",
        "Carmaker \u202eopens\x00 \x1ba door",
        "Carmaker " + "wheel " * 1000,
        "Carmaker </mj-text><mj-raw><b> opens",
    ],
)
def test_a_hostile_title_is_shown_as_text_and_adds_no_header(newsletter: Make, title: str) -> None:
    folder = newsletter(recipients=1)
    for path in (folder.path / "sources").glob("*"):
        path.unlink()
    folder.write("sources/odd.txt", f"{title}\n\nThe carmaker opens a second factory in the old harbour next year.\n")
    assert folder.run("send", "brief").exit_code == 0
    (mail,) = folder.mails()
    parsed = email.message_from_bytes(mail, policy=email.policy.default)
    assert parsed.keys() == HEADERS
    text, html = (part.get_content() for part in parsed.iter_parts())
    assert "<script" not in html
    assert "4900420009" not in text
    shown = folder.json("editions", "show", folder.json("editions", "list")[0]["id"])["sections"][0]["stories"][0][
        "title"
    ]
    assert shown.startswith("Carmaker")
    assert len(shown) <= 300
    assert shown.split()[1] in text
