"""Every source that is due gets its answer, whatever happens to the others."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.core.settings import Source
from digest.core.web import Fetch, Request, Response, Validators
from digest.gather import Checked, gather

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FRESH = Validators(etag='"new"')
SAVED = Validators(etag='"old"', last_modified="yesterday")
RSS = b"<rss><channel><title>Example</title><item><title>%s</title><link>https://x.example/%s</link></item></channel></rss>"

Answer = Callable[[Request], Response]


def answer(request: Request, body: bytes = b"", status: int = 200, error: str = "") -> Response:
    return Response(
        request=request,
        url=request.url,
        status=status,
        content_type="text/xml",
        body=body,
        validators=request.validators if error or status == 304 else FRESH,
        error=error,
    )


def fetching(answers: dict[str, Answer]) -> Fetch:
    """A fetch that answers from a table, the last request first."""

    def fetch(requests: Iterable[Request]) -> Iterator[Response]:
        for request in reversed(list(requests)):
            yield answers[request.url](request)

    return fetch


def nothing(requests: Iterable[Request]) -> Iterator[Response]:
    assert not list(requests)
    return iter(())


def local(home: Path, path: str, kind: str = "", name: str = "") -> Checked:
    (checked,) = gather([(Source(path=path, kind=kind, name=name), Validators())], nothing, home, NOW)
    return checked


def test_every_source_gets_one_answer_in_the_order_they_come() -> None:
    urls = ["https://a.example/good", "https://a.example/same", "https://a.example/down", "https://a.example/page"]
    fetch = fetching(
        {
            urls[0]: lambda r: answer(r, RSS % (b"A", b"a")),
            urls[1]: lambda r: answer(r, status=304),
            urls[2]: lambda r: answer(r, error="HTTP 500", status=500),
            urls[3]: lambda r: answer(r, b"neither feed nor page"),
        }
    )
    page, down, same, good = gather([(Source(url=url), SAVED) for url in urls], fetch, Path(), NOW)
    assert [article.title for article in good.articles] == ["A"]
    assert (good.kind, good.error, good.unchanged, good.validators) == ("feed", "", False, FRESH)
    assert (same.articles, same.error, same.unchanged, same.validators) == ((), "", True, SAVED)
    assert (down.articles, down.error, down.unchanged, down.validators) == ((), "HTTP 500", False, SAVED)
    assert (page.articles, page.unchanged, page.validators) == ((), False, SAVED)
    assert page.error == "looks like none of the known kinds (feed, file, page)"


def test_the_saved_validators_go_with_the_request() -> None:
    seen: list[Request] = []

    def remember(request: Request) -> Response:
        seen.append(request)
        return answer(request, status=304)

    list(gather([(Source(url="https://a.example/"), SAVED)], fetching({"https://a.example/": remember}), Path(), NOW))
    assert seen == [Request(url="https://a.example/", validators=SAVED)]


def test_one_url_of_two_sources_is_fetched_once_and_answers_both() -> None:
    calls: list[str] = []

    def count(request: Request) -> Response:
        calls.append(request.url)
        return answer(request, RSS % (b"A", b"a"))

    due = [(Source(url="https://a.example/", name=name), SAVED) for name in ("One", "Two")]
    checked = list(gather(due, fetching({"https://a.example/": count}), Path(), NOW))
    assert [c.articles[0].source for c in checked] == ["One", "Two"]
    assert calls == ["https://a.example/"]


def test_two_entries_with_one_link_are_one_article() -> None:
    body = RSS.replace(b"</channel>", b"<item><title>B</title><link>http://www.x.example/a/</link></item></channel>")
    fetch = fetching({"https://a.example/": lambda r: answer(r, body % (b"A", b"a"))})
    (checked,) = gather([(Source(url="https://a.example/"), SAVED)], fetch, Path(), NOW)
    assert [article.title for article in checked.articles] == ["A"]


def test_files_are_read_in_order_and_named_by_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "samples" / "harbour"
    folder.mkdir(parents=True)
    (folder / "b.txt").write_text("Second\n\nBody")
    (folder / "a.txt").write_text("First\n\nBody")
    (folder / "c.xml").write_bytes(RSS % (b"Third", b"c"))
    (folder / "sub.txt").mkdir()
    checked = local(tmp_path, "samples/*/*.txt")
    assert [(a.title, a.source) for a in checked.articles] == [("First", "harbour"), ("Second", "harbour")]
    assert (checked.kind, checked.error) == ("file", "")
    assert [a.title for a in local(tmp_path, str(folder / "a.txt")).articles] == ["First"]
    assert [a.source for a in local(tmp_path, "samples/harbour/c.xml").articles] == ["Example"]
    assert len(local(tmp_path, "samples/**/*").articles) == 3


@pytest.mark.parametrize("path", ["samples/x*.txt", "missing.txt", "", "samples/[", "../nowhere/*", "/", "a\0b"])
def test_no_match_is_an_error_in_one_line(tmp_path: Path, path: str) -> None:
    checked = local(tmp_path, path)
    assert checked.articles == ()
    assert checked.error
    assert "\n" not in checked.error


def test_a_home_whose_name_looks_like_a_pattern_is_taken_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "[a] *"
    home.mkdir()
    (home / "a.txt").write_text("Title")
    assert len(local(home, "*.txt").articles) == 1


def test_no_match_names_the_path_as_written(tmp_path: Path) -> None:
    assert local(tmp_path, "samples/x*.txt").error == "samples/x*.txt: no such file"


def test_a_bad_file_is_named_and_takes_no_good_one_along(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text(" \n")
    (tmp_path / "big.txt").write_bytes(b"a" * 5_000_001)
    (tmp_path / "good.txt").write_text("Good\n\nBody")
    checked = local(tmp_path, "*.txt")
    assert [article.title for article in checked.articles] == ["Good"]
    assert checked.error == "bad.txt: an empty text; big.txt: larger than 5 MB"


def test_many_bad_files_are_not_all_listed(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.txt").write_text("")
    assert local(tmp_path, "*.txt").error.endswith("; and 3 more")


def test_at_most_two_thousand_files_are_read(tmp_path: Path) -> None:
    for number in range(2_010):
        (tmp_path / f"{number:04}.txt").write_text(f"Title {number}")
    checked = local(tmp_path, "*.txt")
    assert checked.error == "only the first 2000 of 2010 files are read"
    titles = [article.title for article in checked.articles]
    assert (len(titles), titles[0], titles[-1]) == (2_000, "Title 0", "Title 1999")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Title")
    (tmp_path / "a.txt").chmod(0)
    assert local(tmp_path, "a.txt").error == "a.txt: Permission denied"


def test_the_kind_that_is_said_goes_before_the_look(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Title\n\nBody")
    (tmp_path / "a.md").write_text("Title\n\nBody")
    assert local(tmp_path, "a.txt", kind="feed").error.startswith("a.txt: not a feed")
    assert local(tmp_path, "a.md").error == "a.md: looks like none of the known kinds (feed, file, page)"
    assert len(local(tmp_path, "a.md", kind="file").articles) == 1


def test_an_unknown_kind_names_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Title")
    for kind in ("video", "_xml", "os"):
        assert local(tmp_path, "a.txt", kind=kind).error == f"a.txt: '{kind}' is none of feed, file, page"
