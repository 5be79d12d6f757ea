"""What a newsletter with a site sends: links of the reader's own, the same in the preview as in the mail."""

import email
import email.policy
import re
from email.message import EmailMessage

import pytest

from digest import links
from digest.core.tokens import load_key
from digest.links import Page
from digest.store import connect, subscribers
from support import Folder, Make

SITE = "https://news.example.org"


@pytest.fixture
def folder(newsletter: Make) -> Folder:
    made = newsletter(recipients=2)
    made.append("digest.toml", f'[site]\nurl = "{SITE}/"\n')
    return made


def mails(folder: Folder) -> dict[str, EmailMessage]:
    parsed = [email.message_from_bytes(raw, policy=email.policy.default) for raw in folder.mails()]
    return {str(mail["To"]): mail for mail in parsed if isinstance(mail, EmailMessage)}


def test_each_link_of_a_mail_is_its_readers_own(folder: Folder) -> None:
    assert folder.run("send", "brief").exit_code == 0
    edition, key = folder.json("report")["edition"], load_key(folder.path)
    found = mails(folder)
    assert len(found) == 2
    for to, mail in found.items():
        with connect(folder.path / "digest.db") as store:
            reader = subscribers.find(store, "brief", to)
        assert reader
        of = {page: links.link(SITE, key, page, reader.number, "brief", to) for page in Page}
        of[Page.EDITION] = links.link(SITE, key, Page.EDITION, reader.number, "brief", to, edition)
        assert str(mail["List-Unsubscribe"]).startswith(f"<{of[Page.UNSUBSCRIBE]}>, <mailto:")
        for part in mail.iter_parts():
            body = part.get_content()
            assert set(re.findall(rf"{SITE}/[\w./-]+", body)) == {url for page, url in of.items() if page != "confirm"}


def test_the_preview_has_the_links_of_the_mail(folder: Folder) -> None:
    to = "r0@example.org"
    folder.run("subscribers", "add", to, "--job", "brief")
    folder.run("render", "brief", "--as", to)
    shown = (folder.path / "preview/brief/message.eml").read_bytes()
    folder.run("send", "brief")
    (sent,) = (raw for raw in folder.mails() if f"To: {to}\r\n".encode() in raw)
    pattern = rf"{SITE}/(?:unsubscribe|preferences)/[\w.]+".encode()
    found = [re.findall(pattern, mail.replace(b"=\r\n", b"")) for mail in (shown, sent)]
    assert len(found[0]) == 5
    assert found[0] == found[1]


def test_an_edition_keeps_its_site_when_the_settings_change(folder: Folder) -> None:
    folder.run("send", "brief")
    edition = folder.json("report")["edition"]
    with connect(folder.path / "digest.db") as store, store.writing() as connection:
        connection.execute("UPDATE sends SET state = 'failed'")
        connection.execute("UPDATE editions SET state = 'partial'")
    toml = (folder.path / "digest.toml").read_text()
    folder.write("digest.toml", toml.replace("news.example.org", "other.example.org"))
    before = sorted(folder.mails())
    folder.run("sends", "retry", edition)
    folder.run("send")
    assert sorted(folder.mails())[::2] == before


def test_a_test_mail_and_an_editors_copy_lead_to_the_front_page(folder: Folder) -> None:
    folder.append("jobs/brief.toml", 'review = "hold"\n')
    folder.append("digest.toml", '[editors]\nto = ["ed@example.org"]\n')
    folder.run("send", "brief")
    edition = folder.json("editions", "list")[0]["id"]
    assert folder.run("editions", "send", edition, "--to", "me@example.org").exit_code == 0
    for to, mail in mails(folder).items():
        assert to in {"ed@example.org", "me@example.org"}
        assert not re.findall(r"[0-9a-f]{36}", str(mail["List-Unsubscribe"]))
        assert str(mail["List-Unsubscribe"]).startswith(f"<{SITE}>, <mailto:")


def test_pictures_may_lie_on_the_site(folder: Folder) -> None:
    folder.append("jobs/brief.toml", 'images = "host"\n')
    assert folder.run("send", "brief").exit_code == 0


def test_pictures_cannot_lie_on_a_site_that_is_not_there(newsletter: Make) -> None:
    made = newsletter()
    made.append("jobs/brief.toml", 'images = "host"\n')
    result = made.run("check")
    assert result.exit_code == 2
    assert 'jobs/brief.toml: images: "host" needs [site] url in digest.toml' in result.stderr
