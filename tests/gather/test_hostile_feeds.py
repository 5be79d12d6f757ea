"""Damaged feeds still give their entries; hostile ones end soon and reach for nothing."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gather.feeds import read, rss

DAMAGED = {
    "a bare ampersand": rss("<item><title>AT&T;</title></item><item><title>R&D</title></item>"),
    "html entities": rss("<item><title>It&rsquo;s</title></item><item><title>a&nbsp;b</title></item>"),
    "control characters": rss("<item><title>a\x00\x08b</title></item><item><title>c</title></item>"),
    "text before the declaration": "Notice: undefined variable\n" + rss("<item><title>a</title></item>" * 2),
    "spaces before the declaration": "\n\n " + rss("<item><title>a</title></item>" * 2),
    "an unquoted attribute": rss("<item><title>a</title></item>" * 2).replace('"2.0"', "2.0"),
    "a cut end": rss("<item><title>a</title></item><item><title>b</title><description>long")[
        : -len("</channel></rss>")
    ],
    "an unclosed tag": rss("<item><title>a</title><b></item><item><title>b</title></item>"),
    "crossed tags": rss("<item><title>a<i></title></i></item><item><title>b</title></item>"),
    "capital tags": rss("<ITEM><TITLE>a</TITLE></ITEM><ITEM><TITLE>b</TITLE></ITEM>"),
    "a bad tag": rss("<item><title>a</title><1></item><item><title>b</title></item>"),
    "an unknown prefix": rss("<item><title>a</title><zz:x>y</zz:x></item><item><title>b</title></item>"),
    "a lone less-than": rss("<item><title>a < b</title></item><item><title>b</title></item>"),
    "a document type": "<!DOCTYPE rss [<!ENTITY x 'y'>]>" + rss("<item><title>a</title></item>" * 2)[21:],
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_feed_still_gives_all_its_entries(name: str) -> None:
    articles = read(DAMAGED[name])
    assert len(articles) == 2
    assert all(article.title for article in articles)


def test_damage_in_one_entry_takes_no_neighbour_along() -> None:
    items = "".join(f"<item><title>T{n}</title><link>https://news.example/{n}</link></item>" for n in range(20))
    broken = rss(items).replace("<title>T7</title>", "<title>T7</item></channel></rss>")
    assert {a.title for a in read(broken)} >= {f"T{n}" for n in range(20) if n != 7}


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE: dict[str, str | bytes] = {
    "laughs": f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]>' + rss("<item><title>&l9;</title></item>")[21:],
    "a long entity": f'<!DOCTYPE r [<!ENTITY a "{"a" * 60_000}">]>' + rss(f"<item>{'&a;' * 50_000}</item>")[21:],
    "many document types": "<!DOCTYPE [" * 400_000,
    "depth": rss("<item><title>a</title>" + "<d>" * 200_000),
    "depth in a body": rss(f"<item><description><![CDATA[{'<div>' * 200_000}]]></description></item>"),
    "attributes": rss("<item><title>a</title><x " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/></item>"),
    "attributes in a body": rss(f"<item><description><![CDATA[<p {'a=1 ' * 50_000}>x]]></description></item>"),
    "one attribute": rss(f'<item><title>a</title><x a="{"a" * 4_000_000}"/></item>'),
    "items": rss("<item><title>a</title></item>" * 100_000),
    "open items": "<rss>" + "<item " * 700_000,
    "unclosed items": "<rss>" + "<item><title>a" * 300_000,
    "ampersands": rss(f"<item><title>a</title><description>{'&' * 300_000}</description></item>"),
    "less-thans": rss("<item><title>a</title><description>" + "<" * 4_000_000),
    "cdata": rss("<item><description>" + "<![CDATA[" * 400_000),
    "nul": b"\0" * 5_000_000,
    "nul between": rss("<item><title>a</title></item>").replace("<", "<\0").encode(),
    "utf-16 that is none": rss("<item><title>a</title></item>").replace('"1.0"', '"1.0" encoding="utf-16"').encode(),
    "half utf-16": rss("<item><title>a</title></item>" * 100).encode("utf-16")[:-3],
    "utf-7": b'<?xml version="1.0" encoding="utf-7"?>+ADw-rss+AD4-',
    "noise": b"<rss>" + bytes(range(128, 256)) * 30_000,
    "comments": rss("<!--" * 1_000_000),
    "namespaces": "<rss " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(50_000)) + "><item><title>a</title></item>",
    "long numbers": rss(f"<item><title>&#{'9' * 100_000};</title></item>"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_feed_ends_in_two_seconds_with_articles_or_a_value_error(name: str) -> None:
    data = HOSTILE[name]
    begun = time.process_time()
    try:
        articles = read(data)
    except ValueError:
        articles = ()
    assert time.process_time() - begun < 2
    assert len(articles) <= 500
    assert sum(len(article.text) + len(article.title) for article in articles) < 1_000_000


def test_nothing_outside_is_read_or_asked_for(tmp_path: Path) -> None:
    hits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    (tmp_path / "secret").write_text("SECRET")
    url, path = f"http://127.0.0.1:{server.server_address[1]}", (tmp_path / "secret").as_uri()
    body = rss('<item><title>&x;</title><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{}"/></item>')[21:]
    for target in (url, path):
        for head in (
            f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>',
            f'<!DOCTYPE rss SYSTEM "{target}">',
            f'<!DOCTYPE rss [<!ENTITY % p SYSTEM "{target}"> %p;]>',
            f'<?xml-stylesheet href="{target}"?>',
            " " * 30_000 + f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>',
        ):
            articles = read(f'<?xml version="1.0"?>{head}{body.format(target)}')
            assert "SECRET" not in repr(articles)
    server.shutdown()
    server.server_close()
    assert hits == []


SAMPLE = rss(
    "<item><title>A &amp; B</title><link>https://news.example/a</link><pubDate>Sun, 22 Nov 2026 07:00:00 GMT</pubDate>"
    "<description><![CDATA[<p>One.</p><img src='x.jpg'>]]></description></item>" * 3
).encode()


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 30), st.binary(max_size=8)), max_size=12))
def test_a_mutated_feed_gives_articles_or_a_value_error(edits: list[tuple[int, int, bytes]]) -> None:
    data = SAMPLE
    for at, removed, added in edits:
        data = data[:at] + added + data[at + removed :]
    try:
        articles = read(data)
    except ValueError:
        return
    for article in articles:
        assert article.title
        assert "\n" not in article.title
        assert article.url is None or article.url.startswith(("http://", "https://"))
