"""The one HTTP door: answers, validators, limits, many at once."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from digest.core.settings import Limits
from digest.core.web import Request, Validators
from digest.fetch.door import open_door
from digest.fetch.limits import Bounds
from fetch.servers import QUICK, Serve, get, reply


def test_an_answer_carries_its_body_type_and_validators(serve: Serve) -> None:
    server = serve(lambda h: reply(h, body=b"<rss/>", Content_Type="text/xml", ETag='"a"', Last_Modified="yesterday"))
    response = get(server)
    assert (response.status, response.body, response.content_type, response.error) == (200, b"<rss/>", "text/xml", "")
    assert response.validators == Validators(etag='"a"', last_modified="yesterday")
    assert server.seen[0][1]["user-agent"] == "digest/0.1"
    assert "cookie" not in server.seen[0][1]


def test_validators_are_shown_again_and_304_is_a_success_that_keeps_them(serve: Serve) -> None:
    server = serve(lambda h: reply(h, 304))
    known = Validators(etag='W/"7"', last_modified="Sun, 22 Nov 2026 06:00:00 GMT")
    response = get(server, validators=known)
    assert (response.status, response.body, response.error, response.validators) == (304, b"", "", known)
    assert server.seen[0][1]["if-none-match"] == known.etag
    assert server.seen[0][1]["if-modified-since"] == known.last_modified


def test_a_stored_validator_cannot_add_a_header(serve: Serve) -> None:
    server = serve(lambda h: reply(h, body=b"x"))
    assert get(server, validators=Validators(etag='"a"\r\nX-Evil: 1')).status == 200
    assert "x-evil" not in server.seen[0][1]
    assert "if-none-match" not in server.seen[0][1]


def test_an_overlong_validator_is_dropped_not_cut(serve: Serve) -> None:
    server = serve(lambda h: reply(h, body=b"x", ETag='"' + "a" * 2000 + '"'))
    assert get(server).validators == Validators()


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
def test_an_error_status_is_an_error_value(serve: Serve, status: int) -> None:
    response = get(serve(lambda h: reply(h, status, b"no")))
    assert (response.status, response.error, response.body) == (status, f"HTTP {status}", b"")


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip", "deflate"])
def test_a_compressed_bomb_stops_at_the_limit(serve: Serve, coding: str) -> None:
    zeros = bytes(20_000_000)
    bomb = zlib.compress(zeros, 9) if coding == "deflate" else gzip.compress(zeros, 9)
    bomb = gzip.compress(bomb) if "," in coding else bomb
    response = get(serve(lambda h: reply(h, body=bomb, Content_Encoding=coding)), bounds=Bounds())
    assert (response.error, response.body) == ("larger than 5 MB", b"")


def test_a_body_longer_than_its_length_says_or_without_one_stops_at_the_limit(serve: Serve) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(bytes(65_536))

    assert get(serve(endless), bounds=Bounds()).error == "larger than 5 MB"


def test_a_length_that_promises_too_much_is_an_error(serve: Serve) -> None:
    def lie(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Length", "9999999999")
        handler.end_headers()
        handler.wfile.write(b"short")

    response = get(serve(lie))
    assert response.error
    assert response.body == b""


def test_a_body_of_just_the_limit_is_given_whole(serve: Serve) -> None:
    server = serve(lambda h: reply(h, body=bytes(1000)))
    assert len(get(server, bounds=Bounds(size=1000)).body) == 1000
    assert get(server, bounds=Bounds(size=999)).error.startswith("larger than")


def test_a_compressed_answer_is_unpacked(serve: Serve) -> None:
    server = serve(lambda h: reply(h, body=gzip.compress(b"<rss/>"), Content_Encoding="gzip"))
    assert get(server).body == b"<rss/>"
    assert "gzip" in server.seen[0][1]["accept-encoding"]


def test_a_drip_ends_by_the_total_time(serve: Serve) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b".")
            time.sleep(0.05)

    begun = time.monotonic()
    assert get(serve(drip)).error == "no answer within 1 s"
    assert time.monotonic() - begun < 2


def test_a_feed_that_hangs_delays_no_other(serve: Serve) -> None:
    released = threading.Event()
    hanging = serve(lambda _: released.wait(5))
    quick = [serve(lambda h: reply(h, body=b"ok")) for _ in range(3)]
    fetch = open_door(Limits(allow=tuple(s.place for s in (hanging, *quick))), QUICK)
    begun = time.monotonic()
    answers = [(r, time.monotonic() - begun) for r in fetch(Request(url=s.url()) for s in (hanging, *quick))]
    released.set()
    assert [r.body for r, _ in answers] == [b"ok", b"ok", b"ok", b""]
    assert answers[2][1] < 0.5
    assert answers[3][0].error == "no answer within 1 s"


def test_many_of_one_host_wait_for_their_turn_without_losing_their_time(serve: Serve) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        reply(handler, body=b"ok")

    server = serve(slow)
    fetch = open_door(Limits(allow=(server.place,)), QUICK)
    answers = list(fetch(Request(url=server.url(f"/{n}")) for n in range(20)))  # 2 s in all, each may take 1 s
    assert [r.error for r in answers] == [""] * 20
    assert server.busiest == 2


def test_waiting_burns_no_processor(serve: Serve) -> None:
    released = threading.Event()
    begun = time.process_time()
    assert get(serve(lambda _: released.wait(2))).error
    released.set()
    assert time.process_time() - begun < 0.3


def test_a_host_that_is_not_found_or_refuses_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    requests = [Request(url="http://nowhere.invalid/"), Request(url=f"http://127.0.0.1:{port}/")]
    answers = {r.request.url: r.error for r in open_door(Limits(allow=(f"127.0.0.1:{port}",)))(requests)}
    assert answers[requests[0].url] == "cannot find the host nowhere.invalid"
    assert answers[requests[1].url] == f"cannot connect to 127.0.0.1:{port}"


def test_no_proxy_is_taken_from_the_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(reply)
    server = serve(lambda h: reply(h, body=b"direct"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url())
    assert get(server).body == b"direct"
    assert proxy.connections == []


def test_no_cookie_is_kept(serve: Serve) -> None:
    server = serve(lambda h: reply(h, 302 if h.path == "/a" else 200, Location="/b", Set_Cookie="a=1; Path=/"))
    assert get(server, "/a").status == 200
    assert "cookie" not in server.seen[1][1]


@pytest.mark.parametrize(
    "raw", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n", b"\0" * 999]
)
def test_what_is_no_http_is_an_error_in_one_line(serve: Serve, raw: bytes) -> None:
    def mumble(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(raw)

    response = get(serve(mumble))
    assert response.error
    assert response.error.isprintable()


def test_a_caller_that_stops_early_leaves_nothing_open(serve: Serve) -> None:
    server = serve(lambda h: reply(h, body=b"ok"))
    answers = open_door(Limits(allow=(server.place,)))(Request(url=server.url(f"/{n}")) for n in range(5))
    assert next(answers).body == b"ok"
    assert isinstance(answers, Iterator)
    del answers
