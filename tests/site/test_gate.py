"""Every answer is guarded, whatever was asked and whatever failed; nothing personal is logged."""

import logging
from hashlib import sha256

import pytest

from digest.links import Page
from digest.site import _gate
from site_pages import FROM, ONE_CLICK, URL, Place, furnish, heading, opened
from support import Make

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "cross-origin-opener-policy": "same-origin",
}


def boom(*_: object) -> None:
    raise RuntimeError("ada@example.org wrote SECRET")


def paths(place: Place) -> list[str]:
    place.add()
    personal = [place.path(page) for page in (Page.CONFIRM, Page.UNSUBSCRIBE, Page.PREFERENCES)]
    return [*personal, "/", "/subscribe", "/health", "/robots.txt", "/style.css", "/favicon.ico", "/nothing", "/a//b"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
def test_every_answer_has_the_headers_that_guard_it(place: Place, method: str) -> None:
    for path in [*paths(place), f"/pictures/{'0' * 64}.jpg", "/pictures/x", f"/editions/x/1.1.{'0' * 36}", "/%00"]:
        answer = place.client.request(method, path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
        is_kept = path in {"/style.css", "/robots.txt", "/favicon.ico"} and answer.status_code < 300
        assert ("no-store" in answer.headers["cache-control"]) != is_kept


def test_a_page_that_fails_says_so_without_details(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    object.__setattr__(place.inside.desk, "read", boom)
    for path in paths(place)[:3]:
        for method in ("GET", "POST"):
            answer = place.client.request(method, path)
            assert (answer.status_code, heading(answer)) == (500, "Something went wrong here")
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
            assert "SECRET" not in answer.text
    assert place.client.get("/health").json() == {"status": "unavailable"}
    assert place.client.get("/health").status_code == 503
    assert any(record.name == "digest.site._gate" and record.levelno == logging.ERROR for record in caplog.records)


def test_a_template_that_fails_still_leaves_an_answer(place: Place) -> None:
    object.__setattr__(place.inside, "look", None)
    answer = place.client.get("/")
    assert (answer.status_code, answer.text) == (500, "500 Internal Server Error")
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_wrong_methods_say_which_are_right(place: Place) -> None:
    assert set(place.client.delete("/").headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert set(place.client.get("/subscribe").headers["allow"].split(", ")) == {"POST"}
    assert set(place.client.put("/unsubscribe/x").headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_a_body_has_at_most_64_kb_however_it_comes(place: Place) -> None:
    place.add()
    path = place.path(Page.UNSUBSCRIBE)
    before = place.rows()
    form = {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"x" * (_gate.BODY + 1), (b"x" * 1_000 for _ in range(70))):
        answer = place.client.post(path, content=content, headers=form)
        assert answer.status_code == 413
        assert answer.headers["content-security-policy"] == POLICY
    assert place.client.post("/subscribe", content=b"a&" * 40_000, headers=form).status_code == 413
    for length in ("1e9", "9" * 5_000, "-1", "٣"):
        answer = place.client.post(path, headers={b"content-length": length.encode()})
        assert answer.status_code == 413
    assert place.rows() == before
    assert place.client.post(path, content=b"x" * _gate.BODY, headers=form).status_code == 200


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data", b""),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n\r\n--x--',
        ),
        ("application/json", b'{"email": "ada@example.org"}'),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 60)),
        ("application/x-www-form-urlencoded", b"email=%ff%fe&job=%00"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"email=x"),
        ("\xff", b"email=x"),
    ],
)
def test_a_form_that_is_none_is_refused_as_a_page(place: Place, kind: str, content: bytes) -> None:
    before = place.rows()
    for path in ("/subscribe", *paths(place)[2:3]):
        answer = place.client.post(path, content=content, headers={b"content-type": kind.encode("latin-1")})
        assert answer.status_code == 400
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert {name: rows for name, rows in place.rows().items() if name == "requests"} == {"requests": before["requests"]}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "[::1]", "a" * 1_000, "news.example.org@evil"])
def test_no_answer_repeats_the_host_it_was_asked_as(place: Place, host: str) -> None:
    for path in [*paths(place), "/health/", "//evil.example/", "/confirm/x/"]:
        answer = place.client.get(path, headers={"host": host, "x-forwarded-host": "evil.example"})
        assert answer.status_code < 500
        assert "evil" not in answer.text.replace(path, "")
        assert "evil" not in str(answer.headers)


def test_the_log_names_pages_and_never_people(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="digest")
    form = place.form()
    place.client.post("/subscribe?from=ada@example.org", data=form)
    place.settled()
    for path in paths(place):
        place.client.get(f"{path}?token=SECRET", headers={"referer": f"{URL}/SECRET", "user-agent": "SECRET"})
        place.client.post(path, data=ONE_CLICK)
    told = "\n".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if record.name[:6] == "digest"
    )
    assert "'route': 'unsubscribe', 'status': 200" in told
    secrets = ["ada@", "SECRET", FROM[0], form["shown"], *(path.rpartition("/")[2] for path in paths(place)[:3])]
    assert [secret for secret in secrets if secret in told] == []


def test_pictures_are_kept_for_ever_and_shown_anywhere(place: Place) -> None:
    data = b"\xff\xd8\xff picture"
    name = sha256(data).hexdigest()
    with place.store() as store, store.writing() as connection:
        connection.execute("INSERT INTO images VALUES (?, ?, 2, 1)", (name, data))
    answer = place.client.get(f"/pictures/{name}.jpg")
    assert (answer.content, answer.headers["content-type"]) == (data, "image/jpeg")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    for wrong in (f"{name}.png", f"{name.upper()}.jpg", f"{name[:-1]}.jpg", f"{name}.jpg.jpg", "%2e%2e%2fdigest.db"):
        assert place.client.get(f"/pictures/{wrong}").status_code == 404


@pytest.mark.parametrize(
    ("peer", "told", "heard"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy of ours
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", ",".join(["10.0.0.1"] * 99), "10.0.0.1"),
        ("testclient", "198.51.100.1", ""),
    ],
)
def test_only_our_proxies_are_believed_and_only_the_last_stranger(
    newsletter: Make, peer: str, told: str, heard: str
) -> None:
    folder = furnish(newsletter(0), 'proxies = ["127.0.0.1", "10.0.0.0/8"]\n')
    with opened(folder, (peer, 1)) as place:
        given = place.form()
        place.client.post("/subscribe", data=given, headers={"x-forwarded-for": told} if told else {})
        place.settled()
        with place.store() as store:
            prefixes = [row[0] for row in store.rows("SELECT prefix FROM consents")]
    kept = {"": "", "2001:db8::7": "2001:db8::/48"}
    assert prefixes == [kept.get(heard, heard.rpartition(".")[0] + ".0/24")]


def test_a_site_without_tls_asks_for_none(newsletter: Make) -> None:
    folder = furnish(newsletter(0))
    folder.write("digest.toml", (folder.path / "digest.toml").read_text().replace(URL, "http://127.0.0.1:8080"))
    with opened(folder) as place:
        assert "strict-transport-security" not in place.client.get("/").headers
