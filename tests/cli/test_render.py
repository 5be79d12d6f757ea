import email
import email.policy
import re
import stat
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest import config
from digest.core import runfile, tokens
from digest.core.mail import Image, Picture
from digest.mailroom import Sender
from digest.sending import send
from digest.store import connect, pictures
from support import Folder, Make

AT = "2026-12-24T06:30:15"
FILES = {"index.html", "message.txt", "message.eml", "edition.json"}
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def send_at(folder: Folder, moment: datetime) -> None:
    with connect(folder.path / "digest.db") as store, runfile.begin(runfile.folder(store.path)) as run:
        send(
            Sender(
                news=config.load(folder.path),
                store=store,
                key=tokens.load_key(folder.path),
                run=run,
                now=lambda: moment,
                stopping=lambda: False,
                progress=lambda *_: None,
            ),
            ("brief",),
        )


def sent_to(folder: Folder, address: str) -> bytes:
    (mail,) = [mail for mail in folder.mails() if f"To: {address}\r\n".encode() in mail]
    return mail


@pytest.mark.parametrize("reader", ["R1@example.org", "money@example.org", "new@example.org"])
@pytest.mark.parametrize("gathered", [True, False])
def test_what_is_rendered_is_byte_for_byte_what_is_sent(newsletter: Make, reader: str, *, gathered: bool) -> None:
    folder = newsletter()
    job = (folder.path / "jobs/brief.toml").read_text()
    folder.write("jobs/brief.toml", job.replace('"r1@', '"new@example.org", "R1@'))
    folder.run("subscribers", "add", "money@example.org", "--job", "brief", "--topics", "money")
    if gathered:
        folder.run("gather")
    result = folder.run("render", "brief", "--at", AT, "--as", reader.lower(), "--out", str(folder.path / "shown"))
    assert result.exit_code == 0, result.stderr
    send_at(folder, datetime.fromisoformat(AT).replace(tzinfo=ZoneInfo("Europe/Berlin")))
    mail = sent_to(folder, reader)
    assert (folder.path / "shown/message.eml").read_bytes() == mail
    assert b"Date: Thu, 24 Dec 2026 06:30:15 +0100" in mail
    assert (b"Aurel" in mail) == (reader != "money@example.org")


def test_the_files_are_decoded_from_the_mail(newsletter: Make) -> None:
    folder = newsletter()
    assert folder.run("render", "brief").exit_code == 0
    shown = folder.path / "preview/brief"
    assert {path.name for path in shown.iterdir()} == FILES
    mail = email.message_from_bytes((shown / "message.eml").read_bytes(), policy=email.policy.default)
    parts = {part.get_content_type(): part for part in mail.walk()}
    assert (shown / "index.html").read_text() == parts["text/html"].get_content().replace("\r\n", "\n")
    assert (shown / "message.txt").read_text() == parts["text/plain"].get_content().replace("\r\n", "\n")
    assert folder.run("render", "brief", "--text").stdout.strip() == (shown / "message.txt").read_text().strip()


def test_pictures_of_the_mail_are_files_beside_the_page(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("gather")
    (van,) = [row["id"] for row in folder.json("articles", "list") if "Aurel" in row["title"]]
    image = Image(hash="ab" * 32, data=JPEG, width=232, height=232)
    with connect(folder.path / "digest.db") as store:
        pictures.add(store, van, Picture(large=image, thumb=image))
    folder.run("render", "brief", "--offline")
    shown = folder.path / "preview/brief"
    page = (shown / "index.html").read_text()
    assert "cid:" not in page
    names = set(re.findall(r'images/[^"]+\.jpg', page))
    assert {str(path.relative_to(shown)) for path in shown.glob("images/*")} == names
    assert [(shown / name).read_bytes() for name in names] == [JPEG]


def test_a_made_up_clock_leaves_no_trace(newsletter: Make) -> None:
    folder = newsletter()
    assert folder.run("render", "brief", "--at", "2031-01-01T00:00").exit_code == 0
    assert folder.json("articles", "list") == []
    assert folder.json("sources", "list")[0]["last_success"] is None
    assert folder.json("render", "brief", "--at", "2031-01-01T00:00")["slot"] == "2031-01-01"


def test_a_reader_of_some_topics_sees_those(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("subscribers", "add", "a@example.org", "--job", "brief", "--topics", "money")
    edition = folder.json("render", "brief", "--as", "a@example.org")
    assert [section["topic"] for section in edition["sections"]] == ["money"]
    assert edition["subject"].startswith("Four savings banks")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--as", "nobody@example.org"), 2, "nobody@example.org: gets no mails of brief"),
        (("--as", "left@example.org"), 2, "left@example.org: gets no mails of brief"),
        (("--at", "tomorrow"), 2, "--at tomorrow: allowed is a date and time"),
    ],
)
def test_a_render_that_cannot_be_made_is_one_clear_line(
    newsletter: Make, arguments: tuple[str, ...], code: int, told: str
) -> None:
    folder = newsletter()
    folder.run("subscribers", "add", "left@example.org", "--job", "brief")
    folder.run("subscribers", "remove", "left@example.org", "--job", "brief")
    result = folder.run("render", "brief", "--offline", *arguments)
    folder.run("gather")
    result = folder.run("render", "brief", "--offline", *arguments)
    assert result.exit_code == code
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (folder.path / "preview").exists()


def test_a_reader_is_known_however_his_domain_is_written(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("subscribers", "add", "bob@exämple.org", "--job", "brief")
    for written in ("bob@exämple.org", "bob@xn--exmple-cua.org", " BOB@EXÄMPLE.ORG"):
        assert folder.run("render", "brief", "--as", written, "--text").exit_code == 0, written


def test_a_folder_that_cannot_be_written_is_told_in_one_line(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("taken", "a file\n")
    result = folder.run("render", "brief", "--out", str(folder.path / "taken" / "x"))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].endswith(": cannot be written: Not a directory; --out names another folder")
    assert "unexpected" not in result.stderr


def test_a_reader_none_of_whose_topics_is_in_it_is_told_so(newsletter: Make) -> None:
    folder = newsletter()
    (folder.path / "sources/bank.txt").unlink()
    folder.run("subscribers", "add", "a@example.org", "--job", "brief", "--topics", "money")
    result = folder.run("render", "brief", "--as", "a@example.org")
    assert result.exit_code == 1
    assert "none of money is in it" in result.stderr


def test_the_page_is_opened_in_a_browser(newsletter: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = newsletter()
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/opened"\n', encoding="utf-8")
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    process = folder.start("render", "brief", "--open")
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert (tmp_path / "opened").read_text().strip() == (folder.path / "preview/brief/index.html").as_uri()


def test_no_preview_is_made_of_nothing_when_no_source_answers(newsletter: Make) -> None:
    folder = newsletter()
    for source in (folder.path / "sources").iterdir():
        source.unlink()
    result = folder.run("render", "brief")
    assert result.exit_code == 1
    assert result.stderr.endswith("no source answered; --offline shows the edition of what was gathered before\n")
