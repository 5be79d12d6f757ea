"""Pictures from a loopback server: fetched once, embedded in the mail, never stopping it."""

import email
import email.policy
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest

from drawn import photo
from support import Folder, Make

HITS: list[str] = []


class _Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        HITS.append(self.path)
        found = self.path == "/van.jpg"
        body = BytesIO()
        if found:
            photo(1200, 800).save(body, "JPEG")
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body.getvalue())))
        self.end_headers()
        self.wfile.write(body.getvalue())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[int]:
    HITS.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pictures) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield listening.server_port
        listening.shutdown()
        thread.join(10)


def with_pictures(folder: Folder, port: int) -> Folder:
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example/{n}</link>"
        f'<enclosure url="http://127.0.0.1:{port}/{picture}" type="image/jpeg" length="1"/>'
        f"<description>{text}</description></item>"
        for n, (title, picture, text) in enumerate(
            [
                ("Carmaker Aurel opens", "van.jpg", "The carmaker says so of its electric van works at the harbour."),
                ("Carmaker Dunn closes", "gone.jpg", "Four hundred people lose their jobs in the northern valley."),
            ]
        )
    )
    folder.write("pictured.xml", f'<rss version="2.0"><channel><title>Pictured</title>{items}</channel></rss>')
    folder.append("digest.toml", f'\n[[sources]]\npath = "pictured.xml"\n[fetch]\nallow = ["127.0.0.1:{port}"]\n')
    return folder


def images(mail: bytes) -> list[str]:
    parsed = email.message_from_bytes(mail, policy=email.policy.default)
    return [str(part["Content-ID"]) for part in parsed.walk() if part.get_content_maintype() == "image"]


def test_a_leads_picture_travels_in_the_mail_and_one_that_is_gone_stops_nothing(newsletter: Make, server: int) -> None:
    folder = with_pictures(newsletter(recipients=1), server)
    result = folder.run("send", "brief")
    assert result.exit_code == 0, result.output
    (mail,) = folder.mails()
    assert len(images(mail)) == 1
    assert sorted(HITS) == ["/gone.jpg", "/van.jpg"]


def test_a_picture_is_fetched_once(newsletter: Make, server: int) -> None:
    folder = with_pictures(newsletter(recipients=1), server)
    folder.run("render", "brief")
    folder.run("render", "brief")
    folder.run("send", "brief")
    assert HITS.count("/van.jpg") == 1


def test_a_job_that_wants_no_pictures_fetches_none(newsletter: Make, server: int) -> None:
    folder = with_pictures(newsletter(recipients=1), server)
    folder.append("jobs/brief.toml", '\nimages = "none"\n')
    folder.run("send", "brief")
    assert HITS == []
    assert images(folder.mails()[0]) == []


def test_a_private_address_is_refused_and_the_mail_goes_without_the_picture(newsletter: Make, server: int) -> None:
    folder = with_pictures(newsletter(recipients=1), server)
    text = (folder.path / "digest.toml").read_text(encoding="utf-8")
    folder.write("digest.toml", text.replace(f'allow = ["127.0.0.1:{server}"]', "allow = []"))
    assert folder.run("send", "brief").exit_code == 0
    assert HITS == []
    assert images(folder.mails()[0]) == []
