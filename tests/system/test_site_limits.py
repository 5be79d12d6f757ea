"""The site as a process: slow, large and many requests, floods of sign-ups, guesses, readers who leave meanwhile."""

import re
import secrets
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from io import BufferedReader

import pytest

from digest.links import Page, link
from digest.site import _gate, _limits, _server
from digest.store import connect
from site_pages import dump, furnish
from support import Make
from system.site_server import Served, served

_FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
_SLOW = 200


@pytest.fixture
def site(newsletter: Make) -> Iterator[Served]:
    with served(furnish(newsletter(0), 'proxies = ["127.0.0.1"]\n')) as running:
        yield running


def opened(site: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=60)


def rest(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    found = b""
    while piece := connection.recv(65_536):
        found += piece
    return found


def subscribed(site: Served, number: int) -> list[str]:
    """So many active readers of the brief: their one-click paths."""
    with connect(site.news.database) as store, store.writing() as connection:
        rows = [(f"r{each}@example.org", f"r{each}@example.org", "2026-01-01T00:00:00+00:00") for each in range(number)]
        connection.executemany(
            "INSERT INTO subscribers (job, address, email, name, state, source, created, changed) "
            "VALUES ('brief', ?, ?, '', 'active', 'import', ?3, ?3)",
            rows,
        )
        found = connection.execute("SELECT id, email FROM subscribers ORDER BY id").fetchall()
    return [link("", site.key, Page.UNSUBSCRIBE, row[0], "brief", row[1]) for row in found]


def statuses(site: Served, paths: list[str], body: str = "List-Unsubscribe=One-Click") -> Counter[int]:
    """The statuses of as many POSTs over one connection, fifty on their way at once."""
    found: Counter[int] = Counter()
    head = f" HTTP/1.1\r\nHost: x\r\n{_FORM}Content-Length: {len(body)}\r\n\r\n{body}"
    with closing(opened(site)) as connection, connection.makefile("rb") as answers:
        for start in range(0, len(paths), 50):
            part = paths[start : start + 50]
            connection.sendall("".join(f"POST {path}{head}" for path in part).encode())
            found.update(_status(answers) for _ in part)
    return found


def _status(answers: BufferedReader) -> int:
    """The next answer's, which is read to its end."""
    status, length = int(answers.readline().split(b" ", 2)[1]), 0
    while line := answers.readline().strip().lower():
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    answers.read(length)
    return status


@pytest.mark.timeout(400)
def test_a_hundred_thousand_guesses_open_nothing(site: Served) -> None:
    subscribed(site, 50)
    with connect(site.news.database) as store:
        before = dump(store)
    guesses = [f"/unsubscribe/1.{number % 50 + 1:x}.{secrets.token_hex(18)}" for number in range(100_000)]
    assert statuses(site, guesses) == {404: 100_000}
    with connect(site.news.database) as store:
        assert dump(store) == before


def test_a_flood_of_sign_ups_sends_no_more_than_is_stated(site: Served) -> None:
    with closing(HTTPConnection("127.0.0.1", site.port, timeout=60)) as client:
        client.request("GET", "/")
        shown = re.search(r'name="shown" value="([^"]+)"', client.getresponse().read().decode())
    assert shown
    time.sleep(2)
    wish = f"shown={shown[1]}&job=brief&topics-brief=cars"
    answers: Counter[int] = Counter()
    with closing(HTTPConnection("127.0.0.1", site.port, timeout=60)) as client:
        for number in range(5_000):
            # A quarter each: one address, one domain, one network, everything different.
            victim = ("v@victim.example", f"v{number}@firm.example", f"v{number}@n{number}.example")[min(number % 4, 2)]
            network = "198.51.100.7" if number % 4 == 2 else f"100.{number % 200}.{number // 200}.7"
            client.request(
                "POST",
                "/subscribe",
                f"{wish}&email={victim}",
                {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": network},
            )
            answer = client.getresponse()
            answer.read()
            answers[answer.status] += 1
    assert answers == {200: 5_000}
    deadline = time.monotonic() + 60
    while _requests(site) < _limits.ALL_HOUR and time.monotonic() < deadline:
        time.sleep(0.2)
    with connect(site.news.database) as store:
        emails = [row[0] for row in store.rows("SELECT email FROM subscribers")]
    assert _requests(site) == len(emails) == _limits.ALL_HOUR
    assert len(site.folder.mails()) <= _limits.ALL_HOUR
    assert emails.count("v@victim.example") == 1
    assert sum(email.endswith("@firm.example") for email in emails) <= _limits.DOMAIN_HOUR


def _requests(site: Served) -> int:
    with connect(site.news.database) as store:
        return int(store.rows("SELECT count(*) FROM requests")[0][0])


def test_slow_connections_end_and_hold_nobody_up(site: Served) -> None:
    (path,) = subscribed(site, 1)
    begun = time.monotonic()
    with ExitStack() as held:
        headers = [held.enter_context(closing(opened(site))) for _ in range(_SLOW)]
        bodies = [held.enter_context(closing(opened(site))) for _ in range(20)]
        silent = [held.enter_context(closing(opened(site))) for _ in range(20)]
        for connection in headers:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        for connection in bodies:
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{_FORM}Content-Length: 200\r\n\r\nList".encode())
        slowest = 0.0
        for _ in range(20):
            asked = time.monotonic()
            with closing(HTTPConnection("127.0.0.1", site.port, timeout=10)) as client:
                client.request("GET", "/health")
                assert client.getresponse().status == 200
            slowest = max(slowest, time.monotonic() - asked)
            for connection in (*headers[:20], *bodies):
                connection.sendall(b"X")  # a byte now and then is no haste
            time.sleep(0.2)
        assert slowest < 1
        found = [rest(connection) for connection in bodies]
        assert all(each.startswith(b"HTTP/1.1 408 ") and b"content-security-policy" in each for each in found)
        assert [rest(connection) for connection in (*headers, *silent)] == [b""] * (_SLOW + 20)
    assert time.monotonic() - begun < max(_server.HEADER_SECONDS, _gate.BODY_SECONDS) + 5
    assert statuses(site, [path]) == {200: 1}


def test_who_takes_no_answer_is_not_waited_for(site: Served) -> None:
    with closing(opened(site)) as connection:
        begun = time.monotonic()
        connection.settimeout(_server.STALL_SECONDS + 10)
        with pytest.raises(ConnectionError):
            connection.sendall(b"GET /style.css HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000_000)
        assert time.monotonic() - begun > _server.STALL_SECONDS / 2
    assert statuses(site, ["/unsubscribe/x"]) == {404: 1}


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5_000)) + b"\r\n",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    ],
    ids=["header", "line", "many headers", "nonsense", "TLS", "smuggling", "length"],
)
def test_what_is_no_request_is_refused_with_all_headers(site: Served, request_: bytes) -> None:
    with closing(opened(site)) as connection:
        with suppress(ConnectionError):
            connection.sendall(request_)
        answer = b""
        with suppress(ConnectionError):
            answer = rest(connection)
    assert answer[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 431", b""}
    assert not answer or (b"content-security-policy: default-src" in answer and b"server:" not in answer.lower())


def test_a_body_of_twenty_megabytes_is_cut_short(site: Served) -> None:
    (path,) = subscribed(site, 1)
    for head in ("Content-Length: 20000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"):
        with closing(opened(site)) as connection:
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{_FORM}{head}".encode())
            sent = 0
            with suppress(ConnectionError):
                for _ in range(20_000):
                    connection.sendall(b"3e8\r\n" + b"x" * 1_000 + b"\r\n")
                    sent += 1_000
            assert sent < 20_000_000
    with connect(site.news.database) as store:
        assert store.rows("SELECT state FROM subscribers")[0][0] == "active"
