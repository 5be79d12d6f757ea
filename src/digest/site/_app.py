"""A newsletter, its key, a clock and who asks for confirmations -> the pages as an ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.core.settings import Settings
from digest.core.tokens import Key
from digest.site import files
from digest.site._desk import Desk
from digest.site._gate import Gate
from digest.site._look import Look
from digest.site._shelf import Shelf
from digest.site._site import Ask, Site, refused
from digest.site.confirm import confirm
from digest.site.edition import edition
from digest.site.preferences import preferences
from digest.site.sign_up import sign_up, subscribe
from digest.site.unsubscribe import unsubscribe

_BOTH = ["GET", "POST"]


def app(news: Settings, key: Key, ask: Ask, now: Callable[[], datetime]) -> Starlette:
    """The readers' pages; TemplateError when a template of theirs cannot be used.

    `ask` composes and delivers the mail that asks a new subscriber (job, number) to confirm; it is called in a thread.
    """
    site = Site(news=news, key=key, ask=ask, now=now, desk=Desk(news.database), look=Look(news), shelf=Shelf())
    made = Starlette(
        routes=_routes(),
        middleware=[Middleware(Gate, url=news.site.url, refuse=refused)],
        exception_handlers={HTTPException: _explained},
        lifespan=_lifespan,
    )
    # A redirect would be built from the Host header.
    made.router.redirect_slashes = False
    made.state.site = site
    return made


def _routes() -> list[Route]:
    return [
        Route("/", sign_up),
        Route("/subscribe", subscribe, methods=["POST"]),
        Route("/confirm/{token}", confirm, methods=_BOTH),
        Route("/unsubscribe/{token}", unsubscribe, methods=_BOTH),
        Route("/preferences/{token}", preferences, methods=_BOTH),
        Route("/editions/{edition}/{token}", edition),
        Route("/pictures/{name}", files.picture),
        Route("/style.css", files.style),
        Route("/health", files.health),
        Route("/robots.txt", files.robots),
        Route("/favicon.ico", files.favicon),
    ]


@asynccontextmanager
async def _lifespan(made: Starlette) -> AsyncIterator[None]:
    yield
    made.state.site.desk.close()


async def _explained(request: Request, error: Exception) -> Response:
    """The page for a status that a page was refused with."""
    if not isinstance(error, HTTPException):
        raise error
    response = refused(request, error.status_code)
    response.headers.update(error.headers or {})
    return response
