import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import config
from digest.core.settings import Settings
from digest.core.text import line
from digest.post import letter, post
from scripted_relay import ScriptedRelay, running
from support import Folder, Make

NAMES = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
ENCODING = "Content-Transfer-Encoding"


@pytest.fixture(name="news", scope="module")
def news_(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("news")
    (folder / "digest.toml").write_text('[newsletter]\nname = "Meridian"\naddress = "x"\n', encoding="utf-8")
    (folder / "jobs").mkdir()
    text = 'title = "x"\nfrom = "Meridian <brief@news.example.org>"\n'
    (folder / "jobs" / "brief.toml").write_text(text, encoding="utf-8")
    return config.load(folder)


def settings(folder: Folder, to: str = "") -> Settings:
    if to:
        text = (folder.path / "digest.toml").read_text(encoding="utf-8")
        folder.write("digest.toml", text.replace("outbox:outbox", to))
    return config.load(folder.path)


def parsed(mail: bytes) -> EmailMessage:
    found = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def never() -> bool:
    return False


@given(subject=st.text(), text=st.text(), html=st.text())
def test_whatever_a_letter_says_it_has_its_headers_and_safe_lines_alone(
    news: Settings, subject: str, text: str, html: str
) -> None:
    mail = letter(news, "editor@example.org", subject, text, html)
    lines = mail.removesuffix(b"\r\n").split(b"\r\n")
    assert not [each for each in lines if each.startswith(b".") or b"\r" in each or b"\n" in each]
    assert max(map(len, lines)) <= 78 or " " not in line(subject)
    assert mail.isascii()
    assert parsed(mail).keys() == (NAMES if html else [*NAMES, ENCODING])


@given(st.lists(st.sampled_from(["word", "größer", ". .", "..", ".", "=", " ", "\n", "x" * 90, "ё" * 40])).map("".join))
def test_the_text_comes_out_as_it_went_in(news: Settings, text: str) -> None:
    plain = str(parsed(letter(news, "editor@example.org", "x", text)).get_content())
    assert plain.replace("\r\n", "\n").rstrip() == text.rstrip()


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?x=0D=0ABcc:_x@example.org?=",
        "=?utf-8?b?eA0KQmNjOiB4QGV4YW1wbGUub3Jn?= and more",
        "x\r\nBcc: x@example.org",
        "x\u2028Bcc: x@example.org\x85\x0b",
        "long " * 50,
        "one" * 90,
        "größer " * 30,
    ],
)
def test_a_hostile_subject_is_shown_and_adds_no_header(news: Settings, subject: str) -> None:
    mail = letter(news, "editor@example.org", subject, "text")
    assert parsed(mail).keys() == [*NAMES, ENCODING]
    header = re.search(rb"Subject: .*?\r\n(?! )", mail, re.DOTALL)
    assert header
    shown = str(email.header.make_header(email.header.decode_header(header[0].decode()[9:])))
    assert " ".join(shown.split()) == line(subject)
    assert "Bcc" not in parsed(mail)


def test_a_letter_says_that_a_machine_wrote_it_and_where_from(news: Settings) -> None:
    mail = parsed(letter(news, "editor@example.org", "x", "y", "<p>z</p>"))
    assert (mail["From"], mail["To"]) == ("Digest <brief@news.example.org>", "editor@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@news.example.org>")
    parts = [(part.get_content_type(), part.get_content().strip()) for part in mail.iter_parts()]
    assert parts == [("text/plain", "y"), ("text/html", "<p>z</p>")]


@pytest.mark.parametrize("to", ["nobody", "a@example.org\r\nBcc: x@example.org", "a@example.org, b@example.org", ""])
def test_what_is_no_address_gets_no_letter(news: Settings, to: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        letter(news, to, "x", "y")


def test_mails_go_to_the_outbox_once_each_and_leave_no_run_behind(newsletter: Make) -> None:
    folder = newsletter()
    news = settings(folder)
    mails = [(f"e{n}@example.org", letter(news, f"e{n}@example.org", "x", "y")) for n in range(3)]
    assert post(news, mails, never) == ""
    assert sorted(folder.mails()) == sorted(data for _, data in mails)
    assert [path.name for path in (folder.path / "digest.db.run").iterdir()] == ["changes"]


def test_a_refused_mail_is_counted_and_the_others_go(newsletter: Make) -> None:
    with running(ScriptedRelay(script={"RCPT": ["550 5.1.1 no such user"]})) as relay:
        news = settings(newsletter(), f"smtp+plain://127.0.0.1:{relay.port}")
        mails = [(f"e{n}@example.org", letter(news, f"e{n}@example.org", "x", "y")) for n in range(3)]
        told = post(news, mails, never)
    assert told == "1 of 3 mails did not go: 550 5.1.1 no such user"
    assert len(relay.taken) == 2
    assert {taken.data for taken in relay.taken} < {data for _, data in mails}


def test_a_relay_that_is_away_is_told_in_one_line(newsletter: Make) -> None:
    with running(ScriptedRelay()) as relay:
        pass
    news = settings(newsletter(), f"smtp+plain://127.0.0.1:{relay.port}")
    told = post(news, [("e@example.org", letter(news, "e@example.org", "x", "y"))], never)
    assert told.startswith("1 of 1 mails did not go: ")
    assert str(relay.port) in told
    assert "\n" not in told


def test_a_folder_that_cannot_be_written_is_told(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("outbox", "a file where the folder should be")
    news = settings(folder)
    assert "outbox" in post(news, [("e@example.org", letter(news, "e@example.org", "x", "y"))], never)
    folder.write("digest.db.run", "and another one")
    news = settings(folder, "outbox:elsewhere")
    assert post(news, [("e@example.org", letter(news, "e@example.org", "x", "y"))], never)


@pytest.mark.parametrize(
    "data",
    [b"Subject: x\n\r\ny\r\n", b"Subject: x\r\n\r\n.\r\n", b".x\r\n", b"Subject: \xff\r\n", b"Subject: x", b"x" * 999],
)
def test_bytes_that_a_relay_may_misread_never_leave(newsletter: Make, data: bytes) -> None:
    folder = newsletter()
    news = settings(folder)
    whole = letter(news, "e@example.org", "x", "y")
    told = post(news, [("bad@example.org", data), ("e@example.org", whole)], never)
    assert told.startswith("1 of 2 mails did not go: the mail ")
    assert folder.mails() == [whole]


def test_an_address_with_a_line_end_is_not_mailed(newsletter: Make) -> None:
    folder = newsletter()
    news = settings(folder)
    data = letter(news, "e@example.org", "x", "y")
    assert "no address" in post(news, [("a@example.org\r\nRCPT TO:<b@example.org>", data)], never)
    assert folder.mails() == []


def test_what_is_stopped_says_so(newsletter: Make) -> None:
    folder = newsletter()
    news = settings(folder)
    mails = [("e@example.org", letter(news, "e@example.org", "x", "y"))]
    assert post(news, mails, lambda: True) == "1 of 1 mails did not go: stopped before all were sent"
    assert folder.mails() == []


def test_no_mails_are_no_work(newsletter: Make) -> None:
    folder = newsletter()
    assert post(settings(folder), [], never) == ""
    assert not Path(folder.path / "digest.db.run").exists()
