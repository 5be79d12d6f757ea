"""A mail's link to leave -> a page with a button; by the button or a mail program the end of the subscription."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from digest.links import Page
from digest.site._reader import own_link, reader, title
from digest.site._site import shown, site_of
from digest.store import subscribers

_ONE_CLICK = b"One-Click"
"""What a mail program sends (RFC 8058 3.1), in a form of either kind."""
_ENDING = ("active", "pending")


async def unsubscribe(request: Request) -> Response:
    """GET: the button. POST: leave, as often as it comes, from wherever and whatever else it says (RFC 8058)."""
    site, found = site_of(request), await reader(request, Page.UNSUBSCRIBE)
    is_post = request.method == "POST"
    by_program = is_post and _ONE_CLICK in await request.body()
    if is_post and found.state in _ENDING:
        how = "one-click" if by_program else "page"
        await site.desk.write(lambda store: subscribers.leave(store, found.job, found.email, site.now(), how))
    if by_program:
        return PlainTextResponse("unsubscribed\n")
    return shown(
        request,
        "unsubscribe",
        language=found.language,
        title=title(site, found.job),
        email=found.email,
        is_done=is_post or found.state not in _ENDING,
        preferences=own_link(site, Page.PREFERENCES, found),
    )
