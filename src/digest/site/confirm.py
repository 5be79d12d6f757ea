"""A link of the mail that asks -> a page with a button, and by the button the subscription."""

from datetime import datetime, timedelta
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.links import Page
from digest.site import _form
from digest.site._reader import own_link, reader, title
from digest.site._site import shown, site_of
from digest.store import subscribers
from digest.store.readers import Subscription

_WITHIN = timedelta(days=7)
"""After which an unanswered request is forgotten."""


async def confirm(request: Request) -> Response:
    """GET: the button; POST: what it does, as often as it is pressed."""
    site, found = site_of(request), await reader(request, Page.CONFIRM)
    is_done = found.state == "active"
    if not is_done and not _waits(found, site.now()):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if request.method == "POST":
        await _form.fields(request)
    if request.method == "POST" and not is_done:
        is_done = await site.desk.write(
            lambda store: subscribers.confirm(store, found.job, found.email, site.now(), tag=site.tag)
        )
        if not is_done:
            raise HTTPException(HTTPStatus.NOT_FOUND)
    return shown(
        request,
        "confirm",
        language=found.language,
        title=title(site, found.job),
        email=found.email,
        is_done=is_done,
        preferences=own_link(site, Page.PREFERENCES, found),
    )


def _waits(found: Subscription, now: datetime) -> bool:
    return found.state == "pending" and now - datetime.fromisoformat(found.changed) < _WITHIN
