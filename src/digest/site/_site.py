"""What all pages need: the newsletter, its key and clock, the desk that knows the database, and the look."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TypeAlias, cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from digest.core.settings import Settings
from digest.core.tokens import Key
from digest.mailroom import suppression_tag
from digest.site._desk import Desk
from digest.site._look import Look
from digest.site._shelf import Shelf
from digest.site._visitor import Visitor

Ask: TypeAlias = Callable[[str, int], None]
"""Job and subscription -> a mail that asks the reader to confirm it; may take seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The readers' pages of one newsletter."""

    news: Settings
    key: Key
    ask: Ask
    now: Callable[[], datetime]
    desk: Desk
    look: Look
    shelf: Shelf

    def tag(self, folded: str) -> str:
        """What stands for an address, a domain or a network where it is only counted or barred."""
        return suppression_tag(self.key)(folded)


def site_of(request: Request) -> Site:
    """The site that a request reached."""
    return cast(Site, request.app.state.site)


def visitor_of(request: Request) -> Visitor:
    """Who sent a request."""
    return Visitor(request, site_of(request).news)


def shown(
    request: Request, page: str, *, status: int = HTTPStatus.OK, language: str = "", **values: object
) -> Response:
    """A page in the reader's language."""
    look = site_of(request).look
    spoken = look.words(visitor_of(request).languages, language)
    html = look.page(page, spoken, **values)
    return HTMLResponse(html, status, {"content-language": spoken.language, "vary": "Accept-Language"})


def refused(request: Request, status: int) -> Response:
    """The page that says why there is no other, without details; the barest one when even that fails."""
    try:
        return shown(request, "error", status=status, code=int(status))
    except Exception:  # noqa: BLE001  an editor's template, in which anything can go wrong
        return PlainTextResponse(f"{status} {HTTPStatus(status).phrase}", status)
