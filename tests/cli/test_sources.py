import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support import Folder, Make

FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>The Feed</title><item><title>One &amp; only</title>'
    b"<link>https://example.com/one</link><description>Short.</description>"
    b"<pubDate>Mon, 23 Nov 2026 06:00:00 GMT</pubDate>"
    b'<enclosure url="https://example.com/a.mp3" type="audio/mpeg"/></item></channel></rss>'
)
ITEM = {"id", "title", "url", "author", "published", "summary", "text", "image", "enclosures"}


class Answer(BaseHTTPRequestHandler):
    """A feed at `/feed`, nothing elsewhere."""

    def do_GET(self) -> None:
        body = FEED if self.path == "/feed" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(newsletter: Make, site: str) -> Folder:
    made = newsletter()
    made.append("digest.toml", f'\n[fetch]\nallow = ["{site}"]\n')
    return made


def test_the_list_tells_how_each_source_fares(folder: Folder) -> None:
    folder.append("digest.toml", '[[sources]]\npath = "nowhere/*.txt"\ngroup = "local"\ncheck_every = "1h"\n')
    (before, _) = folder.json("sources", "list")
    assert (before["last_success"], before["items"]) == (None, 0)
    folder.run("gather")
    (good, bad) = folder.json("sources", "list")
    assert (good["name"], good["path"], good["failures"], good["items"]) == ("The Harbour Post", "sources/*.txt", 0, 2)
    assert good["last_success"]
    assert (bad["group"], bad["failures"], bad["last_success"]) == ("local", 1, None)
    assert "no such file" in bad["error"]
    assert bad["next_check"]
    assert "no such file" in folder.run("sources", "list").stdout


@pytest.mark.parametrize("wanted", ["The Harbour Post", "sources/*.txt", "sources/van.txt"])
def test_a_source_is_looked_at_by_name_or_path_and_nothing_is_stored(folder: Folder, wanted: str) -> None:
    found = folder.json("sources", "check", wanted)
    assert list(found) == ["url", "kind", "error", "items"]
    assert (found["kind"], found["error"]) == ("file", "")
    assert "Aurel prices its electric van below its rivals" in [item["title"] for item in found["items"]]
    assert all(set(item) == ITEM for item in found["items"])
    assert not (folder.path / "digest.db").exists()


def test_a_url_is_looked_at(folder: Folder, site: str) -> None:
    found = folder.json("sources", "check", f"http://{site}/feed")
    assert (found["url"], found["kind"], found["error"]) == (f"http://{site}/feed", "feed", "")
    (item,) = found["items"]
    assert (item["title"], item["published"]) == ("One & only", "2026-11-23T06:00:00+00:00")
    assert item["enclosures"] == ["https://example.com/a.mp3"]


@pytest.mark.parametrize("wanted", ["SITE/missing", "http://127.0.0.1:9/feed", "no/such.txt", "*", "[", "/"])
def test_what_cannot_be_read_is_said_in_the_answer(folder: Folder, site: str, wanted: str) -> None:
    result = folder.run("sources", "check", wanted.replace("SITE", f"http://{site}"), "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["error"]
    assert found["items"] == []


def test_a_source_is_added_at_the_end_and_the_rest_stays(folder: Folder, site: str) -> None:
    before = (folder.path / "digest.toml").read_bytes()
    result = folder.run("sources", "add", f"http://{site}/feed", "--name", 'My "Feed"', "--group", "new")
    assert (result.exit_code, result.stdout) == (0, 'My "Feed": added; 1 article, the first: One & only\n')
    after = (folder.path / "digest.toml").read_bytes()
    assert after.startswith(before)
    added = folder.json("sources", "list")[-1]
    assert (added["url"], added["name"], added["group"]) == (f"http://{site}/feed", 'My "Feed"', "new")


def test_a_dry_run_shows_the_table_and_adds_nothing(folder: Folder, site: str) -> None:
    before = (folder.path / "digest.toml").read_bytes()
    shown = folder.run("sources", "add", f"http://{site}/feed", "--dry-run").stdout
    assert shown.startswith(f'[[sources]]\nurl = "http://{site}/feed"\n')
    assert (folder.path / "digest.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("SITE/missing", 1, "not added"),
        ("ftp://example.com/", 2, "allowed is an http or https address"),
        ("https://example.com/known?utm_source=x", 2, "is a source already"),
    ],
)
def test_what_cannot_be_added_is_one_clear_line(folder: Folder, site: str, url: str, code: int, told: str) -> None:
    folder.append("digest.toml", '[[sources]]\nurl = "https://example.com/known/"\n')
    before = (folder.path / "digest.toml").read_bytes()
    result = folder.run("sources", "add", url.replace("SITE", f"http://{site}"))
    assert result.exit_code == code
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert (folder.path / "digest.toml").read_bytes() == before


def opml(path: Path, body: str) -> str:
    path.write_text(f'<opml version="2.0"><body>\n{body}\n</body></opml>', encoding="utf-8")
    return str(path)


def test_an_outline_is_imported_and_every_row_that_is_not_is_a_line(folder: Folder, tmp_path: Path) -> None:
    file = opml(
        tmp_path / "feeds.opml",
        '<outline text="Cars"><outline text="Post" xmlUrl="https://example.com/a"/>\n'
        '<outline text="Twice" xmlUrl="http://www.example.com/a/"/>\n'
        '<outline text="Bad" xmlUrl="javascript:1"/></outline>\n<outline xmlUrl="https://example.com/b"/>',
    )
    assert "2 of 4 feeds would be added" in folder.run("sources", "import", file, "--dry-run").stdout
    result = folder.run("sources", "import", file)
    assert (result.exit_code, result.stdout) == (0, "2 of 4 feeds added\n")
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["line 3", "line 4"]
    added = folder.json("sources", "list")[1:]
    assert [(row["url"], row["name"], row["group"]) for row in added] == [
        ("https://example.com/a", "Post", "Cars"),
        ("https://example.com/b", "", ""),
    ]
    assert folder.run("sources", "import", file).stdout == "0 of 4 feeds added\n"


def test_what_is_exported_is_imported_elsewhere(folder: Folder, newsletter: Make, tmp_path: Path) -> None:
    file = opml(
        tmp_path / "a.opml", '<outline text="Cars"><outline text="P &amp; Q" xmlUrl="https://example.com/a"/></outline>'
    )
    folder.run("sources", "import", file)
    exported = folder.run("sources", "export")
    assert "1 source is local files" in exported.stderr
    (tmp_path / "b.opml").write_text(exported.stdout, encoding="utf-8")
    other = newsletter(name="other")
    other.run("sources", "import", str(tmp_path / "b.opml"))
    assert [(row["url"], row["name"], row["group"]) for row in other.json("sources", "list")[1:]] == [
        ("https://example.com/a", "P & Q", "Cars")
    ]


@pytest.mark.parametrize("write", [lambda path: path.write_bytes(b"<rss/>"), lambda path: path.write_bytes(b"")])
def test_a_file_that_is_no_outline_is_refused_in_one_line(
    folder: Folder, tmp_path: Path, write: Callable[[Path], object]
) -> None:
    write(tmp_path / "x.opml")
    result = folder.run("sources", "import", str(tmp_path / "x.opml"))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_the_name_that_the_list_shows_is_good_for_gather_and_check_too(folder: Folder) -> None:
    folder.run("gather")
    shown = [row["name"] for row in folder.json("sources", "list") if row["items"]]
    assert shown
    for name in shown:
        assert folder.run("gather", "--source", name).exit_code == 0
        assert folder.json("sources", "check", name)["items"]


@pytest.mark.parametrize("command", [("gather", "--source"), ("sources", "check")])
def test_an_unknown_name_is_told_with_the_one_that_may_be_meant(folder: Folder, command: tuple[str, ...]) -> None:
    result = folder.run(*command, "The Harbor Post")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "digest: The Harbor Post: no such source or group; did you mean 'The Harbour Post'?\n"
    assert "`digest sources list` names them" in folder.run(*command, "xyz").stderr
