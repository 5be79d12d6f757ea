"""Sources that want full texts get those of the pages behind their entries, and never less than the feed gave."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from digest.core.settings import Source
from digest.core.web import Fetch, Request, Response, Validators
from digest.gather import Checked, gather

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FEED = "https://news.example/feed"
SAVED, FRESH = Validators(etag='"old"'), Validators(etag='"new"')
SENTENCES = [
    f"The crane moved {n} metres on Monday, as {n} people on the quay were told it would." for n in range(3, 9)
]
PAGE = "<html><body><article><h1>Title</h1>" + "".join(f"<p>{s}</p>" for s in SENTENCES) + "</article></body></html>"
LONG = "A much longer text than any page has. " * 60


def rss(**entries: str) -> str:
    items = "".join(
        f"<item><title>{name}</title><link>https://news.example/{name}</link><description>{said}</description></item>"
        for name, said in entries.items()
    )
    return f"<rss><channel><title>Example</title>{items}</channel></rss>"


def web(batches: list[list[str]], **pages: str) -> Fetch:
    """A fetch of the feed and of pages by name; what it does not know is not found. Each call is noted."""

    def fetch(requests: Iterable[Request]) -> Iterator[Response]:
        asked = list(requests)
        batches.append([request.url for request in asked])
        for request in asked:
            body = pages.get(request.url.rpartition("/")[2], "")
            yield Response(
                request=request,
                url=request.url,
                status=200 if body else 404,
                content_type="text/html" if "<html" in body else "text/xml",
                body=body.encode(),
                validators=FRESH if body else request.validators,
                error="" if body else "HTTP 404",
            )

    return fetch


def check(fetch: Fetch, known: Iterable[str] = (), *, full_text: bool = True) -> Checked:
    due = [(Source(url=FEED, full_text=full_text), SAVED)]
    (checked,) = gather(due, fetch, Path(), NOW, frozenset(known).__contains__)
    return checked


def test_a_longer_page_replaces_the_text_and_nothing_else() -> None:
    (plain,) = check(web([], feed=rss(a="Short."), a=PAGE), full_text=False).articles
    (full,) = check(web([], feed=rss(a="Short."), a=PAGE)).articles
    assert (plain.text, full.text.split("\n\n")) == ("Short.", SENTENCES)
    assert (plain.id, plain.title, plain.summary, plain.url) == (full.id, full.title, full.summary, full.url)


def test_a_shorter_page_leaves_the_text() -> None:
    checked = check(web([], feed=rss(a=LONG), a=PAGE))
    assert (checked.articles[0].text, checked.error) == (LONG.strip(), "")


def test_a_page_that_fails_leaves_its_entry_and_is_counted() -> None:
    checked = check(
        web([], feed=rss(a="Short.", b="Brief.", c="Terse."), b=PAGE, c="<html><body>Nothing</body></html>")
    )
    assert [len(article.text.split("\n\n")) for article in checked.articles] == [1, 6, 1]
    assert checked.error == "2 of 3 pages could not be read: https://news.example/a: HTTP 404"
    assert (checked.kind, checked.validators) == ("feed", FRESH)


def test_all_pages_of_all_sources_are_fetched_at_once_and_each_once() -> None:
    batches: list[list[str]] = []
    fetch = web(batches, feed=rss(a="Short.", b="Brief."), two=rss(b="Other."), a=PAGE, b=PAGE)
    due = [(Source(url=url, full_text=True), SAVED) for url in (FEED, "https://news.example/two")]
    checked = list(gather(due, fetch, Path(), NOW))
    assert batches[1:] == [["https://news.example/a", "https://news.example/b"]]
    assert {article.text.split("\n\n")[0] for each in checked for article in each.articles} == {SENTENCES[0]}


def test_known_articles_pages_are_not_fetched_again() -> None:
    batches: list[list[str]] = []
    fetch = web(batches, feed=rss(a="Short.", b="Brief."), a=PAGE, b=PAGE)
    first = check(fetch).articles
    again = check(fetch, known=[first[0].id])
    assert batches[3] == ["https://news.example/b"]
    assert [article.text.split("\n\n")[0] for article in again.articles] == ["Short.", SENTENCES[0]]
    check(fetch, known=[article.id for article in first])
    assert len(batches) == 5


def test_at_most_fifty_pages_of_a_source_are_fetched() -> None:
    batches: list[list[str]] = []
    checked = check(web(batches, feed=rss(**{f"a{number}": "Short." for number in range(60)})))
    assert len(batches[1]) == 50
    assert checked.error == "50 of 50 pages could not be read: https://news.example/a0: HTTP 404"
    assert len(checked.articles) == 60


def test_a_saved_page_is_a_source_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE)
    (checked,) = gather([(Source(path="*.html", name="Saved"), SAVED)], web([]), tmp_path, NOW)
    assert (checked.kind, checked.error) == ("page", "")
    assert [(article.title, article.source) for article in checked.articles] == [("Title", "Saved")]
