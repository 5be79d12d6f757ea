"""The one HTTP door against real loopback servers."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from digest.core.model import Request, Response, Validators
from digest.core.settings import Limits
from digest.fetch.door import open_door
from digest.fetch.limits import Bounds

Answer = Callable[[BaseHTTPRequestHandler], object]
QUICK = Bounds(connect=1, total=1)


@dataclass
class Server:
    port: int
    connections: list[object] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    busiest: int = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.place}{path}"


Serve = Callable[[Answer], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> Server:
        lock = threading.Lock()
        active = [0]

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with lock:
                    active[0] += 1
                    server.busiest = max(server.busiest, active[0])
                server.seen.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
                with suppress(OSError):
                    answer(self)
                with lock:
                    active[0] -= 1

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        class Counting(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def get_request(self) -> tuple[socket.socket, object]:
                accepted = super().get_request()
                server.connections.append(accepted[1])
                return accepted

            def handle_error(self, *_: object) -> None:
                """A client that hangs up is no news."""

        http = Counting(("127.0.0.1", 0), Handler)
        server = Server(http.server_address[1])
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        started.append(http)
        return server

    yield start
    for http in started:
        http.shutdown()
        http.server_close()


def reply(handler: BaseHTTPRequestHandler, status: int = 200, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def get(server: Server, path: str = "/", bounds: Bounds = QUICK, validators: Validators | None = None) -> Response:
    fetch = open_door(Limits(allow=(server.place,)), bounds)
    (response,) = fetch([Request(url=server.url(path), validators=validators or Validators())])
    return response


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


SSRF = (
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://127.1:{port}/", "http://0:{port}/",
    "http://0.0.0.0:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0x7f.1:{port}/",
    "http://017700000001:{port}/", "http://0177.0.0.1:{port}/", "http://127。0。0。1:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/", "http://[::127.0.0.1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/",
    "http://user@127.0.0.1:{port}/", "http://news.example@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@news.example/",
    "http://news.example\\@127.0.0.1:{port}/", "http://127.0.0.1.:{port}/", "http:127.0.0.1:{port}/",
    "//127.0.0.1:{port}/", "HTTP://LOCALHOST:{port}/", "http://localhost.:{port}/", "http://169.254.169.254:{port}/",
    "file:///etc/hostname", "gopher://127.0.0.1:{port}/_x", "ftp://127.0.0.1:{port}/", "dict://127.0.0.1:{port}/d",
    "javascript:alert(1)", "data:text/plain,x", "", " ", "http://", "http://[", "http://:{port}/",
    "http://127.0.0.1:99999/", "http://127.0.0.1:{port}\r\nX: y/", "http:///127.0.0.1:{port}/", "unix:///tmp/x",
)  # fmt: skip


@pytest.mark.parametrize("form", SSRF)
def test_no_form_of_a_private_url_opens_a_connection(serve: Serve, form: str) -> None:
    server = serve(lambda h: reply(h, body=b"secret"))
    (response,) = open_door(Limits(), QUICK)([Request(url=form.format(port=server.port))])
    assert response.error
    assert response.body == b""
    assert "\n" not in response.error
    assert server.connections == []


def test_a_refusal_names_the_address(serve: Serve) -> None:
    server = serve(reply)
    (response,) = open_door(Limits())([Request(url=server.url())])
    assert response.error == "refused: 127.0.0.1 is not a public address"
    (other,) = open_door(Limits())([Request(url="file:///etc/hostname")])
    assert other.error == "refused: not an http or https URL"


def test_an_allowed_host_and_port_opens_nothing_else(serve: Serve) -> None:
    allowed, other = serve(lambda h: reply(h, body=b"ok")), serve(reply)
    urls = [allowed.url(), other.url(), f"http://localhost:{allowed.port}/", f"http://127.1:{allowed.port}/"]
    fetch = open_door(Limits(allow=(allowed.place,)), QUICK)
    answers = {r.request.url: r for r in fetch(Request(url=url) for url in urls)}
    assert answers[urls[0]].body == b"ok"
    assert all(answers[url].error.startswith("refused: ") for url in urls[1:])
    assert (len(allowed.connections), len(other.connections)) == (1, 0)


def test_a_redirect_is_followed_and_named(serve: Serve) -> None:
    server = serve(
        lambda h: reply(h, body=b"here") if h.path == "/b?c=1" else reply(h, 301, Location="/b?c=1#part"),
    )
    response = get(server, "/a")
    assert (response.body, response.url) == (b"here", server.url("/b?c=1"))
    assert response.request.url == server.url("/a")


def test_a_redirect_to_a_private_place_is_refused_without_a_connection(serve: Serve) -> None:
    private = serve(lambda h: reply(h, body=b"secret"))
    server = serve(lambda h: reply(h, 302, Location=private.url()))
    assert get(server).error == "refused: 127.0.0.1 is not a public address"
    assert private.connections == []


@pytest.mark.parametrize("location", ["file:///etc/hostname", "gopher://127.0.0.1/_x", "http://a@127.0.0.1/", ""])
def test_a_redirect_to_another_scheme_or_nowhere_is_an_error(serve: Serve, location: str) -> None:
    response = get(serve(lambda h: reply(h, 302, Location=location)))
    assert response.error == "refused: HTTP 302 leads to no http or https URL"


def test_five_redirects_pass_and_six_do_not(serve: Serve) -> None:
    def count_down(handler: BaseHTTPRequestHandler) -> None:
        left = int(handler.path[1:])
        if left:
            reply(handler, 307, Location=f"/{left - 1}")
        else:
            reply(handler, body=b"there")

    server = serve(count_down)
    assert get(server, "/5").body == b"there"
    assert get(server, "/6").error == "more than 5 redirects"


def test_a_redirect_loop_ends(serve: Serve) -> None:
    server = serve(lambda h: reply(h, 302, Location="/"))
    assert get(server).error == "more than 5 redirects"
    assert len(server.seen) == 6


def test_redirects_share_one_total_time(serve: Serve) -> None:
    def crawl(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        reply(handler, 302, Location="/")

    begun = time.monotonic()
    assert get(serve(crawl)).error == "no answer within 1 s"
    assert time.monotonic() - begun < 2


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
