"""Sources that are due -> their articles, each source checked by itself; one public module is one kind of source."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from digest.core import plug, text
from digest.core.model import Article
from digest.core.settings import Source
from digest.core.web import Document, Fetch, Request, Response, Validators

_FILE_LIMIT = 5_000_000
_FILES = 2_000
_ERROR_LIMIT = 300
_ERRORS_NAMED = 5
_PAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one look at a source brought; a failure is a value."""

    source: Source
    kind: str
    """How it was read, empty when nothing was."""
    articles: tuple[Article, ...]
    validators: Validators
    """To be shown at the next fetch; the old ones after a failure, so that it is not taken for unchanged."""
    error: str
    """One clear line; of several files or pages some may have failed while the others' articles are given."""
    unchanged: bool
    """The server said so (304): no articles, no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    kind: str = ""
    articles: tuple[Article, ...] = ()
    error: str = ""


def gather(
    due: Sequence[tuple[Source, Validators]],
    fetch: Fetch,
    home: Path,
    now: datetime,
    is_known: Callable[[str], bool] = lambda _: False,
) -> Iterator[Checked]:
    """One `Checked` a source, local ones first, the others in the order their servers answer; `now` is UTC.

    Those that want full texts come last; `is_known` tells of an article's id whether its page needs no second look.
    """
    incomplete: list[Checked] = []
    for checked in _each(due, fetch, home, now):
        if checked.source.full_text and checked.articles:
            incomplete.append(checked)
        else:
            yield checked
    yield from _with_full_texts(incomplete, fetch, now, is_known)


def _each(due: Sequence[tuple[Source, Validators]], fetch: Fetch, home: Path, now: datetime) -> Iterator[Checked]:
    waiting: dict[Request, list[Source]] = {}
    for source, validators in due:
        if source.url:
            waiting.setdefault(Request(url=source.url, validators=validators), []).append(source)
        else:
            reading = _read_files(source, home, now)
            yield _checked(source, reading, validators)
    for response in fetch(waiting):
        for source in waiting.pop(response.request, ()):
            yield _from_response(source, response, now)


def _with_full_texts(
    many: Sequence[Checked], fetch: Fetch, now: datetime, is_known: Callable[[str], bool]
) -> Iterator[Checked]:
    """The same with the text of each new article's page where that is longer; the pages are fetched all at once."""
    wanted = [[a.url for a in checked.articles if a.url and not is_known(a.id)][:_PAGES] for checked in many]
    requests = [Request(url=url) for url in dict.fromkeys(url for urls in wanted for url in urls)]
    pages = {response.request.url: _page(response, now) for response in fetch(requests)} if requests else {}
    for checked, urls in zip(many, wanted, strict=True):
        yield _lengthened(checked, {url: pages.get(url, _Reading(error="no answer")) for url in urls})


def _page(response: Response, now: datetime) -> _Reading:
    if response.error:
        return _Reading(error=response.error)
    document = Document(data=response.body, location=response.url, content_type=response.content_type)
    return _read(document, Source(url=response.url, kind="page"), now)


def _lengthened(checked: Checked, pages: Mapping[str, _Reading]) -> Checked:
    texts = {url: page.articles[0].text for url, page in pages.items() if page.articles}
    failed = [f"{url}: {page.error}" for url, page in pages.items() if page.error]
    told = f"{len(failed)} of {len(pages)} pages could not be read: {failed[0]}" if failed else ""
    return replace(
        checked,
        articles=tuple(replace(a, text=max(a.text, texts.get(a.url or "", ""), key=len)) for a in checked.articles),
        error=text.line("; ".join(filter(None, (checked.error, told))), _ERROR_LIMIT),
    )


def _from_response(source: Source, response: Response, now: datetime) -> Checked:
    saved = response.request.validators
    if response.error:
        return _checked(source, _Reading(error=response.error), saved)
    if response.status == HTTPStatus.NOT_MODIFIED:
        return _checked(source, _Reading(), response.validators, unchanged=True)
    document = Document(data=response.body, location=response.url, content_type=response.content_type)
    reading = _read(document, source, now)
    return _checked(source, reading, saved if reading.error else response.validators)


def _checked(source: Source, reading: _Reading, validators: Validators, *, unchanged: bool = False) -> Checked:
    return Checked(
        source=source,
        kind=reading.kind,
        # Two entries with one link are one article; the feed's first is its newest.
        articles=tuple({article.id: article for article in reversed(reading.articles)}.values())[::-1],
        validators=validators,
        error=text.line(reading.error, _ERROR_LIMIT),
        unchanged=unchanged,
    )


def _read_files(source: Source, home: Path, now: datetime) -> _Reading:
    pattern = Path(source.path)
    base = Path(pattern.anchor) if pattern.anchor else home
    try:
        found = sorted(base.glob(str(pattern.relative_to(pattern.anchor))))
        paths = [path for path in found if path.is_file()]
    except (OSError, ValueError, IndexError) as error:  # pathlib's answers to odd patterns
        return _Reading(error=f"{source.path}: {error}")
    if not paths:
        return _Reading(error=f"{source.path}: no such file")
    readings = [_read_file(path, source, now) for path in paths[:_FILES]]
    failed = [f"{path.name}: {reading.error}" for path, reading in zip(paths, readings, strict=False) if reading.error]
    more = [f"and {len(failed) - _ERRORS_NAMED} more"] if len(failed) > _ERRORS_NAMED else []
    left_out = [f"only the first {_FILES} of {len(paths)} files are read"] if len(paths) > _FILES else []
    return _Reading(
        kind=next((reading.kind for reading in readings if reading.kind), ""),
        articles=tuple(article for reading in readings for article in reading.articles),
        error="; ".join([*failed[:_ERRORS_NAMED], *more, *left_out]),
    )


def _read_file(path: Path, source: Source, now: datetime) -> _Reading:
    try:
        with path.open("rb") as opened:
            data = opened.read(_FILE_LIMIT + 1)
    except OSError as error:
        return _Reading(error=error.strerror or "cannot be read")
    if len(data) > _FILE_LIMIT:
        return _Reading(error=f"larger than {_FILE_LIMIT // 1_000_000} MB")
    return _read(Document(data=data, location=str(path)), source, now)


def _read(document: Document, source: Source, now: datetime) -> _Reading:
    """The document by the source's kind, else by the first kind it looks like."""
    known = plug.names(__name__)
    kind = source.kind or next((name for name in known if plug.load(__name__, name).looks_like(document)), "")
    if not kind:
        return _Reading(error=f"looks like none of the known kinds ({', '.join(known)})")
    try:
        return _Reading(kind=kind, articles=plug.load(__name__, kind).read(document, source, now))
    except (ValueError, LookupError) as error:
        return _Reading(error=str(error))
    except Exception as error:  # noqa: BLE001 - a parser's fault on hostile bytes must not stop the other sources
        return _Reading(error=f"cannot be read as {kind} ({type(error).__name__})")
