"""A link's token -> the subscription it was made for; whatever else it may be is one and the same 404."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request

from digest import links
from digest.links import Page, Token
from digest.site._site import Site, site_of
from digest.store import readers
from digest.store.readers import Subscription

_NOBODY = Token(subscriber=0, tag="0" * 36)
"""No subscription has the number 0."""


async def reader(request: Request, page: Page) -> Subscription:
    """Whose link was followed; HTTPException with 404 for any other token, after the same work."""
    site, edition = site_of(request), request.path_params.get("edition", "")
    token = links.read(request.path_params["token"]) or _NOBODY
    found = await site.desk.read(lambda store: readers.subscription(store, token.subscriber))
    job, email = (found.job, found.email) if found else ("", "")
    if not links.holds(site.key, token, page, job, email, edition) or found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return found


def title(site: Site, job: str) -> str:
    """What readers call a job; one that is no more has but its name."""
    return site.news.jobs[job].title if job in site.news.jobs else job


def own_link(site: Site, page: Page, found: Subscription) -> str:
    """The path of another page of the same reader, without the site's name: the reader is there already."""
    return links.link("", site.key, page, found.number, found.job, found.email)
