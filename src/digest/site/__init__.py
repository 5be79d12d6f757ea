"""The readers' pages: sign up, confirm, leave, choose, read a mail in the browser; HTML without any script."""

from collections.abc import Callable
from datetime import datetime

from digest.core.errors import UsageError
from digest.core.settings import Settings
from digest.core.tokens import Key
from digest.site import _server
from digest.site._app import app
from digest.site._site import Ask
from digest.store import connect

__all__ = ["Ask", "app", "serve"]


def serve(
    news: Settings,
    key: Key,
    ask: Ask,
    *,
    now: Callable[[], datetime],
    stopping: Callable[[], bool],
    ready: Callable[[int], None] = lambda _: None,
    listen: str = "",
) -> None:
    """Serve the pages until `stopping`; `ready` gets the port.

    UsageError without [site] url, StoreError for a database that cannot be used, DigestError when nobody can listen.
    """
    if not news.site.url:
        raise UsageError(
            '[site] url is missing in digest.toml: write where readers reach it, "https://news.example.org"'
        )
    with connect(news.database):
        made = app(news, key, ask, now)
    _server.run(made, listen or news.site.listen, stopping, ready)
