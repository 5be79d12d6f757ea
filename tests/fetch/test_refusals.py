"""What the HTTP door refuses: private places in every spelling, redirects that lead astray."""

import time
from http.server import BaseHTTPRequestHandler

import pytest

from digest.core.settings import Limits
from digest.core.web import Request
from digest.fetch.door import open_door
from fetch.servers import QUICK, Serve, get, reply

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
