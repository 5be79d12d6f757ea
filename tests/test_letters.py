"""The mails that ask who signed up to confirm it, and welcome them."""

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from digest import config, letters, links
from digest.core import runfile
from digest.core.tokens import load_key
from digest.links import Page
from digest.mailroom import Sender, suppression_tag
from digest.message import ONE_CLICK_NAMES, PERSONAL_NAMES
from digest.store import Store, connect, editions, report, subscribers, suppressions
from digest.store.subscribers import Proof
from support import Folder, Make

NOW = datetime(2026, 11, 23, 6, 14, tzinfo=UTC)
SITE = '[site]\nurl = "https://news.example.org"\n'


@pytest.fixture
def folder(newsletter: Make) -> Folder:
    made = newsletter()
    made.append("digest.toml", SITE)
    return made


@contextmanager
def sender(folder: Folder, now: datetime = NOW) -> Iterator[Sender]:
    news = config.load(folder.path)
    with connect(news.database) as store, runfile.begin(runfile.folder(store.path)) as run:
        yield Sender(
            news=news,
            store=store,
            key=load_key(folder.path),
            run=run,
            now=lambda: now,
            stopping=lambda: False,
            progress=lambda *_: None,
        )


def sign_up(sending: Sender, to: str, *, now: datetime = NOW, language: str = "") -> None:
    proof = Proof(how="form", text="I want it.")
    subscribers.request(
        sending.store,
        "brief",
        to,
        topics=(),
        language=language,
        timezone="",
        proof=proof,
        now=now,
        tag=suppression_tag(sending.key),
    )


def parsed(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def texts(mail: EmailMessage) -> tuple[str, str]:
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text
    assert page
    return str(text.get_content()), str(page.get_content())


def rows(store: Store) -> list[report.Row]:
    return [row for record in editions.listed(store) for row in report.rows(store, record.id)]


def test_who_signs_up_is_asked_once_by_a_mail_with_a_link_of_his_own(folder: Folder) -> None:
    with sender(folder) as sending:
        sign_up(sending, "Jo@example.org")
        (told,) = letters.send(sending)
        assert (told.sent, told.state, told.edition) == (1, "sent", "brief.confirm-en-2026-11-23T0610")
        assert letters.send(sending) == ()
        (mail,) = map(parsed, folder.mails())
        text, page = texts(mail)
        (link,) = set(re.findall(r"https://news\.example\.org/confirm/\S+", text))
        assert f'href="{link}"' in page
        token = links.read(link.rpartition("/")[2])
        assert token
        assert links.holds(sending.key, token, Page.CONFIRM, "brief", "jo@example.org")
        assert mail["Subject"].startswith("Please confirm: ")
        assert [(row.email, row.state) for row in rows(sending.store)] == [("Jo@example.org", "sent")]


def test_who_is_asked_is_on_no_list_yet_and_who_is_welcomed_is(folder: Folder) -> None:
    folder.write("welcome.md", "Good to have you.\n")
    folder.append("jobs/brief.toml", 'welcome = "welcome.md"\n')
    with sender(folder) as sending:
        sign_up(sending, "jo@example.org")
        letters.send(sending)
        subscribers.confirm(sending.store, "brief", "jo@example.org", NOW, tag=suppression_tag(sending.key))
        letters.send(sending)
    asked, welcomed = (parsed(raw) for raw in folder.mails())
    assert tuple(asked.keys()) == PERSONAL_NAMES
    assert asked["Auto-Submitted"] == "auto-generated"
    assert "nsubscribe" not in "".join(texts(asked))
    assert asked["Feedback-ID"].split(":")[:3] == ["brief.confirm-en-2026-11-23T0610", "brief", "confirm"]
    assert tuple(welcomed.keys()) == ONE_CLICK_NAMES
    assert welcomed["List-Id"] == "<brief.news.example.org>"
    assert welcomed["Feedback-ID"] == "brief.welcome-en-2026-11-23T0610:brief:welcome:news.exa-3256d6"


def test_nothing_in_the_mail_comes_from_whoever_filled_in_the_form(folder: Folder) -> None:
    with sender(folder) as sending:
        sign_up(sending, "jo@example.org", language="<b>hi</b>")
        letters.send(sending)
    assert "hi<" not in "".join(texts(parsed(folder.mails()[0])))


def test_the_mail_speaks_the_reader_s_language(folder: Folder) -> None:
    with sender(folder) as sending:
        sign_up(sending, "jo@example.org", language="de-AT")
        sign_up(sending, "bo@example.org", language="xx")
        told = letters.send(sending)
    assert [report.edition.partition("-")[2][:2] for report in told] == ["de", "en"]
    subjects = {str(parsed(raw)["To"]): str(parsed(raw)["Subject"]) for raw in folder.mails()}
    assert subjects == {
        "jo@example.org": "Bitte bestätigen: „The Brief“",
        "bo@example.org": "Please confirm: The Brief",
    }
    bodies = {str(mail["To"]): texts(mail) for mail in map(parsed, folder.mails())}
    assert all("Soll „The Brief“ an jo@example.org kommen?" in body for body in bodies["jo@example.org"])


def test_who_asks_again_gets_one_mail_a_day(folder: Folder) -> None:
    with sender(folder) as sending:
        for hour in (0, 1, 2):
            sign_up(sending, "jo@example.org", now=NOW + timedelta(hours=hour))
            letters.send(sending)
    assert len(folder.mails()) == 1
    with sender(folder, NOW + timedelta(days=1)) as sending:
        letters.send(sending)
        assert len(folder.mails()) == 1
        sign_up(sending, "jo@example.org", now=NOW + timedelta(days=1))
        letters.send(sending)
    assert len(folder.mails()) == 2


def test_a_run_that_died_before_it_asked_is_made_good_by_the_next_send(folder: Folder) -> None:
    with sender(folder, datetime.now(UTC)) as sending:
        sign_up(sending, "jo@example.org", now=datetime.now(UTC))
        letters.queue(sending)
    assert folder.mails() == []
    result = folder.run("send")
    assert result.exit_code == 0
    assert "brief.confirm-en-" in result.stdout
    assert len(folder.mails()) == 1


def test_who_left_by_himself_or_was_forgotten_may_come_back_and_nobody_else(folder: Folder) -> None:
    with sender(folder) as sending:
        tag = suppression_tag(sending.key)
        for reason in ("unsubscribed", "erased", "bounced", "complained"):
            suppressions.add(sending.store, tag, [f"{reason}@example.org"], reason, "", NOW)
            sign_up(sending, f"{reason}@example.org")
        letters.send(sending)
    assert {str(parsed(raw)["To"]) for raw in folder.mails()} == {"unsubscribed@example.org", "erased@example.org"}


def test_who_confirmed_before_the_mail_left_is_not_asked_any_more(folder: Folder) -> None:
    with sender(folder) as sending:
        sign_up(sending, "jo@example.org")
        letters.queue(sending)
        assert subscribers.confirm(sending.store, "brief", "jo@example.org", NOW, tag=suppression_tag(sending.key))
        letters.send(sending)
        assert [row.state for row in rows(sending.store)] == ["cancelled"]
    assert folder.mails() == []


def test_who_confirmed_is_welcomed_once_with_what_an_editor_wrote(folder: Folder) -> None:
    folder.write("welcome.md", "# Good to have you\n\nWe write *every* morning. See <https://example.org/about>.\n")
    folder.append("jobs/brief.toml", 'welcome = "welcome.md"\n')
    with sender(folder) as sending:
        sign_up(sending, "jo@example.org")
        letters.send(sending)
        subscribers.confirm(sending.store, "brief", "jo@example.org", NOW, tag=suppression_tag(sending.key))
        letters.send(sending)
        letters.send(sending)
    asked, welcomed = (parsed(raw) for raw in folder.mails())
    assert asked["Subject"].startswith("Please confirm")
    text, page = texts(welcomed)
    assert "Good to have you" in text
    assert "https://example.org/about" in page
    assert "/preferences/" in text


def test_a_link_that_reads_as_its_address_is_said_once_in_the_text(folder: Folder) -> None:
    folder.write("welcome.md", "See <https://example.org/a> and [what we do](https://example.org/b).\n")
    folder.append("jobs/brief.toml", 'welcome = "welcome.md"\n')
    with sender(folder) as sending:
        sign_up(sending, "jo@example.org")
        subscribers.confirm(sending.store, "brief", "jo@example.org", NOW, tag=suppression_tag(sending.key))
        letters.send(sending)
    text, page = texts(parsed(folder.mails()[0]))
    for address in ("https://example.org/a", "https://example.org/b"):
        assert text.count(address) == 1
        assert f'href="{address}"' in page


def test_a_welcome_that_cannot_be_read_stops_nothing_else(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.append("jobs/brief.toml", 'welcome = "../welcome.md"\n')
    with sender(folder) as sending:
        sign_up(sending, "jo@example.org")
        subscribers.confirm(sending.store, "brief", "jo@example.org", NOW, tag=suppression_tag(sending.key))
        sign_up(sending, "bo@example.org")
        letters.send(sending)
    assert len(folder.mails()) == 1
    assert "outside the newsletter" in str([vars(record).get("error") for record in caplog.records])


def test_letters_belong_to_no_slot_and_no_number(folder: Folder) -> None:
    with sender(folder) as sending:
        sign_up(sending, "jo@example.org")
        letters.send(sending)
        assert editions.next_number(sending.store, "brief") == 1
        assert editions.last_sent(sending.store, "brief") is None
        assert report.newest(sending.store) is None


def test_an_article_can_be_asked_about_after_somebody_signed_up(folder: Folder) -> None:
    with sender(folder) as sending:
        sign_up(sending, "jo@example.org")
        letters.send(sending)
    folder.run("gather")
    article = folder.json("articles", "list")[0]["id"]
    result = folder.run("articles", "why", article)
    assert result.exit_code == 0, result.stderr


def test_without_a_site_nobody_is_asked(newsletter: Make) -> None:
    made = newsletter()
    with sender(made) as sending:
        sign_up(sending, "jo@example.org")
        assert letters.send(sending) == ()
